"""What scikit-learn's array API dispatch really ran on, from what a fit leaves behind and what leaves the device.

A call counts as accelerated only if every array among the fitted attributes, or the output, is the library's and lies
on the device. The methods by which arrays become NumPy's are wrapped while it watches: scikit-learn hands small arrays
to SciPy (the gradients of L-BFGS), which is on the bill and said; if it takes all the data, the host did the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from math import prod
from typing import Any

from backends.protocol import Array, EngineReport, Estimator, Observation, UnsupportedError

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where arrays of a library lie on one device.

    `exits` are the methods of `array` by which data can leave it; `is_here` says of an array of this type whether it
    lies on the device; `on_host` is True where the device is the CPU.
    """

    engine: str
    array: type
    is_here: Callable[[Array], bool]
    exits: tuple[str, ...]
    on_host: bool

    def has(self, value: Any) -> bool:
        """Say whether this is an array on this device."""
        return isinstance(value, self.array) and self.is_here(value)

    @property
    def name(self) -> str:
        """What an array here is called in a report."""
        return f"{self.array.__module__.partition('.')[0]}.{self.array.__name__} on {self.engine.rpartition(' ')[2]}"


@dataclass(slots=True)
class Watch(Observation):
    """The calls and copies since the last report. Estimators made by `watched` tell it what they do.

    `copies` are the shape of what left the device and that of the data of the call in which it left.
    """

    place: Place
    strict: bool = False
    active: bool = False
    data: Shape | None = None
    fitted: list[Estimator] = field(default_factory=list)
    outputs: list[tuple[bool, type]] = field(default_factory=list)
    copies: list[tuple[Shape, Shape]] = field(default_factory=list)

    def call(self, function: Callable[..., Any], estimator: Estimator, X: Array, *rest: Array) -> Any:
        """Call a method of scikit-learn's class on the data."""
        if self.strict:
            self._refuse_stock(X)
        self.data = X.shape
        try:
            return function(estimator, X, *rest)
        finally:
            self.data = None

    def left(self, array: Array) -> None:
        """Note that an array is about to leave the device."""
        if self.data is None:
            return
        shape = array.shape
        if not shape:
            return
        if self.strict and not self.place.on_host and _is_data(shape, self.data):
            raise UnsupportedError(f"scikit-learn would compute on the host: it takes {_text(shape)} values")
        self.copies.append((shape, self.data))

    def report(self) -> EngineReport:
        """Judge the calls and forget them."""
        strays = [stray for estimator in self.fitted for stray in _strays(estimator, self.place)]
        strays += [f"the output is {_article(kind)}" for here, kind in self.outputs if not here]
        copies = [(shape, data) for shape, data in self.copies if prod(shape) > 1]
        taken = [_text(shape) for shape, data in copies if _is_data(shape, data)]
        evidence = "; ".join([*self._found(), *_told(copies)])
        called = self.fitted or self.outputs
        self.fitted, self.outputs, self.copies = [], [], []
        if not called:
            return EngineReport("scikit-learn", False, "no call was seen")
        if strays:
            return EngineReport("scikit-learn", False, f"{strays[0]}, no {self.place.name}", evidence)
        if taken and not self.place.on_host:
            return EngineReport("scikit-learn", False, f"scikit-learn took {taken[0]} values to the host", evidence)
        return EngineReport(self.place.engine, True, "", evidence)

    def _found(self) -> Iterator[str]:
        names = [name for name, value in _arrays(self.fitted[-1]) if self.place.has(value)] if self.fitted else []
        if names:
            yield f"{self.place.name}: {', '.join(names)}"
        if self.fitted and type(self.fitted[-1]).__name__ in STATELESS:
            yield "n_output_features_: its fit only counts columns"
        if any(here for here, _ in self.outputs):
            yield f"{self.place.name}: the output"

    def _refuse_stock(self, X: Array) -> None:
        from sklearn import get_config

        if not get_config()["array_api_dispatch"]:
            raise UnsupportedError("scikit-learn would compute on the host: array API dispatch is off")
        if not self.place.has(X):
            raise UnsupportedError(f"scikit-learn would compute on the host: the data are {_article(type(X))}")


@contextmanager
def watching(watch: Watch, *, strict: bool) -> Iterator[Watch]:
    """Collect what estimators of this watch do, and what leaves the device meanwhile."""
    array, replaced = watch.place.array, []
    try:
        for name in watch.place.exits:
            own = vars(array).get(name)
            setattr(array, name, _exit(getattr(array, name), watch))
            replaced.append((name, own))
        watch.active, watch.strict = True, strict
        yield watch
    finally:
        watch.active = watch.strict = False
        watch.fitted, watch.outputs, watch.copies = [], [], []
        for name, own in replaced:
            if own is None:
                delattr(array, name)
            else:
                setattr(array, name, own)


