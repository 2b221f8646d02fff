"""The real command line, in a process of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import warm_command_line


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
        arguments, told = [*map(str, arguments)], self.environment | environment
        if environment:  # which Python itself may read when it starts
            command = [sys.executable, "-m", "suite", *arguments]
            done = subprocess.run(command, cwd=self.folder, env=told, capture_output=True, text=True, timeout=timeout)
        else:
            done = warm_command_line.run(arguments, cwd=self.folder, env=told, timeout=timeout)
        return Result(done.returncode, done.stdout, done.stderr)


def make_cli(folder, cache):
    """Return the command line in this folder, plain, with the backends of tests/plugins installed beside it."""
    dropped = {"EVENHAND_DEBUG", "NO_COLOR", "FORCE_COLOR", "PYTEST_XDIST_WORKER"}
    environment = {
        name: value for name, value in os.environ.items() if name not in dropped and not name.startswith("SKLEARNEX_")
    }
    plugins = Path(__file__).parent.parent / "plugins"
    fixed = {"EVENHAND_CACHE": str(cache), "PYTHONPATH": str(plugins), "COLUMNS": "80", "LC_ALL": "C.UTF-8"}
    return Cli(folder, environment | fixed)
