"""One case while its group is measured: its worker, its loops, and all that its outcome will say."""

from __future__ import annotations

import hashlib
import math
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.protocol import EngineReport
from suite.datasets import DataSet
from suite.measure.messages import ENOUGH_ROWS, Open, Opened, Pass, Passed, Product
from suite.measure.processes import SERVICE_TIMEOUT_S, Crew, Limits, Process, WorkerError
from suite.quality import DivergedError, GarbageError, compares, judge, products
from suite.records.findings import Findings
from suite.records.schema import Case, Group, OutcomeLine, QualityValue, Sample, Settings, Status, StopReason
from suite.workloads.entry import Operation

MAX_LOOPS = 10_000
#: Single rows of a sample of their latency: enough where that takes no longer than this, and never so few that none is
#: beyond the 99th percentile.
ENOUGH_S, FEWEST_ROWS = 0.5, 100
#: A disk, or a network's, from which data come more slowly is taken to hang.
SLOWEST_BYTES_PER_S = 20e6
#: CPU time over wall time up to which a pass counts as one thread's.
ONE_THREAD = 1.2
#: Latest samples that say what is usual.
USUAL_OF = 9


#: By seed: what the reference left, where the results of others are held against it.
Theirs = dict[int, Mapping[str, NDArray[Any]]]


