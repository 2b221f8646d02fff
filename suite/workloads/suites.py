"""Named suites: which workloads, at which sizes or shapes, in which dtype and order; each a TOML file in `suites/`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from suite.datasets import source_of
from suite.errors import UsageError
from suite.nearest import did_you_mean
from suite.workloads.choice import Choice, Published
from suite.workloads.entry import Size, Workload
from suite.workloads.patterns import matches
from suite.workloads.reshape import reshaped

FOLDER = Path(__file__).with_name("suites")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Rows and features instead of a workload's own; None keeps its own. `published` is what others measured there."""

    n_train: int | None = None
    n_test: int | None = None
    n_features: int | None = None
    published: Published | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Workloads by pattern, and what is measured of each.

    Sizes, dtypes and order that it does not state are the command line's to choose; with `shapes` sizes are not used.
    `grid` is true if the shapes are of a grid: those that a workload's data cannot have are then left out. `line` says
    where the entry stands in its file.
    """

    workload: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    sizes: tuple[Size, ...] = ()
    dtypes: tuple[str, ...] = ()
    order: str = ""
    shapes: tuple[Shape, ...] = ()
    grid: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A suite as its file has it.

    Attributes
    ----------
    default
        Patterns of the workloads that are measured where `--workload` names none; all of the suite's if empty.
    workloads
        The file's own, beside the catalogue's.
    """

    name: str
    about: str
    path: Path
    entries: tuple[Entry, ...]
    default: tuple[str, ...] = ()
    workloads: tuple[Workload, ...] = ()
    budget_s: float | None = None
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What the command line leaves of a suite; what is empty leaves all."""

    workloads: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    sizes: tuple[Size, ...] = ()
    dtypes: tuple[str, ...] = ()
    order: str = ""


@dataclass(slots=True)
class _Found:
    """Choices by id, and the shapes that a workload's data cannot have, by workload and reason."""

    choices: dict[str, Choice] = field(default_factory=dict)
    impossible: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def notes(self) -> list[str]:
        return [
            f"{name} is left out at {', '.join(shapes[:3])}{' and so on' if len(shapes) > 3 else ''}: {reason}"
            for (name, reason), shapes in self.impossible.items()
        ]


