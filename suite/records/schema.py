"""The schema of what is kept: `run.json` is one `RunInfo`, every line of `records.jsonl` is one `Line`.

Seconds are wall-clock seconds unless the name says CPU; every time of a `Sample` is per call. Fields are only ever
added, with defaults; anything else raises `SCHEMA_VERSION`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct

from backends.protocol import Diagnosis, EngineReport
from suite.records.findings import Findings
from suite.workloads.choice import Division, Published, Step
from suite.workloads.entry import Size, Workload

SCHEMA_VERSION = 2


class Status(StrEnum):
    """How a case ended. Everything but `MEASURED` is a failure that is shown, with its reason."""

    MEASURED = "measured"
    FELL_BACK = "fell back"
    UNAVAILABLE = "unavailable"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    DIVERGED = "diverged"
    SKIPPED = "skipped"
    INTERRUPTED = "interrupted"


class StopReason(StrEnum):
    """Why no further round was taken."""

    PRECISION = "precision reached"
    PLATEAU = "noise no longer shrinks"
    BUDGET = "budget spent"
    ALONE = "nothing to compare with"
    FAULT = "fault"
    INTERRUPTED = "interrupted"


class Mark(StrEnum):
    """Why a sample counts as disturbed."""

    FOREIGN_LOAD = "others used the CPU"
    WAITED = "waited for a CPU"
    CPU_OVER_WALL = "CPU time far from its usual share of wall time"
    STOLEN = "the hypervisor took CPU time"
    THROTTLED = "clock throttled"


class Settings(Struct, frozen=True, kw_only=True):
    """How a run measures: everything here changes figures or their uncertainty.

    `interpreters` says by backend spec under which Python it runs, where that is not the controller's.
    """

    threads: int
    budget_s: float
    precision: float
    processes: int
    seed: int
    timeout_s: float
    memory_bytes: int
    strict: bool = False
    confidence: float = 0.99
    same_within: float = 0.01
    min_phase_s: float = 0.003
    interpreters: dict[str, str] = {}


class Case(Struct, frozen=True, kw_only=True):
    """Workload × size × dtype × backend. `backend` is a spec: `cuml`, `torch:cuda`.

    `host_bytes` and `device_bytes` are estimates of what it needs; `skip` says why it cannot fit, `absent` why the
    backend does not offer it: then it is not tried.
    """

    id: str
    backend: str
    host_bytes: int = 0
    device_bytes: int = 0
    skip: str = ""
    absent: str = ""

    @property
    def tried(self) -> bool:
        """Whether it is measured, as far as is known before anything is started."""
        return not (self.skip or self.absent)


class Group(Struct, frozen=True, kw_only=True):
    """All cases that differ only in the backend: what is measured side by side; `shape` as that of a choice."""

    id: str
    workload: Workload
    size: Size
    dtype: str
    order: str
    cases: list[Case]
    expected_s: float
    shape: str = ""
    published: Published | None = None
    step: Step | None = None

    @property
    def size_name(self) -> str:
        """The size, or rows and features (`4000x32`) where those were asked for."""
        return self.shape or self.size.value


class Plan(Struct, frozen=True, kw_only=True):
    """What a run will measure, as plain data: enough to measure each group anywhere.

    `named` are the backends that the user asked for; beside the reference, the others take part as they seemed ready.
    """

    reference: str
    settings: Settings
    groups: list[Group]
    expected_s: float
    suite: str = ""
    division: Division = Division.SAME_WORK
    named: list[str] = []


class ArrayInfo(Struct, frozen=True, kw_only=True):
    """One array of a data set, as cached."""

    shape: list[int]
    dtype: str
    order: str
    bytes: int
    sha256: str


class ThreadPool(Struct, frozen=True, kw_only=True):
    """One native thread pool of a worker, as threadpoolctl sees it."""

    api: str
    library: str
    version: str
    threads: int


class Peak(Struct, frozen=True, kw_only=True):
    """What a device reaches in one dtype, by a backend's own arrays, and how long that took: see suite.measure.roof."""

    dtype: str
    flops_per_s: float
    bytes_per_s: float
    took_s: float = 0.0


class BackendLine(Struct, frozen=True, kw_only=True, tag_field="line", tag="backend"):
    """A backend as it was started (or why it could not be).

    `import_s` is the import in the first process, with nothing beside it; `imports_s` are those in the others, as many
    side by side as there are CPUs for them. `peaks` are known of backends with arrays of their own and of the
    reference, where operations are counted. `simd` are the vector instructions for which the engine has chosen its
    code, where it tells.
    """

    backend: str
    diagnosis: Diagnosis
    versions: dict[str, str] = {}
    environment: dict[str, str] = {}
    thread_pools: list[ThreadPool] = []
    cpus: list[int] = []
    import_s: float | None = None
    imports_s: list[float] = []
    interpreter: str = ""
    simd: str = ""
    peaks: list[Peak] = []


class GroupLine(Struct, frozen=True, kw_only=True, tag_field="line", tag="group"):
    """A group's measuring has begun, on these data."""

    group: str
    at_s: float
    data: dict[str, ArrayInfo]
    data_bytes: int
    data_origin: str = ""


