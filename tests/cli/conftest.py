"""The real command line, in a process of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Cli:
    folder: Path
    environment: dict[str, str]

    def __call__(self, *arguments, timeout=120, **environment):
        done = subprocess.run(
            [sys.executable, "-m", "suite", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        return Result(done.returncode, done.stdout, done.stderr)


def make_cli(folder, cache):
    """Return the command line in this folder, plain, with the backends of tests/plugins installed beside it."""
    dropped = {"EVENHAND_DEBUG", "NO_COLOR", "FORCE_COLOR"}
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    plugins = Path(__file__).parent.parent / "plugins"
    fixed = {"EVENHAND_CACHE": str(cache), "PYTHONPATH": str(plugins), "COLUMNS": "80", "LC_ALL": "C.UTF-8"}
    return Cli(folder, environment | fixed)


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
    return cli, cli("run", *options)
