"""Skips the benchmarks where this project's plugin of pytest is not installed."""

import pytest


def pytest_collection_modifyitems(config, items):
    if config.pluginmanager.hasplugin("evenhand") or config.pluginmanager.hasplugin("suite.pytest_plugin"):
        return
    for item in items:
        if "evenhand_case" in item.fixturenames:
            item.add_marker(pytest.mark.skip(reason="the plugin is not installed: pip install -e ."))