def names() -> list[str]:
    """Return the names of the suites that come with the program."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def about() -> dict[str, str]:
    """Return what each of them is for, without reading more of its file."""
    import tomllib

    return {name: str(tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))["about"]) for name in names()}


def find_suite(text: str) -> Suite:
    """Return the suite of this name, or of the file at this path (which ends in .toml).

    Raises
    ------
    UsageError
        If there is none, or its file is not understood.
    """
    from suite.workloads.suite_file import load_suite

    if text.endswith(".toml"):
        return load_suite(Path(text))
    if text not in names():
        raise UsageError(f"no suite {text!r}{did_you_mean(text, names())}; a file of your own ends in .toml")
    return load_suite(FOLDER / f"{text}.toml")


def choose(suite: Suite, catalogue: Iterable[Workload], narrowing: Narrowing) -> tuple[list[Choice], list[str]]:
    """Return what a suite measures, small sizes first, and notes on what is left out of its grids.

    Raises
    ------
    UsageError
        If an entry or an option matches nothing, or a shape cannot be made.
    """
    everything = [*catalogue, *suite.workloads]
    by_name = {workload.name: workload for workload in everything}
    if len(by_name) < len(everything):
        twice = next(one.name for one in everything if sum(one.name == other.name for other in everything) > 1)
        raise UsageError(
            f"{suite.path}: there are two workloads named {twice!r}; give the one in the file another name"
        )
    _check_patterns(suite, by_name, narrowing)
    found = _Found()
    for entry in suite.entries:
        for workload in _workloads(suite, entry, by_name, narrowing):
            for choice in _choices(suite, entry, workload, narrowing, found):
                found.choices.setdefault(choice.id, choice)
    if not found.choices:
        raise UsageError(f"nothing is left of the suite {suite.name}: {_why_nothing(suite, narrowing)}")
    order = list(Size)
    return sorted(found.choices.values(), key=lambda choice: order.index(choice.size)), found.notes()


def _check_patterns(suite: Suite, by_name: Mapping[str, Workload], narrowing: Narrowing) -> None:
    """Refuse patterns that match nothing: of the file, with its line, and of the command line."""
    for entry in suite.entries:
        # What is excluded by a pattern may be of a kind that the catalogue does not have.
        for pattern in (*entry.workload, *(one for one in entry.excluded if not set(one) & set("*?["))):
            if not any(matches(name, pattern) for name in by_name):
                raise UsageError(
                    f"{suite.path}:{entry.line}: no workload matches {pattern!r}{did_you_mean(pattern, by_name)}"
                )
    offered = [name for name in by_name if any(_takes(entry, name) for entry in suite.entries)]
    for pattern in narrowing.workloads:
        if not any(matches(name, pattern) for name in offered):
            raise UsageError(f"the suite {suite.name} has no workload {pattern!r}{did_you_mean(pattern, offered)}")


def _takes(entry: Entry, name: str) -> bool:
    return _matches(name, entry.workload) and not _matches(name, entry.excluded)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(matches(name, pattern) for pattern in patterns)


def _workloads(suite: Suite, entry: Entry, by_name: Mapping[str, Workload], narrowing: Narrowing) -> Iterator[Workload]:
    wanted = narrowing.workloads or suite.default
    for name, workload in by_name.items():
        asked = (not wanted or _matches(name, wanted)) and (not narrowing.tasks or workload.task in narrowing.tasks)
        if asked and _takes(entry, name):
            yield workload


def _choices(suite: Suite, entry: Entry, workload: Workload, narrowing: Narrowing, found: _Found) -> Iterator[Choice]:
    order = entry.order or narrowing.order or "C"
    if narrowing.order and narrowing.order != order:
        return
    given: Iterable[tuple[Workload, Size, Shape | None] | None]
    if entry.shapes:
        given = [_of_shape(suite, entry, workload, shape, found) for shape in entry.shapes]
    else:
        sizes = entry.sizes or narrowing.sizes or (Size.S,)
        given = [(workload, size, None) for size in sizes if size in workload.data]
    for one in given:
        if one is None or (narrowing.sizes and one[1] not in narrowing.sizes):
            continue
        for dtype in entry.dtypes or narrowing.dtypes or ("float64",):
            if not narrowing.dtypes or dtype in narrowing.dtypes:
                yield _choice(*one, dtype, order)


def _choice(workload: Workload, size: Size, shape: Shape | None, dtype: str, order: str) -> Choice:
    spec = workload.data[size]
    return Choice(
        workload=workload,
        size=size,
        dtype=dtype,
        order=order,
        shape=f"{spec.n_train}x{spec.n_features}" if shape else "",
        published=shape.published if shape else None,
    )


def _of_shape(
    suite: Suite, entry: Entry, workload: Workload, shape: Shape, found: _Found
) -> tuple[Workload, Size, Shape] | None:
    """Return the workload in another shape; None if its data cannot have it and the shape is only one of a grid."""
    other, size = reshaped(workload, shape.n_train, shape.n_test, shape.n_features)
    spec = other.data[size]
    try:
        source = source_of(spec.source)
        if not source.sized:
            raise UsageError("its data have rows and features of their own")
        source.shape(spec, source.resolve(spec))
    except UsageError as error:
        if not entry.grid:
            raise UsageError(f"{suite.path}:{entry.line}: {workload.name}: {error}") from error
        found.impossible.setdefault((workload.name, str(error)), []).append(f"{spec.n_train:,} × {spec.n_features:,}")
        return None
    return other, size, shape


def _why_nothing(suite: Suite, narrowing: Narrowing) -> str:
    """Say what the suite has of each thing that the command line asked for."""
    has = {
        "size": {size.value for entry in suite.entries for size in entry.sizes},
        "dtype": {dtype for entry in suite.entries for dtype in entry.dtypes},
        "order": {entry.order for entry in suite.entries if entry.order},
    }
    asked = {"size": narrowing.sizes, "dtype": narrowing.dtypes, "order": narrowing.order}
    parts = [f"{what} {' or '.join(sorted(has[what]))}" for what in has if asked[what] and has[what]]
    return f"it has {', '.join(parts)}" if parts else "nothing of it is of that task and size"
