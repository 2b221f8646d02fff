"""Third-party backends for tests: `faulty:WHAT` goes wrong in one known way, `slowed:N` is stock plus N per cent.

The first is least squares in NumPy, for what it does wrong takes no engine, and starting one takes seconds.
They are found as any third party's would be: with this folder on PYTHONPATH, by the entry points beside it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import nullcontext
from typing import Any, ClassVar

from backends.protocol import Backend, Diagnosis, EngineReport, Estimator, Observation, Problem, State
from backends.sklearn import Sklearn


class Delegate:
    """A stock estimator whose fit is followed by something else."""

    def __init__(self, stock: Estimator) -> None:
        self._stock = stock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stock, name)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the stock estimator's parameters."""
        return self._stock.get_params(deep)


class Slower(Delegate):
    """Spins for a share of what each call took."""

    def __init__(self, stock: Estimator, share: float) -> None:
        super().__init__(stock)
        self._share = share

    def fit(self, *args: Any) -> Slower:
        """Fit, and spin."""
        self._timed(self._stock.fit, *args)
        return self

    def predict(self, *args: Any) -> Any:
        """Predict, and spin."""
        return self._timed(self._stock.predict, *args)

    def _timed(self, call: Any, *args: Any) -> Any:
        start = time.perf_counter()
        result = call(*args)
        end = time.perf_counter()
        until = end + self._share * (end - start)
        while time.perf_counter() < until:
            pass
        return result


class Slowed(Sklearn):
    """Stock scikit-learn, slower by a known share."""

    name: ClassVar[str] = "slowed"
    title: ClassVar[str] = "stock, slowed on purpose"
    devices: ClassVar[tuple[str, ...]] = ("0", "3", "5")

    def estimator(self, problem: Problem) -> Estimator:
        """Return a stock estimator that takes its time."""
        return Slower(super().estimator(problem), float(self.device) / 100)


class LeastSquares:
    """A line, or two classes on its sides."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return no parameters: there are none."""
        del deep
        return {}

    def fit(self, X: Any, y: Any) -> LeastSquares:
        """Fit coefficients and intercept."""
        import numpy as np

        self.classes_ = np.unique(y) if y.dtype.kind in "iu" else None
        target = y if self.classes_ is None else np.where(y == self.classes_[1], 1.0, -1.0)
        means = X.mean(axis=0)
        self.coef_ = np.linalg.lstsq(X - means, target - target.mean(), rcond=None)[0]
        self.intercept_ = target.mean() - means @ self.coef_
        return self

    def predict(self, X: Any) -> Any:
        """Predict numbers or classes."""
        found = X @ self.coef_ + self.intercept_
        return found if self.classes_ is None else self.classes_[(found > 0).astype(int)]


class Misbehaving(Delegate):
    """Does in `fit` what its name says, on the calls after the first `healthy` ones."""

    calls: ClassVar[int] = 0

    def __init__(self, stock: Estimator, fault: str) -> None:
        super().__init__(stock)
        self._fault = fault

    def fit(self, *args: Any) -> Misbehaving:
        """Fit, then go wrong."""
        Misbehaving.calls += 1
        self._stock.fit(*args)
        fault, _, after = self._fault.partition("-after-")
        if Misbehaving.calls > int(after or 0):
            self._go_wrong(fault)
        return self

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return no parameters, or one that no record can hold."""
        return {"x": "x" * (32 << 20)} if self._fault == "verbose" else super().get_params(deep)

    def predict(self, *args: Any) -> Any:
        """Predict, perhaps nonsense."""
        result = self._stock.predict(*args)
        if self._fault == "nan":
            return result * float("nan")
        return result[:3] if self._fault == "garbage" else result

    def _go_wrong(self, fault: str) -> None:
        if fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif fault == "crash":
            print("a last word from the engine", file=sys.stderr, flush=True)
            os.kill(os.getpid(), signal.SIGSEGV)
        elif fault == "exit":
            os._exit(7)
        elif fault == "hang":
            time.sleep(3600)
        elif fault == "raise":
            raise ValueError("the engine says no\nand says more")
        elif fault == "memory":
            hoard = [b"x" * (16 << 20)]
            while True:
                hoard.append(b"x" * (16 << 20))


#: Methods of a backend that can be made to raise: "faulty:observe".
METHODS = (
    "environment",
    "estimator",
    "fates",
    "observe",
    "offer",
    "peak_device_bytes",
    "start",
    "synchronize",
    "to_device",
    "to_host",
)


def _raise(*_: Any, **__: Any) -> Any:
    raise RuntimeError("this method is broken\nin two lines")


class Watched(Observation):
    """Says what ran, or nothing."""

    def __init__(self, silent: bool) -> None:
        self._silent = silent

    def report(self) -> Any:
        """Name it."""
        return None if self._silent else EngineReport("least squares", accelerated=True)


class Faulty(Backend):
    """Least squares that goes wrong."""

    name: ClassVar[str] = "faulty"
    title: ClassVar[str] = "faulty on purpose"
    packages: ClassVar[tuple[str, ...]] = ("numpy",)
    fork_safe = sys.platform == "linux"
    devices: ClassVar[tuple[str, ...]] = (
        "raise",
        "crash",
        "kill",
        "kill-after-3",
        "exit",
        "hang",
        "memory",
        "nan",
        "garbage",
        "load",
        "diagnose",
        "make",
        "no-detail",
        "no-version",
        "no-offer",
        "no-report",
        "no-text",
        "verbose",
        "unforked",
        *METHODS,
    )

    def __init__(self, device: str = "") -> None:
        super().__init__(device)
        if self.device == "make":
            _raise()
        self.fork_safe = Faulty.fork_safe and self.device != "unforked"

    def __getattribute__(self, name: str) -> Any:
        """Give the method, or one that raises if it is the one that was asked to."""
        if name in METHODS and name == object.__getattribute__(self, "device"):
            return _raise
        return super().__getattribute__(name)

    def diagnose(self) -> Diagnosis:
        """Be ready, or break the promise not to raise."""
        if self.device == "diagnose":
            raise RuntimeError("cannot even say how it feels")
        nothing: Any = {self.device.removeprefix("no-"): None} if self.device in ("no-detail", "no-version") else {}
        return Diagnosis(State.READY, **nothing)

    def environment(self, threads: int) -> Any:
        """Need nothing, or what is no text."""
        return {"THREADS": threads} if self.device == "no-text" else super().environment(threads)

    def offer(self, algorithm: str) -> Any:
        """Say that all can be tried, or nothing."""
        return None if self.device == "no-offer" else super().offer(algorithm)

    def load(self, algorithms: frozenset[str]) -> None:
        """Import NumPy, or fail to."""
        del algorithms
        if self.device == "load":
            raise ImportError("libengine.so: cannot open shared object file")
        import numpy  # noqa: F401 - what a worker has before it is forked

    def estimator(self, problem: Problem) -> Estimator:
        """Return an estimator that goes wrong."""
        del problem
        return Misbehaving(LeastSquares(), self.device)

    def observe(self, *, strict: bool) -> Any:
        """Watch nothing."""
        del strict
        return nullcontext(Watched(self.device == "no-report"))
