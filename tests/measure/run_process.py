"""The real command line in a subprocess, with the backends that misbehave on purpose installed beside it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import warm_command_line

from suite.records.run import Run
from suite.records.schema import OutcomeLine
from suite.records.store import load

PLUGINS = Path(__file__).parent.parent / "plugins"
MARK = "EVENHAND_TEST_MARK"


@dataclass
class RunProcess:
    """Runs `python -m suite run` on one quick workload, with its results in a folder of the test's."""

    output: Path
    cache: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def command(self, *options: str, workload: str = "logistic_regression-breast_cancer") -> list[str]:
        """Return the command line."""
        named = [] if "--resume" in options else ["--workload", workload]
        once = [] if {"--resume", "--processes"} & {*options} else ["--processes", "1"]
        fixed = ["--no-report", "--results", str(self.output)]
        return [sys.executable, "-m", "suite", "run", *named, *fixed, *once, *options]

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment: the test's cache, the misbehaving backends, and a mark to find its processes by."""
        return os.environ | {
            "EVENHAND_CACHE": str(self.cache),
            "PYTHONPATH": str(PLUGINS),
            MARK: str(self.output),
        }

    def run(self, *options: str, **keywords: str) -> subprocess.CompletedProcess[str]:
        """Run to the end."""
        arguments = self.command(*options, **keywords)[3:]
        return warm_command_line.run(arguments, cwd=Path.cwd(), env=self.environment, timeout=240)

    def start(self, *options: str, **keywords: str) -> subprocess.Popen[str]:
        """Start and return at once."""
        process = subprocess.Popen(
            self.command(*options, **keywords),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
        )
        self.started.append(process)
        return process

    def folder(self) -> Path:
        """Return the only run's folder."""
        (folder,) = [path for path in self.output.iterdir() if path.is_dir()]
        return folder

    def lines(self) -> list[str]:
        """Return the complete lines recorded so far."""
        try:
            text = (self.folder() / "records.jsonl").read_text()
        except (FileNotFoundError, ValueError):
            return []
        return text.split("\n")[:-1]

    def loaded(self) -> Run:
        """Read the only run back."""
        return load(self.folder())

    def outcomes(self) -> dict[str, OutcomeLine]:
        """Return the outcomes of its only group by backend."""
        (record,) = self.loaded().groups
        return {case.backend: record.outcomes[case.id] for case in record.group.cases if case.id in record.outcomes}

    def wait_for_rounds(self, count: int, timeout_s: float = 90.0) -> None:
        """Wait until so many rounds are recorded."""
        until(lambda: sum('"line":"round"' in line for line in self.lines()) >= count, timeout_s)

    def alive(self) -> list[psutil.Process]:
        """Return every process of this test that is still there, stopped ones too."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == str(self.output) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found


def until(condition: Callable[[], bool], timeout_s: float) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {timeout_s} s"
        time.sleep(0.05)
