"""What holds for all tests."""

import os

import pytest
from hypothesis import settings

# A shared machine may stop for longer than any deadline.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")

# Hundreds of processes are started, each of which would compile our modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

#: What asks for less than the whole suite, or for one process.
NARROWER = ("keyword", "markexpr", "collectonly", "usepdb", "benchmark_only", "evenhand_backend")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Run the whole suite in a few processes where pytest-xdist is installed, and what is picked out of it in one.

    One more than there are CPUs, up to four, as many tests wait for processes to end. All of a file runs in one of
    them, so that the fixtures of modules, real runs for instance, are made once; files of few long tests are not last.
    """
    option = config.option
    whole = config.args_source is config.ArgsSource.TESTPATHS and not any(getattr(option, it, None) for it in NARROWER)
    if "PYTEST_XDIST_WORKER" in os.environ:
        option.benchmark_disable = True  # as pytest-benchmark does there, but with a warning
    elif whole and getattr(option, "numprocesses", 0) is None:
        option.numprocesses, option.dist = min(3, os.cpu_count() or 1) + 1, "loadfile"
        option.loadscopereorder = False
