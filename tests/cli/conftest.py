"""Fixtures of the real command line."""

import pytest
from command_line import make_cli


@pytest.fixture(scope="session")
def data_cache(tmp_path_factory):
    """One data cache for all tests."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def cli(tmp_path, data_cache):
    """Run the command line in an empty folder."""
    return make_cli(tmp_path, data_cache)


@pytest.fixture(scope="session")
def measured(tmp_path_factory, data_cache):
    """Run the command line beside one quick run: returns it with what the run said."""
    cli = make_cli(tmp_path_factory.mktemp("measured"), data_cache)
    options = ("--workload", "linear_regression-diabetes", "--backend", "slowed:5", "--budget", "3s", "--seed", "4")
    return cli, cli("run", *options, "--processes", "1")
