"""Reads a suite from its TOML file; whatever is not understood is an error with its line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from suite.datasets import ITEM_BYTES
from suite.datasets.source import ROWS
from suite.errors import UsageError
from suite.nearest import did_you_mean
from suite.units import parse_duration
from suite.workloads.choice import Published
from suite.workloads.entry import Size, Workload
from suite.workloads.lines import KeyPath, key_lines, line_of
from suite.workloads.suites import Entry, Shape, Suite
from suite.workloads.tables import Table, WrongKeyError, show

_ORDERS = ("C", "F")
#: What a published figure is of, and the speed-up of ours that stands beside it.
OPERATIONS = ("training", "inference", "total")
_MEASURED = ("size", "dtype", "order")
_KEYS = ("name", "about", "source", "default", "budget", "timeout", *_MEASURED, "entry", "workload")
_ENTRY_KEYS = ("workload", "except", *_MEASURED, "rows", "features", "shapes")


def load_suite(path: Path) -> Suite:
    """Return the suite of a TOML file.

    Raises
    ------
    UsageError
        If the file cannot be read or anything in it is not understood: one line with the file and the line in it.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 text (byte {error.start}); is it a TOML file?") from error
    except OSError as error:
        raise UsageError(f"cannot read the suite {path}: {error.strerror or error}") from error
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
    lines = key_lines(text)
    try:
        return _suite(Table(document, ()), path, lines)
    except WrongKeyError as error:
        raise UsageError(f"{path}:{line_of(error.path, lines)}: {error}") from error


def _suite(table: Table, path: Path, lines: Mapping[KeyPath, int]) -> Suite:
    table.only(_KEYS, "a suite")
    source = table.text("source", "")
    return Suite(
        name=table.text("name", path.stem),
        about=table.text("about"),
        path=path,
        entries=tuple(_entry(entry, table, source, lines) for entry in _tables(table, "entry")),
        default=_texts(table, "default"),
        workloads=_own(table, path),
        budget_s=_duration(table, "budget"),
        timeout_s=_duration(table, "timeout"),
    )


def _own(table: Table, path: Path) -> tuple[Workload, ...]:
    """Return the workloads of the file, which are written as in a workload file."""
    if "workload" not in table:
        return ()
    from suite.workloads import custom

    return custom._workloads(Table({"workload": table.values["workload"]}, ()), path)


def _entry(table: Table, suite: Table, source: str, lines: Mapping[KeyPath, int]) -> Entry:
    table.only(_ENTRY_KEYS, "an entry")
    if not (patterns := _texts(table, "workload")):
        raise table.wrong("workload", "an entry needs workload: names or patterns such as 'kmeans*'")
    grid = _grid(table)
    if grid and "shapes" in table:
        raise table.wrong("shapes", "an entry has shapes, or rows and features, but not both")
    return Entry(
        workload=patterns,
        excluded=_texts(table, "except"),
        sizes=tuple(Size(size) for size in _either(table, suite, "size", [size.value for size in Size])),
        dtypes=_either(table, suite, "dtype", list(ITEM_BYTES)),
        order="".join(_either(table, suite, "order", list(_ORDERS))),
        shapes=grid or tuple(_shape(shape, source) for shape in _tables(table, "shapes")),
        grid=bool(grid),
        line=lines.get(table.path, 1),
    )


def _grid(table: Table) -> tuple[Shape, ...]:
    """Return every combination of `rows` and `features`, the smaller first."""
    rows, features = _counts(table, "rows"), _counts(table, "features")
    if not rows and not features:
        return ()
    every_n: list[int | None] = [*rows] or [None]
    every_p: list[int | None] = [*features] or [None]
    return tuple(Shape(n_train=n, n_features=p) for n in every_n for p in every_p)


def _shape(table: Table, source: str) -> Shape:
    table.only([*ROWS, "published"], "a shape")
    given = {name: table.whole(name, 0) for name in ROWS if name in table}
    for name in ("n_train", "n_features"):
        if given.get(name, 1) < 1:
            raise table.wrong(name, f"{name} must be at least 1, not {given[name]}")
    published = _published(table.table("published"), source) if "published" in table else None
    return Shape(**given, published=published)


def _published(table: Table, source: str) -> Published:
    table.only(["speedup", "of", "backend", "at_least", "source"], "published")
    speedup, of = table.amount("speedup"), table.text("of")
    if speedup <= 0:
        raise table.wrong("speedup", "speedup must be above 0")
    if of not in OPERATIONS:
        raise table.wrong("of", f"no operation {of!r}{did_you_mean(of, OPERATIONS)}")
    return Published(
        speedup=speedup,
        of=of,
        backend=table.text("backend", ""),
        at_least=table.flag("at_least", default=False),
        source=table.text("source", source),
    )


def _tables(table: Table, key: str) -> list[Table]:
    """Return an array of tables; `entry` is required."""
    values = table.values.get(key, [])
    if (
        not isinstance(values, list)
        or not all(isinstance(value, dict) for value in values)
        or (key == "entry" and not values)
    ):
        what = "a suite needs tables headed [[entry]]" if key == "entry" else f"{key} must be an array of tables"
        raise table.wrong(key, what)
    return [Table(value, (*table.path, key, index)) for index, value in enumerate(values)]


def _texts(table: Table, key: str) -> tuple[str, ...]:
    """Return a text, or an array of them, as a tuple; empty if the key is absent."""
    value: Any = table.values.get(key, [])
    items = value if isinstance(value, list) else [value]
    if (key in table and not items) or not all(isinstance(item, str) and item for item in items):
        raise table.wrong(key, f"{key} must be a text or an array of texts, not {show(value)}")
    return tuple(dict.fromkeys(items))


def _counts(table: Table, key: str) -> list[int]:
    value = table.values.get(key, [])
    items = value if isinstance(value, list) else [value]
    if (key in table and not items) or not all(type(item) is int and item > 0 for item in items):
        raise table.wrong(key, f"{key} must be an integer of at least 1 or an array of them, not {show(value)}")
    return sorted(set(items))


def _either(table: Table, suite: Table, key: str, known: list[str]) -> tuple[str, ...]:
    """Return what an entry says, or else the suite; only known words."""
    place = table if key in table else suite
    words = _texts(place, key)
    for word in words:
        if word not in known:
            raise place.wrong(key, f"no {key} {word!r}{did_you_mean(word, known)}")
    if key == "order" and len(words) > 1:
        raise place.wrong(key, "order is C or F; write an entry for each")
    return words


def _duration(table: Table, key: str) -> float | None:
    if key not in table:
        return None
    try:
        return parse_duration(table.text(key))
    except UsageError as error:
        raise table.wrong(key, f"{key}: {error}") from error
