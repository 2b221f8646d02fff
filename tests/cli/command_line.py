"""The real command line, in a process of its own."""

import os
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
        arguments = [*map(str, arguments)]
        done = warm_command_line.run(arguments, cwd=self.folder, env=self.environment | environment, timeout=timeout)
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
