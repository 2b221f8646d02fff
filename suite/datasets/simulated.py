"""Data that a topic of `suite.workloads.science` makes: a simulation, a generator, or real data where installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from backends._installed import how_to_install, version
from suite.datasets.source import Argument, ArgumentError, Request, Source, Value
from suite.workloads.entry import DataSpec
from suite.workloads.science import part

if TYPE_CHECKING:
    from suite.datasets.source import Made

#: The argument by which a source that has both is told which; "auto": real where installed and large enough.
DATA = Argument(
    "auto", "real data, generated ones, or real ones where they are at hand", choices=("auto", "real", "generated")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated(Source):
    """The function `make` of the topic's `data.py`.

    Attributes
    ----------
    topic
        The package in `suite.workloads.science`.
    measures
        Returns (rows in all, features) from the spec and its arguments; None where the spec says both.
    modules
        Packages whose real data it takes, if it has the argument `data`: `DATA`; `install` is how to get them.
    real_rows
        How many rows the real data have, training and held out: more than that is generated.
    """

    topic: str
    measures: Callable[[DataSpec, Mapping[str, Value]], tuple[int, int]] | None = None
    modules: tuple[str, ...] = ()
    install: str = how_to_install("science")
    real_rows: int = 0

    def resolve(self, spec: DataSpec) -> dict[str, Value]:
        """Return all arguments, checked; `data` then is "real" or "generated"."""
        args = Source.resolve(self, spec)
        if "data" in args:
            args["data"] = self._which(args["data"], spec.n_train + spec.n_test)
        return args

    def make(self, request: Request) -> Iterator[tuple[str, Made]]:
        """Yield the arrays."""
        arrays: Iterator[tuple[str, Made]] = part(self.topic, "data").make(request)
        return arrays

    def shape(self, spec: DataSpec, args: Mapping[str, Value]) -> tuple[int, int]:
        """Return what was asked for, or what follows from the arguments."""
        return self.measures(spec, args) if self.measures else (spec.n_train + spec.n_test, spec.n_features)

    def identity(self, args: Mapping[str, Value]) -> Mapping[str, Value]:
        """Return the arguments, and of real data the versions of the packages that they come from."""
        if args.get("data") != "real":
            return args
        return {**args, "of": [f"{name} {version(name)}" for name in self.modules]}

    def origin(self, args: Mapping[str, Value]) -> str:
        """Say which data they are."""
        if args.get("data") == "real":
            return f"{self.name}: real data, {self.comes_from}, licence: {self.licence}"
        return f"generated ({self.name}, version {self.version})"

    def _which(self, wanted: str, rows: int) -> str:
        absent = [name for name in self.modules if find_spec(name) is None]
        if wanted != "real":
            return "generated" if wanted == "generated" or absent or rows > self.real_rows else "real"
        if absent:
            raise ArgumentError("data", f"the real data of {self.name} need {' and '.join(absent)}: {self.install}")
        if rows > self.real_rows:
            raise ArgumentError("data", f"the real data of {self.name} have {self.real_rows} rows, not {rows}")
        return "real"
