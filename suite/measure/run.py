"""Measures a plan: data first, then every engine's import, then group by group; keeps all that was finished."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import FrameType

from msgspec import structs

from backends._patience import in_time
from backends._pipelines import parts
from backends.diagnosis import answer
from backends.discovery import create
from backends.protocol import Backend, Diagnosis, Offer, State
from suite.datasets import DataSet, prepare
from suite.errors import DataUnavailableError, UsageError
from suite.measure.budget import Budget
from suite.measure.contender import Contender, Theirs
from suite.measure.group import Earlier, GroupRun
from suite.measure.interpreters import diagnose
from suite.measure.listener import Listener
from suite.measure.messages import Reach, Reached
from suite.measure.processes import SERVICE_TIMEOUT_S, Crew, Limits, WorkerError, worker_cpus
from suite.measure.roof import LEAST_BUDGET_S
from suite.records.names import text_without_names
from suite.records.resume import what_is_left
from suite.records.run import GroupRecord, Run
from suite.records.schema import BackendLine, Case, Group, GroupLine, OutcomeLine, Peak, Plan, RunInfo, Status
from suite.records.store import RunStore
from suite.workloads.entry import Workload
from suite.workloads.operations import COUNTS

SCRATCH = ".scratch"
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def measure(info: RunInfo, store: RunStore, listener: Listener, cache: Path, finished: Run | None = None) -> None:
    """Measure every group of the plan that `finished` has not, and store each line the moment it is known.

    Raises
    ------
    KeyboardInterrupt
        On SIGINT, SIGTERM or SIGHUP, after all workers are dead and all finished rounds are kept.
    UsageError
        If data cannot be made, before anything is measured, or if records can no longer be written.
    """
    plan = info.plan
    earlier = {record.group.id: record for record in finished.groups} if finished else {}
    left = what_is_left(finished) if finished else plan
    groups = left.groups
    listener.planned(plan, finished=len(plan.groups) - len(groups))
    scratch = store.path / SCRATCH
    started = time.monotonic()
    with interruptible(), fresh_folder(scratch):
        data, missing = prepare_all(groups, plan, cache, listener)
        check_same_data(data, earlier)
        if groups:
            listener.preparing(groups[0], "engines")
        with Crews(groups, plan, store, scratch, missing) as crews:
            budget = Budget(left.settings.budget_s, [group.expected_s for group in groups if group.id in data])
            for group in groups:
                index = plan.groups.index(group)
                listener.group_started(group, index)
                if group.id not in data:
                    crews.refuse(group, listener)
                    listener.group_ended(group, index)
                    continue
                dataset = data[group.id]
                store.append(
                    GroupLine(
                        group=group.id,
                        at_s=time.monotonic() - started,
                        data=dataset.arrays,
                        data_bytes=dataset.bytes,
                        data_origin=dataset.origin,
                    )
                )
                contenders = crews.contenders(group, dataset, listener)
                measuring = GroupRun(
                    group,
                    plan,
                    contenders,
                    store,
                    listener,
                    lambda: time.monotonic() - started,
                    carried(earlier, group),
                )
                measuring.run(budget.next_group())
                budget.forgive(measuring.lost_s)
                listener.group_ended(group, index)


def tried(group: Group) -> bool:
    """Whether any case of the group is to be tried: the plan may say that none can fit, or is offered."""
    return any(case.tried for case in group.cases)


def carried(earlier: dict[str, GroupRecord], group: Group) -> Earlier:
    """Return the rounds that an interrupted run has already measured of the group."""
    record = earlier.get(group.id)
    if record is None:
        return Earlier(rounds=[])
    taken = [line.process for line in record.cold] + [line.process for line in record.rounds]
    return Earlier(rounds=record.rounds, process=max(taken, default=-1) + 1)


def prepare_all(
    groups: list[Group], plan: Plan, cache: Path, listener: Listener
) -> tuple[dict[str, DataSet], dict[str, str]]:
    """Make or verify the data of every group, so that bad data and full disks are found before measuring.

    Returns the data by group and, for groups whose data cannot be had here, the reason; raises it if that is all.
    """
    known: dict[str, DataSet | DataUnavailableError] = {}
    made: dict[str, DataSet] = {}
    missing: dict[str, str] = {}
    for group in filter(tried, groups):
        spec = group.workload.data[group.size]
        key = repr((spec, group.dtype, group.order))
        if key not in known:
            listener.preparing(group, "data")
            try:
                known[key] = prepare(
                    spec,
                    dtype=group.dtype,
                    order=group.order,
                    seed=plan.settings.seed,
                    cache=cache,
                    progress=partial(listener.making, group),
                )
            except DataUnavailableError as error:
                known[key] = error
        data = known[key]
        if isinstance(data, DataUnavailableError):
            missing[group.id] = text_without_names(str(data))
        else:
            made[group.id] = data
    if missing and not made:
        raise next(data for data in known.values() if isinstance(data, DataUnavailableError))
    return made, missing


def check_same_data(data: dict[str, DataSet], earlier: dict[str, GroupRecord]) -> None:
    """Refuse to add rounds on other data to those of an interrupted run; raises UsageError."""
    for name, dataset in data.items():
        record = earlier.get(name)
        if record and record.started and record.rounds and record.started.data != dataset.arrays:
            raise UsageError(
                f"the data of {name} are not those that were measured before ({dataset.origin}): "
                "restore them, or start a new run"
            )


class Crews:
    """The processes of all backends of a run: engines are imported first, all are dead when the block is left."""

    def __init__(
        self, groups: list[Group], plan: Plan, store: RunStore, scratch: Path, missing: dict[str, str]
    ) -> None:
        self._settings = plan.settings
        self._store = store
        self._scratch = scratch
        self._missing = missing
        self._specs = list(dict.fromkeys(case.backend for group in groups for case in group.cases))
        self._workloads = [group.workload for group in groups]
        self._reference = plan.reference
        counted = groups if plan.settings.budget_s >= LEAST_BUDGET_S else []
        self._dtypes = list(dict.fromkeys(group.dtype for group in counted if group.workload.algorithm in COUNTS))
        self._ready: dict[str, Crew] = {}
        self._unavailable: dict[str, str] = {}

    def __enter__(self) -> Crews:
        try:
            found = {spec: self._look_for(spec) for spec in self._specs}
            import_module("sklearn.metrics")  # the judge's: no group's budget pays for its import
            for crew in self._ready.values():
                crew.awake()
            lines = {spec: self._start(spec, diagnosis) for spec, diagnosis in found.items()}
            imports_s = self._start_others()
            for spec, line in lines.items():
                known = {"imports_s": imports_s.get(spec, []), "peaks": self._peaks(spec)}
                self._store.append(structs.replace(line, **known))
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Kill every worker."""
        for crew in self._ready.values():
            crew.end()

    def contenders(self, group: Group, dataset: DataSet, listener: Listener) -> list[Contender]:
        """Return the cases that can be measured; the others end here, see `refuse`."""
        theirs: Theirs = {}
        return [
            Contender(
                case,
                group,
                self._settings,
                self._ready[case.backend],
                dataset,
                self._scratch,
                theirs,
                leads=case.backend == self._reference,
            )
            for case in self.refuse(group, listener)
        ]

    def refuse(self, group: Group, listener: Listener) -> list[Case]:
        """End the cases that cannot be tried, with the reason; return the others."""
        able = []
        for case in group.cases:
            absent = lacks(case.backend, group.workload)
            unavailable = self._missing.get(group.id, "") or self._unavailable.get(case.backend, "")
            if not (absent or case.skip or unavailable):
                able.append(case)
                continue
            status = Status.UNSUPPORTED if absent else Status.SKIPPED if case.skip else Status.UNAVAILABLE
            reason = absent or case.skip or unavailable
            outcome = OutcomeLine(group=group.id, case=case.id, status=status, reason=reason)
            self._store.append(outcome)
            if not absent:  # that is no news: the user knew it, or can see it in `list algorithms`
                listener.case_ended(group, outcome)
        return able

    def _algorithms(self, spec: str) -> list[str]:
        """Return the algorithms that a backend will be asked for, those within others included."""
        offered = (workload for workload in self._workloads if not lacks(spec, workload))
        return list(
            dict.fromkeys(
                name
                for workload in offered
                for algorithm, params in workload.parts
                for name in parts(algorithm, params)
            )
        )

    def _look_for(self, spec: str) -> Diagnosis:
        """Say whether a backend is ready and, if it has any of the algorithms, start all its interpreters."""
        interpreters = self._settings.interpreters
        diagnosis = diagnose(spec, interpreters[spec]) if spec in interpreters else answer(create(spec))
        diagnosis = replace(diagnosis, detail=text_without_names(diagnosis.detail))
        algorithms = self._algorithms(spec)
        if diagnosis.state is State.READY and algorithms:
            try:
                self._ready[spec] = Crew(spec, algorithms, self._settings, self._scratch)
            except WorkerError as error:
                return Diagnosis(State.LOAD_FAILURE, detail=error.reason, version=diagnosis.version)
            for index in range(self._settings.processes):
                self._ready[spec].spawn(index)
        return diagnosis

    def _start(self, spec: str, diagnosis: Diagnosis) -> BackendLine:
        """Import an engine whose interpreters were started, with nothing beside it; return how that went."""
        line = BackendLine(backend=spec, diagnosis=diagnosis)
        if crew := self._ready.get(spec):
            try:
                crew.begin(0)
                ready = crew.ready(0)
                line = BackendLine(
                    backend=spec,
                    diagnosis=diagnosis,
                    versions=ready.versions,
                    environment=crew.environment,
                    thread_pools=ready.thread_pools,
                    cpus=ready.cpus,
                    import_s=ready.import_s,
                    interpreter=ready.interpreter,
                    simd=ready.simd,
                )
            except WorkerError as error:
                self._ready.pop(spec).end()
                failure = Diagnosis(State.LOAD_FAILURE, detail=error.reason, version=diagnosis.version)
                line = BackendLine(backend=spec, diagnosis=failure)
        if line.diagnosis.state is not State.READY:
            cure = f" (try: {line.diagnosis.cure})" if line.diagnosis.cure else ""
            self._unavailable[spec] = f"{line.diagnosis.state}: {line.diagnosis.detail}{cure}"
        return line

    def _start_others(self) -> dict[str, list[float]]:
        """Import the engines in their other processes, one on a CPU at a time; return how long each import took."""
        others = [(spec, index) for index in range(1, self._settings.processes) for spec in self._ready]
        at_a_time = max(1, len(worker_cpus(self._settings.threads)))
        taken: dict[str, list[float]] = {}
        for start in range(0, len(others), at_a_time):
            begun = []
            for spec, index in others[start : start + at_a_time]:
                with suppress(WorkerError):  # whoever needs the process tries again, and says what is wrong
                    self._ready[spec].begin(index)
                    begun.append((spec, index))
            for spec, index in begun:
                with suppress(WorkerError):
                    taken.setdefault(spec, []).append(self._ready[spec].ready(index).import_s)
        return taken

    def _peaks(self, spec: str) -> list[Peak]:
        """Measure what a backend's device reaches in each dtype of the groups whose operations are counted."""
        crew = self._ready.get(spec)
        if crew is None or not self._dtypes:
            return []
        try:
            worker = crew.worker(0)
        except WorkerError:  # its cases will say what is wrong
            return []
        found = []
        for dtype in self._dtypes:
            request = Reach(dtype=dtype, threads=self._settings.threads, host=spec == self._reference)
            with suppress(WorkerError):  # its arrays are NumPy's, or are not of this dtype
                found.append(worker.ask(request, Reached, Limits(SERVICE_TIMEOUT_S, sys.maxsize)).peak)
        crew.dismiss([worker])
        return found