class Sample(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One timed pass of one case through its phases. Times are per call; a looped phase is the mean of its calls.

    `cpu_s`, `wall_s` and what follows cover the whole pass, loops included; it began on CPU number `cpu`. `engine_fit`
    and `engine_predict` name what ran; a name ending in FELL_BACK_SUFFIX is a fallback, its cause in the `OutcomeLine`.
    Where a model is made once and only used, `fit_s` is 0, and a workflow's `own_s` absent, but in the cold pass. Of
    single rows (`predict_loops` of them) the phases are medians, and the latencies are of whole calls: copy in,
    predict, copy out.
    Of a workflow each phase is the sum over all estimators and calls, and `own_s` is what it took beside them.
    `host_watts` is the mean power of CPU packages and memory, `device_watts` of the GPU (suite.measure.energy).
    """

    case: str
    seed: int
    copy_in_s: float
    fit_s: float
    predict_s: float
    copy_out_s: float
    fit_loops: int = 1
    predict_loops: int = 1
    wall_s: float
    cpu_s: float
    engine_fit: str = ""
    engine_predict: str = ""
    latency_p50_s: float | None = None
    latency_p99_s: float | None = None
    own_s: float | None = None
    waited_s: float | None = None
    involuntary_switches: int = 0
    foreign_cpus: float | None = None
    stolen_cpus: float | None = None
    pressure: float | None = None
    peak_host_bytes: int = 0
    peak_device_bytes: int | None = None
    host_watts: float | None = None
    device_watts: float | None = None
    cpu: int | None = None
    marks: list[Mark] = []

    @property
    def resident_s(self) -> float:
        """Fit and predict, data already on the device."""
        return self.fit_s + self.predict_s

    @property
    def end_to_end_s(self) -> float:
        """Copies to and from the device included."""
        return self.copy_in_s + self.fit_s + self.predict_s + self.copy_out_s

    @property
    def workflow_s(self) -> float:
        """The whole workflow: its estimators from end to end, and its own steps."""
        return self.end_to_end_s + (self.own_s or 0.0)


class ColdLine(Struct, frozen=True, kw_only=True, tag_field="line", tag="cold"):
    """The first pass in a fresh worker: context creation, compilation, first call."""

    group: str
    process: int
    sample: Sample


class RoundLine(Struct, frozen=True, kw_only=True, tag_field="line", tag="round"):
    """One sample of every backend of a group that still takes part, in the order measured.

    A disturbed sample may be followed by others of its case, measured again at once.
    """

    group: str
    process: int
    round: int
    at_s: float
    samples: list[Sample]

    def chosen(self) -> dict[str, Sample]:
        """Return by case the sample that is compared: the first undisturbed one, else the first of all.

        The choice looks at what surrounded a sample, never at its time, so that it favours nobody.
        """
        found: dict[str, Sample] = {}
        for sample in self.samples:
            if sample.case not in found or (found[sample.case].marks and not sample.marks):
                found[sample.case] = sample
        return found


class QualityValue(Struct, frozen=True, kw_only=True):
    """The quality of one result, computed in float64 on held-out data outside the timed path.

    `value` is by the workload's own metric, `checks` by its further ones, in their order.
    """

    seed: int
    value: float
    sha256: str
    checks: list[float] = []


class OutcomeLine(Struct, frozen=True, kw_only=True, tag_field="line", tag="outcome"):
    """How a case ended; the last line of it.

    `asked_rows` are those of a batch where they are not the held-out ones: what a workflow first asks of its model.
    """

    group: str
    case: str
    status: Status
    reason: str = ""
    stop_reason: StopReason | None = None
    engines: list[EngineReport] = []
    settings: dict[str, Any] = {}
    quality: list[QualityValue] = []
    stderr_tail: str = ""
    timed_out_after_s: float | None = None
    findings: Findings | None = None
    asked_rows: int | None = None


Line = BackendLine | GroupLine | ColdLine | RoundLine | OutcomeLine

#: Appended to an engine's name in a sample when the call fell back to it.
FELL_BACK_SUFFIX = " (fell back)"


class Cache(Struct, frozen=True, kw_only=True):
    """One level of CPU cache; `bytes` in all its instances together."""

    level: str
    bytes: int
    instances: int


class Gpu(Struct, frozen=True, kw_only=True):
    """One GPU, as its driver reports it."""

    name: str
    memory_bytes: int
    driver: str


class Machine(Struct, frozen=True, kw_only=True):
    """Where a run was taken. `id` is a hash: user and host names are not stored unless asked.

    `energy_counters` are those of the host that could be read; if there are none, `no_energy` says why.
    """

    id: str
    system: str
    kernel: str
    architecture: str
    cpu: str
    sockets: int
    cores: int
    logical_cpus: int
    usable_cpus: int
    caches: list[Cache]
    memory_bytes: int
    cgroup_memory_bytes: int | None
    cgroup_cpus: float | None
    governor: str
    virtual: str
    container: str
    simd: list[str]
    gpus: list[Gpu]
    energy_counters: list[str] = []
    no_energy: str = ""
    host: str = ""
    user: str = ""


class Git(Struct, frozen=True, kw_only=True):
    """The state of the source tree that measured."""

    commit: str
    dirty: bool


class RunInfo(Struct, frozen=True, kw_only=True):
    """The head of a run: everything that is known before its first sample.

    `code` is a digest of the source files that determine figures: the same digest is the same measuring.

    `imported` names the tool that measured, where that was not this one. Such a run was not measured side by side: its
    cases have times alone, no quality and no reference, and of their workloads only the name means anything.
    """

    id: str
    started_utc: str
    command: list[str]
    plan: Plan
    machine: Machine
    versions: dict[str, str]
    python: str
    schema_version: int = SCHEMA_VERSION
    git: Git | None = None
    code: str = ""
    forced: list[str] = []
    resumed_utc: list[str] = []
    imported: str = ""
