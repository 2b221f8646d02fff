"""What all benchmarks of one pytest share: the cases asked for, loaded engines, data sets, and stock's quality."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backends.diagnosis import answer
from backends.discovery import create
from backends.protocol import Backend, State
from suite.cli.choices import choices
from suite.cli.options import RunOptions
from suite.datasets import DataSet, cache_dir, prepare
from suite.errors import UsageError
from suite.measure.contender import Theirs
from suite.pytest_plugin.bench import SEED, Judgement, TimedBench, quality_of, stock_quality, use_environment
from suite.quality import compares
from suite.records import cgroup
from suite.workloads.choice import Choice
from suite.workloads.entry import Operation

if TYPE_CHECKING:
    import pytest

    from suite.pytest_plugin.case import BenchmarkCase

#: They replace scikit-learn's classes in the whole process, for good.
REPLACING = ("patched", "cuml-accel")


@dataclass(frozen=True, slots=True)
class Rounds:
    """How long pytest-benchmark was asked to measure: rounds at least, and seconds at most."""

    fewest: int
    most_s: float


class UnavailableError(Exception):
    """A backend cannot run here; the message is its diagnosis, with the cure."""


class Session:
    """The cases by id, and what they share. Engines are loaded in this process, stock's quality comes from another."""

    def __init__(self, chosen: Sequence[Choice], specs: Sequence[str], rounds: Rounds) -> None:
        self.rounds = rounds
        self.threads = usable_threads()
        self.cases = {
            f"{choice.id.replace('/', '-')}-{spec}".replace(":", "-"): (choice, spec)
            for choice in chosen
            for spec in specs
        }
        self._algorithms = frozenset(choice.workload.algorithm for choice in chosen)
        self._scratch = tempfile.TemporaryDirectory(prefix="evenhand-")
        self._backends: dict[str, Backend | UnavailableError] = {}
        self._data: dict[str, DataSet] = {}
        self._references: dict[str, Judgement] = {}
        self._pool: ProcessPoolExecutor | None = None
        needed = environment_of(specs, self.threads)
        self._before = {name: os.environ.get(name) for name in needed}
        os.environ.update(needed)

    @classmethod
    def of(cls, config: pytest.Config) -> Session:
        """Return the session of pytest's options.

        Raises
        ------
        UsageError, UnknownBackendError
            If a name is unknown, or the backends cannot be in one process.
        """
        specs = list(dict.fromkeys(config.getoption("evenhand_backend") or ["sklearn"]))
        for spec in specs:
            if create(spec).name in REPLACING and len(specs) > 1:
                raise UsageError(f"{spec} replaces scikit-learn's classes in the whole process: measure it alone")
        given = RunOptions(
            workload=tuple(config.getoption("evenhand_workload")),
            size=tuple(config.getoption("evenhand_size")),
            dtype=tuple(config.getoption("evenhand_dtype")),
        )
        chosen = [choice for choice in choices(given).chosen if choice.workload.operation is Operation.FIT]
        if not chosen:
            named = ", ".join(given.workload)
            raise UsageError(f"--evenhand-workload {named}: only workloads that time fit can be benchmarks of pytest")
        fewest, most_s = config.getoption("benchmark_min_rounds", 5), config.getoption("benchmark_max_time", 1.0)
        return cls(chosen, specs, Rounds(int(fewest), float(most_s)))

    def case(self, name: str) -> BenchmarkCase:
        """Return the case of this id."""
        from suite.pytest_plugin.case import BenchmarkCase

        choice, spec = self.cases[name]
        return BenchmarkCase(choice, spec, self)

    def backend(self, spec: str) -> Backend:
        """Return the backend, loaded; raises UnavailableError."""
        if spec not in self._backends:
            self._backends[spec] = self._loaded(create(spec))
        found = self._backends[spec]
        if isinstance(found, UnavailableError):
            raise found
        return found

    def _loaded(self, backend: Backend) -> Backend | UnavailableError:
        diagnosis = answer(backend)
        if diagnosis.state is not State.READY:
            parts = [f"{backend.spec}: {diagnosis.state.value}", diagnosis.detail]
            cure = f" (to have it: {diagnosis.cure})" if diagnosis.cure else ""
            return UnavailableError(": ".join(part for part in parts if part) + cure)
        try:
            backend.load(self._algorithms)
        except ImportError as error:
            return UnavailableError(f"{backend.spec}: {State.LOAD_FAILURE.value}: {error}")
        return backend

    def data(self, choice: Choice) -> DataSet:
        """Return the data set of a choice, made once."""
        if choice.id not in self._data:
            made = prepare(choice.data, dtype=choice.dtype, order=choice.order, seed=SEED, cache=cache_dir())
            self._data[choice.id] = made
        return self._data[choice.id]

    def bench(self, choice: Choice, backend: Backend) -> TimedBench:
        """Map the data of a choice for a backend; raises UnsupportedError.

        The thread limits are set again: another backend in this process has set those of the pools that all share.
        """
        backend.start(self.threads)
        return TimedBench.of(choice, backend, self.data(choice), self.threads, self._scratch.name)

    def judge(self, bench: TimedBench, choice: Choice) -> Judgement:
        """Return the quality of a backend's results on the same seeds as the reference's."""
        theirs: Theirs = {}
        if compares(choice.workload):
            with suppress(Exception):  # whatever stock raises, there is then nothing to be held against
                theirs = self.reference(choice).kept
        return quality_of(bench, choice, self.data(choice), theirs)

    def reference(self, choice: Choice) -> Judgement:
        """Return the quality of stock scikit-learn's results, computed once, in a process in which nothing is patched.

        Raises
        ------
        Exception
            Whatever stock scikit-learn raised.
        """
        if choice.id not in self._references:
            if self._pool is None:
                context = multiprocessing.get_context("spawn")
                start = (self._before,)
                self._pool = ProcessPoolExecutor(1, context, initializer=use_environment, initargs=start)
            data, scratch = self.data(choice), self._scratch.name
            work = self._pool.submit(stock_quality, choice, data, self.threads, self._algorithms, scratch)
            self._references[choice.id] = work.result()
        return self._references[choice.id]

    def close(self) -> None:
        """End the process of the reference, remove scratch files, and put the environment back."""
        if self._pool is not None:
            self._pool.shutdown()
        self._scratch.cleanup()
        use_environment(self._before)


def usable_threads() -> int:
    """Return the threads that every engine gets: all usable CPUs, but no more than a control group pays for."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    paid = cgroup.cpu_limit()
    return usable if paid is None else min(usable, max(1, int(paid)))


def environment_of(specs: Sequence[str], threads: int) -> dict[str, str]:
    """Return the variables that the backends need.

    Raises
    ------
    UsageError
        If two of them need different values of one.
    """
    needed: dict[str, tuple[str, str]] = {}
    for spec in specs:
        for name, value in create(spec).environment(threads).items():
            other, theirs = needed.setdefault(name, (spec, value))
            if theirs != value:
                raise UsageError(f"{other} needs {name}={theirs}, {spec} {value}: measure them in calls of their own")
    return {name: value for name, (_, value) in needed.items()}
