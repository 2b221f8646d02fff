"""What the suite asks of a backend, and the words in which a backend answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

#: The scikit-learn-like object that `Backend.estimator` returns; its type belongs to the engine.
Estimator = Any
#: An array of any library, on any device.
Array = Any


class State(StrEnum):
    """Whether a backend can run here, and if not, precisely why not."""

    READY = "ready"
    NOT_INSTALLED = "not installed"
    LOAD_FAILURE = "library fails to load"
    NO_DRIVER = "no driver"
    DRIVER_TOO_OLD = "driver too old"
    NO_DEVICE = "no device"
    DEVICE_BUSY = "device occupied"
    NO_FLOAT64 = "no float64"
    WRONG_ARCHITECTURE = "wrong architecture"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Whether a backend can run here.

    `detail` says what was seen, `cure` is the command that mends it (empty when ready or hopeless),
    `version` is the engine's, `device` what it would run on.
    """

    state: State
    detail: str = ""
    cure: str = ""
    version: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class EngineReport:
    """What a call really ran on, as observed and not as asked for.

    `cause` is why it fell back (empty if it did not), `evidence` what was seen.
    """

    engine: str
    accelerated: bool
    cause: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What an estimator is asked to solve, as far as its choice of solver may depend on it.

    `params` are in scikit-learn's vocabulary; arrays among them lie on the host. A parameter that is
    absent is the backend's to choose for speed as long as the problem stays the same (the solver of a convex
    problem, the index of an exact neighbour search); everything else keeps scikit-learn's default.
    """

    algorithm: str
    params: Mapping[str, Any]
    n_samples: int
    n_features: int
    n_classes: int
    dtype: str
    threads: int


class Treatment(StrEnum):
    """What an engine does with a parameter."""

    PASSED = "passed"
    RENAMED = "renamed"
    COMPUTED = "computed"
    ONLY = "only"
    IDLE = "no effect"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one parameter, with the details and the reason."""

    parameter: str
    treatment: Treatment
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """Whether an engine has an algorithm, known without importing it.

    `estimator` is where ("cuml.svm.SVC"; empty if the engine has none), `reason` why not, `note` what a reader should
    know of it ("preview").
    """

    estimator: str = ""
    reason: str = ""
    note: str = ""


class UnsupportedError(Exception):
    """The backend cannot honour the problem as it stands; the message is the reason shown to the user."""


class UnknownBackendError(Exception):
    """The user named a backend or device that does not exist; the message is one line with the nearest name."""


class Observation(ABC):
    """Collects evidence of what runs while it is active (see `Backend.observe`)."""

    @abstractmethod
    def report(self) -> EngineReport:
        """Say what the calls since the last `report` ran on, and forget them."""


class Backend(ABC):
    """One way to execute a workload. A subclass in a file of its own under `backends/` is found by itself.

    The module that defines it must import nothing but the standard library at its top: the engine is
    imported by `load`, inside the worker. An instance belongs to one device.

    Attributes
    ----------
    name
        What the user types, `sklearn` or `cuml`.
    title
        The name in tables and reports, "Intel oneDAL".
    packages
        Distributions whose versions are recorded.
    devices
        What may follow the colon in `name:device`, the default first.
    label
        What follows the @ in `name@label`: the same engine once more, under another interpreter or to see the noise.
    fork_safe
        True if a process that has run `load` and nothing else may be forked into workers.
    takes_sparse
        True if `to_device` and the estimators take a csr_array of SciPy.
    inference_only
        True if it trains nothing: its estimators fit stock models and convert them, and only their output is timed.
    aside
        Why it is measured only where it is named (empty if it takes part wherever it is ready).
    """

    name: ClassVar[str]
    title: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    label: str = ""
    fork_safe: bool = False
    takes_sparse: ClassVar[bool] = False
    inference_only: ClassVar[bool] = False
    aside: ClassVar[str] = ""

    def __init__(self, device: str = "") -> None:
        self.device = device or self.devices[0]

    @property
    def spec(self) -> str:
        """`name`, `name:device` where the device is not the default, and `@label` where it has one."""
        device = "" if self.device == self.devices[0] else f":{self.device}"
        return f"{self.name}{device}{'@' if self.label else ''}{self.label}"

    @abstractmethod
    def diagnose(self) -> Diagnosis:
        """Say whether this backend can run here. Must not raise and must start no device context."""

    def probe(self) -> Diagnosis:
        """Say the same after a closer look, which may take seconds and start processes. Must not raise."""
        return self.diagnose()

    def environment(self, threads: int) -> Mapping[str, str]:  # noqa: ARG002
        """Return variables that must be set before the engine is imported.

        The controller asks, perhaps under another interpreter: paths of the worker's own belong into `load`.
        """
        return {}

    def offer(self, algorithm: str) -> Offer:  # noqa: ARG002
        """Say whether the engine has this algorithm of `backends.algorithms`, without importing it."""
        return Offer(note="not stated")

    def fates(self, algorithm: str) -> Iterable[Fate]:  # noqa: ARG002
        """Say what becomes of scikit-learn's parameters, as far as that differs from passing them on."""
        return ()

    @abstractmethod
    def load(self, algorithms: frozenset[str]) -> None:
        """Import the engine with the modules of these algorithms; start no thread pool and no device context.

        Raises
        ------
        ImportError
            If the engine does not load.
        """

    def simd(self) -> str:
        """Say for which vector instructions the engine, now loaded, has chosen its code; empty where it is silent."""
        return ""

    def start(self, threads: int) -> None:  # noqa: ARG002
        """Set the engine's own thread limit, in the worker, before the first estimator."""
        return

    @abstractmethod
    def estimator(self, problem: Problem) -> Estimator:
        """Return an unfitted estimator that solves exactly this problem.

        Raises
        ------
        UnsupportedError
            If a parameter cannot be honoured. Nothing is dropped or substituted in silence.
        """

    def auxiliary(self, problem: Problem) -> Estimator:
        """Return an estimator for a step of a workflow beside its model; of an engine that trains nothing, stock's."""
        return self.estimator(problem)

    def to_device(self, array: Array) -> Array:
        """Copy a host array to the device (the array itself where the host is the device)."""
        return array

    def to_host(self, array: Array) -> Array:
        """Copy a result back to a NumPy array."""
        return array

    def synchronize(self) -> None:
        """Wait until the device has done everything asked of it."""
        return

    def peak_device_bytes(self) -> int | None:
        """Return the peak of device memory since the last call, None where there is no device memory."""
        return None

    def device_joules(self) -> float | None:
        """Return the energy that the device has used so far, in joules, None where no counter tells."""
        if self.device != "cuda":
            return None
        from backends._cuda import joules

        return joules()

    @abstractmethod
    def observe(self, *, strict: bool) -> AbstractContextManager[Observation]:
        """Watch what really runs. With `strict`, a fallback raises `UnsupportedError` before the stock call runs."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An algorithm in scikit-learn's vocabulary: the class name, its module, and what kind of learning it is."""

    name: str
    module: str
    task: str
    output: str = field(default="predict")