def _exit(method: Callable[..., Any], watch: Watch) -> Callable[..., Any]:
    """Tell of a call of this method that takes data off the device."""
    has, left = watch.place.has, watch.left

    def leaving(self: Array, *args: Any, **kwargs: Any) -> Any:
        result = method(self, *args, **kwargs)
        if watch.data is not None and not has(result) and has(self):
            left(self)
        return result

    return leaving


@cache
def watched(cls: Any, output: str) -> Any:
    """Return a subclass whose `fit` and output methods tell the watch in its `_watch`, if that is active.

    What one of them calls of the others is part of that call.
    """
    from sklearn.base import ClassifierMixin

    def fit(self: Estimator, X: Array, *rest: Array) -> Estimator:
        watch: Watch = self._watch
        if not watch.active or watch.data is not None:
            return cls.fit(self, X, *rest)
        watch.call(cls.fit, self, X, *rest)
        watch.fitted.append(self)
        return self

    def giving(method: Callable[..., Any]) -> Callable[..., Any]:
        def give(self: Estimator, X: Array) -> Array:
            watch: Watch = self._watch
            if not watch.active or watch.data is not None:
                return method(self, X)
            result = watch.call(method, self, X)
            watch.outputs.append((watch.place.has(result), type(result)))
            return result

        return give

    also = [name for name in ALSO if issubclass(cls, ClassifierMixin) and hasattr(cls, name)]
    made: Any = type(cls.__name__, (cls,), {"__module__": cls.__module__})
    made.fit = fit  # set now, for scikit-learn wraps the methods that a class statement defines
    for name in (output, *also):
        setattr(made, name, giving(getattr(cls, name)))
    return made


#: What a workflow may ask a classifier for beside its usual output.
ALSO = ("predict_proba",)

#: Estimators whose fit computes nothing, and so leaves no array.
STATELESS = frozenset({"PolynomialFeatures"})


def _arrays(estimator: Estimator) -> Iterator[tuple[str, Any]]:
    """Yield the fitted attributes that are arrays of at least one dimension, a pipeline's of all its steps."""
    for _, step in getattr(estimator, "steps", ()):
        yield from _arrays(step)
    for name, value in vars(estimator).items():
        if name.endswith("_") and not name.startswith("_") and len(getattr(value, "shape", ())) > 0:
            yield name, value


def _strays(estimator: Estimator, place: Place) -> Iterator[str]:
    """Yield what a fit left that is not an array of the place, and that it left none at all."""
    arrays = list(_arrays(estimator))
    if not arrays and type(estimator).__name__ not in STATELESS:
        yield "the fit left no array"
    for name, value in arrays:
        if not place.has(value):
            yield f"{name} is {_article(type(value))}"


def _is_data(shape: Shape, data: Shape) -> bool:
    """Say whether this is as much as all the data, or a matrix with a row (or column) for each of their rows."""
    rows, size = data[0], prod(shape)
    matrix = len(shape) > 1 and rows in shape and rows not in data[1:]
    return size > rows + 1 and (matrix or size >= prod(data))


def _is_column(shape: Shape, data: Shape) -> bool:
    """Say whether this is one value a row, or the bounds between the rows."""
    return len(shape) == 1 and data[0] <= shape[0] <= data[0] + 1 and data[0] not in data[1:]


def _told(copies: list[tuple[Shape, Shape]]) -> Iterator[str]:
    """Yield what left the device: the data, one value a row (labels), and what is small (coefficients)."""
    matrices = [shape for shape, data in copies if _is_data(shape, data)]
    columns = [shape for shape, data in copies if _is_column(shape, data)]
    small = [shape for shape, data in copies if not _is_data(shape, data) and not _is_column(shape, data)]
    for kind, shapes in (("the data", matrices), ("one value a row", columns), ("small arrays", small)):
        if shapes:
            largest = _text(max(shapes, key=prod))
            yield f"made NumPy's: {kind} ({len(shapes)} times, at most {largest} values)"


def _text(shape: Shape) -> str:
    return " × ".join(map(str, shape))


def _article(kind: type) -> str:
    return f"a {kind.__module__.partition('.')[0]}.{kind.__name__}"