class Contender:
    """A case that takes part in a group until it fails or the group ends.

    `theirs` is one for all cases of the group: the case that `leads`, the reference's, fills it.
    """

    def __init__(
        self,
        case: Case,
        group: Group,
        settings: Settings,
        crew: Crew,
        dataset: DataSet,
        scratch: Path,
        theirs: Theirs,
        *,
        leads: bool,
    ):
        self.case = case
        self.group = group
        self.settings = settings
        self.crew = crew
        self.dataset = dataset
        self.scratch = scratch / case.backend.replace(":", "-")
        self.scratch.mkdir(exist_ok=True)
        self.leads = leads
        self._theirs = theirs
        self.workers: list[Process] = []
        self.error: WorkerError | None = None
        self.fell_back = False
        self.quality: dict[int, QualityValue] = {}
        self.cpu_since_last_s = 0.0
        self._cpu_s: dict[int, float] = {}
        self._engines: dict[EngineReport, None] = {}
        self._settings: dict[str, str] = {}
        self._findings: Findings | None = None
        self.examined_s = 0.0
        self._asked_rows: int | None = None
        self._fit_s: list[float] = []
        self._predict_s: list[float] = []
        self._cpus: list[float] = []
        self._in_first_pass = False

    @property
    def active(self) -> bool:
        """Whether it still takes part."""
        return self.error is None

    def begin_worker(self) -> None:
        """Have the next process begin to make a worker."""
        self.crew.begin_worker(len(self.workers))

    def begin_open(self) -> None:
        """Get one more worker, from the next process, and ask it to map the group's data; raises WorkerError."""
        workload = self.group.workload
        worker = self.crew.worker(len(self.workers))
        self.workers.append(worker)
        worker.tell(
            Open(
                algorithm=workload.algorithm,
                params=workload.params,
                output=workload.output,
                supervised=workload.supervised,
                arrays={name: str(path) for name, path in self.dataset.paths.items()},
                n_classes=self.dataset.n_classes,
                dtype=self.group.dtype,
                threads=self.settings.threads,
                strict=self.settings.strict,
                scratch=str(self.scratch),
                products=list(products(workload)),
                operation=workload.operation,
                workflow=workload.workflow,
                also=workload.also,
            )
        )

    def end_open(self) -> None:
        """Wait until the newest worker has mapped the group's data, and stop it; raises WorkerError."""
        worker = self.workers[-1]
        worker.hear(Opened, Limits(opening_s(self.dataset.bytes), self.settings.memory_bytes))
        worker.stop()

    def release(self) -> None:
        """Have the workers begin to end, which `close` waits for."""
        self.crew.release(self.workers)

    def close(self) -> None:
        """Let the workers go."""
        self.crew.dismiss(self.workers)
        self.workers = []

    def take(self, index: int, seed: int, *, cold: bool = False, cpu: int | None = None) -> Sample:
        """Take one sample in the index-th worker; raises WorkerError with the status that the case then has.

        A case that runs on one thread begins on `cpu`. Where there are more, they would be in each other's way.
        """
        worker = self.workers[index]
        keep = seed not in self.quality
        request = Pass(
            case=self.case.id,
            seed=seed,
            fit_loops=self._loops(self._fit_s) if self._looped and self._times_fit and not cold else 1,
            predict_loops=self._predict_loops() if self._looped and not cold else 1,
            keep=keep,
            cpu=cpu if self._one_thread() else None,
            examine=keep and not self.quality and self._is_workflow,
        )
        self._in_first_pass = not self._fit_s
        reply = worker.ask(request, Passed, Limits(self.settings.timeout_s, self.settings.memory_bytes))
        worker.stop()
        self.cpu_since_last_s = reply.cpu_s - self._cpu_s.get(index, 0.0)
        self._cpu_s[index] = reply.cpu_s
        self._fit_s.append(reply.sample.fit_s)
        self._predict_s.append(reply.sample.predict_s)
        self._cpus.append(reply.sample.cpu_s / reply.sample.wall_s if reply.sample.wall_s > 0 else 0.0)
        for report in (reply.fit, reply.predict):
            if report is not None:
                self._engines[report] = None
                self.fell_back |= not report.accelerated and (self._times_fit or report is reply.predict)
        if keep:
            self._settings = reply.settings
            self._findings = reply.findings or self._findings
            self.examined_s += reply.examined_s
            self._asked_rows = reply.asked_rows
            self._judge(seed, reply.products)
        return reply.sample

    def fail(self, error: WorkerError) -> None:
        """Take no further part."""
        self.error = error
        if error.status is not Status.UNSUPPORTED:
            for worker in self.workers:
                worker.kill()
                self.crew.lost(worker)
            self.workers = []
        self.close()

    def outcome(self, stop_reason: StopReason) -> OutcomeLine:
        """Say how the case ended."""
        error = self.error
        if error is not None:
            status, reason, stop_reason = error.status, error.reason, StopReason.FAULT
        elif self.fell_back:
            causes = [report.cause for report in self._engines if not report.accelerated]
            status, reason = Status.FELL_BACK, "; ".join(dict.fromkeys(causes))
        elif stop_reason is StopReason.INTERRUPTED:
            status, reason = Status.INTERRUPTED, "the run was interrupted"
        else:
            status, reason = Status.MEASURED, ""
        return OutcomeLine(
            group=self.group.id,
            case=self.case.id,
            status=status,
            reason=reason,
            stop_reason=stop_reason,
            engines=list(self._engines),
            settings=self._settings,
            quality=list(self.quality.values()),
            stderr_tail=error.stderr_tail if error else "",
            timed_out_after_s=error.timed_out_after_s if error and self._in_first_pass else None,
            findings=self._findings,
            asked_rows=self._asked_rows,
        )

    @property
    def _times_fit(self) -> bool:
        """Whether fit is timed, and not only the use of what it made."""
        return not self.group.workload.uses_only

    @property
    def _looped(self) -> bool:
        """Whether a short phase is repeated within a sample; a workflow is not taken apart."""
        return not self._is_workflow

    @property
    def _is_workflow(self) -> bool:
        """Whether a whole workflow is timed, and not only the use of its model."""
        return self.group.workload.operation is Operation.WORKFLOW

    def _predict_loops(self) -> int:
        """Calls of predict per sample; for single rows also the rows."""
        loops = self._loops(self._predict_s)
        if self.group.workload.operation is not Operation.PREDICT_ONE:
            return loops
        return max(loops, single_rows(_usual(self._predict_s)))

    def _loops(self, times_s: list[float]) -> int:
        """Calls per sample so that a phase lasts at least `min_phase_s`."""
        usual_s = _usual(times_s)
        if usual_s <= 0:
            return 1
        return min(MAX_LOOPS, max(1, math.ceil(self.settings.min_phase_s / usual_s)))

    def _one_thread(self) -> bool:
        """Whether this case usually keeps no more than one CPU busy."""
        return bool(self._cpus) and statistics.median(self._cpus[-USUAL_OF:]) <= ONE_THREAD

    def _judge(self, seed: int, kept: list[Product]) -> None:
        """Compute the quality of what was kept, outside the worker and outside the timed path."""
        try:
            arrays = {product.name: np.load(product.path, allow_pickle=False) for product in kept}
            value, *checks = judge(self.group.workload, self.dataset, arrays, self._theirs.get(seed))
        except DivergedError as error:
            raise WorkerError(Status.DIVERGED, str(error)) from error
        except GarbageError as error:
            raise WorkerError(Status.FAILED, f"the result is not usable: {error}") from error
        except Exception as error:  # whatever an engine's result does to the judge is a result
            raise WorkerError(Status.FAILED, f"the result is not usable: {type(error).__name__}: {error}") from error
        if self.leads and compares(self.group.workload):
            self._theirs[seed] = arrays
        digest = hashlib.sha256("".join(product.sha256 for product in kept).encode()).hexdigest()
        self.quality[seed] = QualityValue(seed=seed, value=value, sha256=digest, checks=checks)


def opening_s(data_bytes: int) -> float:
    """Return how long a worker may take to map data, every page of which it reads."""
    return SERVICE_TIMEOUT_S + data_bytes / SLOWEST_BYTES_PER_S


def single_rows(usual_s: float) -> int:
    """Return how many single rows make a sample of their latency, by the seconds that one usually takes."""
    in_time = int(ENOUGH_S / usual_s) if usual_s > 0 else ENOUGH_ROWS
    return max(FEWEST_ROWS, min(ENOUGH_ROWS, in_time))


def _usual(times_s: list[float]) -> float:
    """Return the median of the latest times; infinity if there are none."""
    return statistics.median(times_s[-USUAL_OF:]) if times_s else math.inf
