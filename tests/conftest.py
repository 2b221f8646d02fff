"""What holds for all tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A shared machine may stop for longer than any deadline.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")

# Hundreds of processes are started, each of which would compile our modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

#: The files that take longest, longest first: begun last, one of them would keep all others waiting for it.
LONGEST = (
    "science/test_on_engines.py", "quality/test_honest_engines.py", "science/test_early_stops.py",
    "measure/test_faults.py", "backends/test_boosting.py", "measure/test_rounds.py", "backends/test_patched.py",
    "report/test_report_browser.py", "backends/test_array_api.py", "measure/test_inference.py",
    "cli/test_run.py", "science/test_rans_workflows.py", "science/test_weather.py",
    "cli/test_gate.py", "cli/test_suites_cli.py", "measure/test_workflows.py",
)  # fmt: skip
#: What asks for less than the whole suite, or for one process.
NARROWER = ("keyword", "markexpr", "collectonly", "usepdb", "benchmark_only", "evenhand_backend")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Run the whole suite in two processes where pytest-xdist is installed, and what is picked out of it in one.

    All of a file runs in one of them, so that the fixtures of modules, real runs for instance, are made once. More of
    them disturb the samples of each other's real runs, which are then measured again.
    """
    option = config.option
    whole = config.args_source is config.ArgsSource.TESTPATHS and not any(getattr(option, it, None) for it in NARROWER)
    if "PYTEST_XDIST_WORKER" in os.environ:
        option.benchmark_disable = True  # as pytest-benchmark does there, but with a warning
    elif whole and getattr(option, "numprocesses", 0) is None:
        option.numprocesses, option.dist = 2, "loadfile"
        option.loadscopereorder = False


def pytest_collection_modifyitems(items):
    """Put the files that take longest first."""
    ranks = {Path(__file__).parent / name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))
