"""Writes docs/coverage.md: what others benchmark, ours beside it, and why one is left out.

    python scripts/coverage_table.py            write it
    python scripts/coverage_table.py --check    only say whether it is right and up to date (exit code 1 if not)

Their lists are in docs/coverage.toml; what is ours is looked up in the catalogue, the algorithms and the data sources.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from backends.algorithms import ALGORITHMS
from suite.datasets import sources
from suite.workloads import catalogue, everything
from suite.workloads.entry import Workload

ROOT = Path(__file__).parents[1]
LISTS = ROOT / "docs" / "coverage.toml"
PATH = ROOT / "docs" / "coverage.md"
AGAIN = "python scripts/coverage_table.py"
INTRODUCTION = f"""\
# Coverage

What the nearest peer and cuML's own tool benchmark, and ours beside it. Made by `scripts/coverage_table.py` from
`docs/coverage.toml` and the catalogue; after a change of either: `{AGAIN}`.

Each of their lists was read in the file and at the commit that is named with it. Inference is a workload of its own
beside those named here (`NAME@predict`, `NAME@latency`) wherever a fitted model says something of new rows: classes,
numbers, clusters, how odd or how dense they are; of data that scikit-learn ships, the latencies of 1,000 calls go
through the held-out rows again and again. Of scientific workflows the surrogate is used: see `docs/science.md`. `file`
is any file of your own.
"""


def plain() -> list[Workload]:
    """Return the catalogue without scientific workflows, which have a document of their own."""
    return [workload for workload in catalogue() if not workload.workflow]


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of theirs and what is ours of it; the fields are described in docs/coverage.toml."""

    theirs: str
    algorithms: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    note: str = ""
    left_out: str = ""

    def found(self) -> tuple[str, ...]:
        """Return the names of our workloads or data sets."""
        built_in = (workload.name for workload in plain() if workload.algorithm in self.algorithms)
        return tuple(dict.fromkeys((*built_in, *self.workloads, *self.data)))


class TheirList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of their lists, and where it was read."""

    title: str
    about: str
    source: str
    rows: tuple[Row, ...]


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """docs/coverage.toml."""

    lists: tuple[TheirList, ...] = msgspec.field(name="list")


def main() -> None:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    lists = read(LISTS.read_text(encoding="utf-8"))
    if wrong := list(faults(lists)):
        sys.exit("\n".join((f"{LISTS} is wrong:", *wrong, f"then: {AGAIN}")))
    page = "\n".join(lines(lists)) + "\n"
    if options.check:
        current = PATH.exists() and PATH.read_text(encoding="utf-8") == page
        sys.exit(0 if current else f"{PATH} is out of date: {AGAIN}")
    PATH.write_text(page, encoding="utf-8")


def read(text: str) -> tuple[TheirList, ...]:
    """Return the lists; raises msgspec.DecodeError or msgspec.ValidationError where it is not of their form."""
    return msgspec.toml.decode(text, type=File).lists


def faults(lists: Iterable[TheirList]) -> Iterator[str]:
    """Yield what is wrong, a line each: names of ours that do not exist, rows that say nothing, reasons of the past."""
    known = {
        "algorithm": {*ALGORITHMS, *(workload.algorithm for workload in catalogue())},
        "workload": {workload.name for workload in everything()},
        "data set": {source.name for source in sources()},
    }
    for one in lists:
        seen: set[str] = set()
        for row in one.rows:
            where = f"{one.title}: {row.theirs}: "
            named = {"algorithm": row.algorithms, "workload": row.workloads, "data set": row.data}
            for kind, names in named.items():
                yield from (f"{where}no {kind} {name!r}" for name in names if name not in known[kind])
            if row.theirs in seen:
                yield f"{where}is there twice"
            if not row.found() and not row.left_out:
                yield f"{where}neither anything of ours nor a reason (left_out)"
            if row.found() and row.left_out:
                yield f"{where}is here now ({', '.join(row.found())}), so left_out has to go"
            seen.add(row.theirs)


def lines(lists: tuple[TheirList, ...]) -> Iterator[str]:
    """Yield the page: a table for each of their lists, and what is in none."""
    yield INTRODUCTION
    for one in lists:
        yield f"## {one.title}\n"
        yield f"{one.about.strip()}\n"
        yield f"Read in: {one.source.strip()}.\n"
        yield f"{_count(one.rows)}\n"
        yield "| theirs | ours | remark |\n| --- | --- | --- |"
        for row in one.rows:
            yield f"| {row.theirs} | {_ours(row)} | {row.left_out or row.note} |"
        yield ""
    rows = [row for one in lists for row in one.rows]
    yield from _beyond(rows)


def _count(rows: tuple[Row, ...]) -> str:
    own = sum(row.found() == ("file",) for row in rows)
    here = sum(bool(row.found()) for row in rows) - own
    named = sum(bool(row.algorithms) and not row.found() for row in rows)
    parts = {
        "here": here,
        "as a file of your own": own,
        "without a built-in workload, for a workload file to name": named,
        "left out": len(rows) - here - own - named,
    }
    return f"{len(rows)} rows: {', '.join(f'{count} {what}' for what, count in parts.items() if count)}."


def _ours(row: Row) -> str:
    if found := row.found():
        return _code(found)
    return f"{_code(row.algorithms)} in a workload file" if row.algorithms else "–"


def _beyond(rows: list[Row]) -> Iterator[str]:
    """Yield what is ours and in no list of theirs."""
    theirs = {name for row in rows for name in (*row.algorithms, *row.found())}
    yield "## In none of these lists\n"
    yield "| algorithm | workloads |\n| --- | --- |"
    for algorithm in dict.fromkeys(workload.algorithm for workload in plain()):
        if algorithm not in theirs:
            yield f"| {algorithm} | {_code(one.name for one in plain() if one.algorithm == algorithm)} |"
    yield f"\nData sets: {_code(source.name for source in sources() if source.name not in theirs)}."


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    main()
