"""What a source of data is: its name, its arguments, and the arrays it makes."""

from __future__ import annotations

import math
import reprlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from suite.errors import UsageError
from suite.nearest import did_you_mean
from suite.workloads.entry import DataSpec, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    #: What a source may make.
    Made: TypeAlias = NDArray[Any] | csr_array[Any]

#: A checked argument: bool, int, float, str or list[str], as its `Argument` says. A list stays one, and is no tuple,
#: for arguments are compared with what was read back from JSON.
Value = Any


#: No argument is larger: it would be a slip, and overflow.
LARGEST = 1e15

#: How many rows and features; not among the arguments, but beside them where a user writes them.
ROWS = ("n_train", "n_test", "n_features")


class ArgumentError(UsageError):
    """An argument of a data set cannot be used; `name` is the argument's, as the user wrote it."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a source: its default (which gives its type), its range, and what it means.

    A default of None makes a text that must be given if `required`, and may be absent otherwise; one of () makes a list
    of different texts.
    """

    default: int | float | str | bool | tuple[str, ...] | None
    about: str
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    required: bool = False

    def check(self, name: str, value: Any) -> Value:
        """Return the value in the argument's own type; raises ArgumentError for another one or one out of range."""
        kind = str if self.default is None else type(self.default)
        if kind is tuple:
            return _texts(name, value)
        if kind is float and type(value) is int and abs(value) < LARGEST:
            value = float(value)
        if type(value) is not kind:
            raise ArgumentError(name, f"{name} must be {_KINDS[kind]}, not {reprlib.repr(value)}")
        if isinstance(value, int | float) and not (self.low <= value <= self.high and abs(value) < LARGEST):
            raise ArgumentError(name, f"{name} must be {self._range()}, not {reprlib.repr(value)}")
        if self.choices and value not in self.choices:
            raise ArgumentError(name, f"{name} must be one of {', '.join(self.choices)}, not {value!r}")
        return value

    def _range(self) -> str:
        if math.isinf(self.high):
            return f"at least {self.low:g}, and finite"
        return f"between {self.low:g} and {self.high:g}"


def _texts(name: str, value: Any) -> list[str]:
    """Return a list of texts, none of them empty or there twice."""
    if not isinstance(value, list | tuple) or not all(isinstance(text, str) and text for text in value):
        raise ArgumentError(name, f"{name} must be a list of texts, not {reprlib.repr(value)}")
    twice = next((text for text in value if value.count(text) > 1), None)
    if twice is not None:
        raise ArgumentError(name, f"{name} has {twice!r} twice")
    return list(value)


_KINDS: Mapping[type, str] = {int: "an integer", float: "a number", str: "a text", bool: "true or false"}

#: What every source understands besides its own arguments.
COMMON: Mapping[str, Argument] = {
    "init_centers": Argument(0, "rows of the training data kept as `centers`, to start k-means from", low=0),
}


class Allocate(Protocol):
    """Makes room for an array: filled with zeros, in memory or in the file that the array is kept in."""

    def __call__(self, name: str, shape: tuple[int, ...], dtype: str, order: str) -> NDArray[Any]:
        """Return the room for the array of this name, which the source fills and yields as it is."""


def in_memory(name: str, shape: tuple[int, ...], dtype: str, order: str) -> NDArray[Any]:  # noqa: ARG001
    """Return zeros."""
    import numpy as np

    return np.zeros(shape, dtype, order="F" if order == "F" else "C")


class Keep(Protocol):
    """Keeps what several data sets are derived from, whatever their dtype and their features: what was simulated."""

    def __call__(
        self, identity: Mapping[str, Value], make: Callable[[Allocate], Iterable[tuple[str, NDArray[Any]]]]
    ) -> Mapping[str, NDArray[Any]]:
        """Return the arrays that `make` yields, or has yielded before: `identity` is all that determines them."""


def made_anew(
    identity: Mapping[str, Value],  # noqa: ARG001
    make: Callable[[Allocate], Iterable[tuple[str, NDArray[Any]]]],
) -> Mapping[str, NDArray[Any]]:
    """Return the arrays, kept nowhere."""
    return dict(make(in_memory))