def lacks(spec: str, workload: Workload) -> str:
    """Say why a backend cannot take part in a workload, by what it says without being started; empty if it may."""
    backend = create(spec)
    if backend.inference_only and not workload.uses_only:
        return f"{backend.title} has no {workload.algorithm}: it trains nothing: for NAME@predict and NAME@latency"
    algorithms = [workload.algorithm] if backend.inference_only else asked_for(workload)
    return next(filter(None, (lacking(backend, algorithm) for algorithm in algorithms)), "")


def asked_for(workload: Workload) -> list[str]:
    """Return the algorithms that a workload needs of an engine, those within pipelines and searches too."""
    needed = (name for algorithm, params in workload.parts for name in (algorithm, *parts(algorithm, params)))
    return list(dict.fromkeys(needed))


def lacking(backend: Backend, algorithm: str) -> str:
    """Say why a backend does not have this algorithm; empty if it may."""
    try:
        offer: object = in_time(backend, lambda: backend.offer(algorithm))
    except TimeoutError as error:
        return f"{backend.title} has no {algorithm}: its offer gives {error}"
    except Exception:  # noqa: BLE001 - a third party's code: its worker will say what is wrong
        return ""
    if not isinstance(offer, Offer):
        return f"{backend.title} has no {algorithm}: its offer is no Offer but {offer!r}"
    return f"{backend.title} has no {algorithm}: {offer.reason}" if offer.reason else ""


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn the signals that end a program into KeyboardInterrupt, once: cleaning up is not interrupted again."""

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a handler
        for ending in ENDING_SIGNALS:
            signal.signal(ending, signal.SIG_IGN)
        raise KeyboardInterrupt

    under_nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    heeded = [number for number in ENDING_SIGNALS if number is not signal.SIGHUP or not under_nohup]
    previous = {number: signal.signal(number, interrupt) for number in heeded}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def fresh_folder(path: Path) -> Iterator[None]:
    """Have an empty folder at `path`, and nothing there afterwards."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    try:
        yield
    finally:
        shutil.rmtree(path, ignore_errors=True)
