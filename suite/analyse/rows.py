"""What analysis makes of a run's records: the rows that tables, reports and exports show."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from suite.quality.parity import Parity as Parity
from suite.records.findings import Findings
from suite.records.schema import RunInfo, Status


class Verdict(StrEnum):
    """What can be said of a backend against the reference."""

    FASTER = "faster"
    SLOWER = "slower"
    SAME = "same"
    AMBIGUOUS = "ambiguous"
    REFERENCE = "reference"
    NONE = "none"  # no speed-up may be stated: failure, fallback or lost parity


@dataclass(frozen=True, slots=True)
class Ratio:
    """A speed-up over the reference (reference time / own time) with its interval; above 1 is faster."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A case by one metric, its value beside the reference's."""

    metric: str
    quality: float | None
    quality_reference: float | None
    tolerance: float
    relative: bool
    parity: Parity


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One case, analysed. Times are medians in seconds per call; None where there is nothing to state.

    `speedup` compares fit + predict with data in place, `end_to_end` the copies as well, each with its own verdict;
    both are None unless the case was measured at parity on the engine it was asked for. A reference that timed out
    gives only `speedup_at_least`. `judged` has the workload's metric and its further ones, `parity` is by all of them.
    `last_words` are what a worker that failed printed or raised. `operation` is what was timed: where a model was only
    used there is no `fit_s`, but `rows_per_s` of a batch, or latencies of single rows from the host and back. Of a
    scientific workflow the phases are those of its estimators, `own_s` is the rest, `workflow_s` all of it, `workflow`
    the speed-up of all of it, and `findings` what it shows beside its metrics. `resident_s` is of fit and predict
    together, which is not the sum of their medians.
    """

    run: str
    machine: str
    group: str
    case: str
    workload: str
    algorithm: str
    task: str
    size: str
    rows: int
    features: int
    dtype: str
    order: str
    backend: str
    device: str
    engine_fit: str
    engine_predict: str
    status: Status
    reason: str
    verdict: Verdict
    speedup: Ratio | None
    end_to_end: Ratio | None
    verdict_end_to_end: Verdict
    fit: Ratio | None
    predict: Ratio | None
    speedup_at_least: float | None
    import_s: float | None
    cold_s: float | None
    copy_in_s: float | None
    fit_s: float | None
    predict_s: float | None
    copy_out_s: float | None
    cpu_over_wall: float | None
    peak_host_bytes: int | None
    peak_device_bytes: int | None
    metric: str
    quality: float | None
    quality_reference: float | None
    tolerance: float
    judged: tuple[Judged, ...]
    parity: Parity
    samples: int
    disturbed: int
    processes: int
    stop_reason: str
    last_words: str = ""
    operation: str = "fit"
    host_joules: float | None = None
    device_joules: float | None = None
    rows_per_s: float | None = None
    latency_p50_s: float | None = None
    latency_p99_s: float | None = None
    own_s: float | None = None
    workflow_s: float | None = None
    resident_s: float | None = None
    workflow: Ratio | None = None
    findings: Findings | None = None

    @property
    def absent(self) -> bool:
        """Whether the engine simply has no such algorithm: nothing was tried."""
        return self.status is Status.UNSUPPORTED and f" has no {self.algorithm}" in self.reason

    @property
    def ending(self) -> str:
        """How the case ended in a word or two; what an engine does not have is told apart from what it refuses."""
        return "not offered" if self.absent else self.status.value


class Reach(StrEnum):
    """Whether a backend came to the target quality on the steps of a ladder."""

    REACHED = "reached"
    NEVER = "never"
    UNKNOWN = "unknown"  # it was not measured on every step, or there is no target


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachRow:
    """One backend on the ladder of one workload: from which step on it has the target quality, and the time of its fit.

    `target` is the reference's quality on the last step less the tolerance, by `metric`; parity is by all metrics of
    the workload. `reached_at` is the first step from which on it holds, `missed_at` the last one that misses. `time` is
    the median of fit at `reached_at` with what is known of it: from the low end of the time at `missed_at` (0 if there
    is none) to the high end of the time at `reached_at`. `speedup` is the reference's time over its own.
    """

    run: str
    workload: str
    algorithm: str
    task: str
    size: str
    rows: int
    features: int
    dtype: str
    order: str
    backend: str
    parameter: str
    metric: str
    target: float | None
    reach: Reach
    reason: str
    reached_at: float | None
    missed_at: float | None
    quality: float | None
    time: Ratio | None
    speedup: Ratio | None
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendMean:
    """The geometric mean of a backend's speed-ups over the cases at parity, and how many those are.

    `covered` of `asked` cases enter; the others failed, fell back or lost parity. Every workload weighs the same.
    """

    backend: str
    speedup: Ratio | None
    covered: int
    asked: int
    faster: int
    slower: int
    same: int
    ambiguous: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A run, analysed: what `show`, `export` and the report present.

    `reached` has rows in the division time-to-quality only, where no case has a speed-up. `engines` has by backend the
    package of its engine with the version, and the device where that is not the CPU: `scikit-learn-intelex 2026.2.0`.
    """

    info: RunInfo
    reference: str
    rows: list[CaseRow]
    means: list[BackendMean]
    disturbed_share: float
    notes: list[str]
    reached: list[ReachRow] = field(default_factory=list)
    engines: dict[str, str] = field(default_factory=dict)