def unheard(*told: object) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a source is asked to make; `args` are checked and complete.

    `dtype` is float32 or float64, `order` C or F: the feature matrices come in both as asked.
    `allocate` makes room for an array where it is kept, for sources that fill one piece by piece; `filled` is
    told from time to time how many of its rows are what they will be. `progress` is told the share that is done, by
    sources that take long; `keep` has their arrays from which those of several requests are derived.
    """

    n_train: int
    n_test: int
    n_features: int
    args: Mapping[str, Value]
    dtype: str
    order: str
    seed: int
    allocate: Allocate = in_memory
    filled: Callable[[str, int], None] = unheard
    progress: Callable[[float], None] = unheard
    keep: Keep = made_anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(ABC):
    """A source of data.

    Attributes
    ----------
    version
        Raised whenever the same request would give other bytes.
    packages
        Distributions whose versions may change the bytes.
    sized
        True if the request says how many rows and features; False if the source has its own, and rows may be limited.
    target
        The task that its target (of clustering: its `truth`) is for, if it has one whatever the arguments.
    rows, features
        How many it has; zero where the request or the user's file decides.
    comes_from, licence
        For lists: in a word or two where the bytes come from, and on what terms, as stated there.
    """

    name: str
    about: str
    version: int = 1
    packages: tuple[str, ...] = ("numpy",)
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    sized: bool = True
    target: Task | None = None
    rows: int = 0
    features: int = 0
    comes_from: str = ""
    licence: str = ""

    @abstractmethod
    def make(self, request: Request) -> Iterator[tuple[str, Made]]:
        """Yield named arrays one by one, X_train before what is derived from it, so that few are in memory at once."""

    @abstractmethod
    def shape(self, spec: DataSpec, args: Mapping[str, Value]) -> tuple[int, int]:
        """Return (rows in all, features) without making anything; an estimate for files that do not say."""

    def entries_a_row(self, spec: DataSpec, args: Mapping[str, Value]) -> float | None:  # noqa: ARG002
        """Return about how many values a row of a sparse matrix keeps; None if the matrix is dense."""
        return None

    @abstractmethod
    def origin(self, args: Mapping[str, Value]) -> str:
        """Say in a few words where the bytes come from, without private names."""

    def identity(self, args: Mapping[str, Value]) -> Mapping[str, Value]:
        """Return the part of the arguments that determines the bytes (a file's digest, and not its path)."""
        return args

    def at_hand(self) -> str:
        """Say in a word or two whether it can be made now, or what it takes; looks at the disk only."""
        return "yes"

    def resolve(self, spec: DataSpec) -> dict[str, Value]:
        """Return all arguments, checked, defaults filled in.

        Raises
        ------
        ArgumentError
            If the data set has an argument that the source does not know or cannot use, or lacks one.
        """
        known = {**COMMON, **self.arguments}
        for name in spec.args:
            if name not in known:
                raise ArgumentError(name, f"{self.name} has no argument {name!r}{did_you_mean(name, [*known, *ROWS])}")
        args: dict[str, Value] = {}
        for name, argument in known.items():
            if name in spec.args:
                args[name] = argument.check(name, spec.args[name])
            elif argument.default is not None:
                args[name] = [*argument.default] if isinstance(argument.default, tuple) else argument.default
            elif argument.required:
                raise ArgumentError(name, f"{self.name} needs the argument {name!r} ({argument.about})")
        self._check_rows(spec)
        return args

    def _check_rows(self, spec: DataSpec) -> None:
        least = {"n_train": 1, "n_test": 0, "n_features": 1} if self.sized else {"n_train": 0, "n_test": 0}
        for name, low in least.items():
            if getattr(spec, name) < low:
                raise ArgumentError(name, f"{self.name} needs {name} of at least {low}, not {getattr(spec, name)}")
        if not self.sized and spec.n_features:
            raise ArgumentError("n_features", f"{self.name} has its own features: n_features cannot be set")


def rows_asked(n_train: int, n_test: int, args: Mapping[str, Value], rows: int) -> tuple[int, int]:
    """Return how many of `rows` are for training and held out; zero means `test_share`, and all the others.

    A share above zero holds out one row at least.
    """
    share = float(args["test_share"])
    held_out = n_test or max(round(rows * share), 1 if share else 0)
    return n_train or rows - held_out, held_out
