"""What becomes of scikit-learn's parameters on an engine with another vocabulary: tables, and one way to apply them.

Nothing is dropped in silence: each of scikit-learn's parameters stands in exactly one column of its `Target`, and what
the problem leaves open is given to the engine with scikit-learn's default, for the engine's own may differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from backends.protocol import Fate, Problem, Treatment, UnsupportedError

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Renamed:
    """A parameter with another name and, where `values` is given, other values: one that is missing cannot be had."""

    name: str
    values: Mapping[Any, Any] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Only:
    """A parameter that the engine does not have: it behaves as with one of these values."""

    values: tuple[Any, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """One of the engine's own parameters, set to keep the work the same."""

    value: Any
    reason: str


@dataclass(frozen=True, slots=True)
class Computed:
    """Parameters of the engine that follow from several of scikit-learn's.

    `made` are the engine's names; `compute` gets all of scikit-learn's parameters and the problem, and may raise
    `UnsupportedError`.
    """

    made: tuple[str, ...]
    compute: Callable[[Mapping[str, Any], Problem], Mapping[str, Any]]
    reason: str


@dataclass(frozen=True, slots=True)
class Target:
    """An engine's estimator of one algorithm.

    Attributes
    ----------
    estimator
        Where it is: "cuml.svm.SVC".
    passed
        Parameters of the same name and meaning, separated by spaces.
    renamed, only
        By scikit-learn's name.
    idle
        Parameters that do not change the result, with the reason: they are not passed.
    fixed, computed
        By the engine's name; by scikit-learn's names, separated by spaces.
    note
        What else the reader should know: shown beside the engine.
    """

    estimator: str
    passed: str = ""
    renamed: Mapping[str, Renamed] = field(default_factory=dict)
    only: Mapping[str, Only] = field(default_factory=dict)
    idle: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, Fixed] = field(default_factory=dict)
    computed: Mapping[str, Computed] = field(default_factory=dict)
    note: str = ""

    def known(self) -> list[str]:
        """Return scikit-learn's parameters that the table speaks of."""
        computed = (name for names in self.computed for name in names.split())
        return [*self.passed.split(), *self.renamed, *self.only, *self.idle, *computed]

    def given(self) -> list[str]:
        """Return the engine's parameters that are given to it."""
        made = (name for computed in self.computed.values() for name in computed.made)
        return [*self.passed.split(), *(renamed.name for renamed in self.renamed.values()), *self.fixed, *made]

    def fates(self) -> Iterator[Fate]:
        """Yield one row a parameter."""
        for name in self.passed.split():
            yield Fate(name, Treatment.PASSED)
        for name, renamed in self.renamed.items():
            values = "" if renamed.values is None else ", ".join(f"{k!r} → {v!r}" for k, v in renamed.values.items())
            yield Fate(name, Treatment.RENAMED, "; ".join(filter(None, [renamed.name, values, renamed.reason])))
        for names, computed in self.computed.items():
            for name in names.split():
                yield Fate(name, Treatment.COMPUTED, f"{', '.join(computed.made)}: {computed.reason}")
        for name, only in self.only.items():
            values = " or ".join(map(repr, only.values))
            yield Fate(name, Treatment.ONLY, f"{values}: {only.reason}")
        for name, reason in self.idle.items():
            yield Fate(name, Treatment.IDLE, reason)
        for name, fixed in self.fixed.items():
            yield Fate(name, Treatment.FIXED, f"{fixed.value!r}: {fixed.reason}")


def translate(target: Target, defaults: Mapping[str, Any], problem: Problem, engine: str) -> dict[str, Any]:
    """Return the engine's parameters for the problem.

    Parameters
    ----------
    defaults
        scikit-learn's own, by name: what the problem leaves open has these.

    Raises
    ------
    UnsupportedError
        If the engine cannot honour a value, or a parameter is not known.
    """
    params = {**defaults, **problem.params}
    passed, idle = target.passed.split(), target.idle
    computed = {name for names in target.computed for name in names.split()}
    translated: dict[str, Any] = {name: fixed.value for name, fixed in target.fixed.items()}
    for name, value in params.items():
        where = f"{engine}: {problem.algorithm}({name}={_short(value)})"
        if name in passed:
            translated[name] = value
        elif renamed := target.renamed.get(name):
            if renamed.values is not None and not _is_in(value, tuple(renamed.values)):
                raise UnsupportedError(f"{where}: {renamed.reason or 'it has no such choice'}")
            translated[renamed.name] = value if renamed.values is None else renamed.values[value]
        elif only := target.only.get(name):
            if not _is_in(value, only.values):
                raise UnsupportedError(f"{where}: {only.reason}")
        elif name not in computed and name not in idle:
            raise UnsupportedError(f"{where}: nothing is known of this parameter")
    for compute in target.computed.values():
        translated |= compute.compute(params, problem)
    return translated


def _is_in(value: Any, values: tuple[Any, ...]) -> bool:
    """Whether the value is one of these, where 0 and False are two things; arrays are none of them."""
    return any(type(value) is type(one) and value == one for one in values)


def _short(value: Any) -> str:
    """Return the value as text, an array or another long one by its type alone."""
    text = repr(value)
    return text if len(text) <= 60 and "\n" not in text else f"{type(value).__name__} …"
