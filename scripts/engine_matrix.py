"""Writes docs/engines.md: which engine has which algorithm, and why the others have not.

    python scripts/engine_matrix.py            write it
    python scripts/engine_matrix.py --check    only say whether it is up to date (exit code 1 if not)

Nothing is imported but our own tables: the tests hold them against the real packages.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from backends.algorithms import ALGORITHMS, FUNCTIONS
from backends.discovery import BUILT_IN, find
from suite.cli.offers import Offered, offered

PATH = Path(__file__).parent.parent / "docs" / "engines.md"
INTRODUCTION = """\
# Engines and algorithms

Made by `scripts/engine_matrix.py` from the backends' own tables. What becomes of every parameter says
`python -m suite list backends --algorithm NAME`.

- **yes**: runs on a CPU; the tests run it with the real package, where it is installed.
- **device**: needs the engine's GPU; the parameters are checked against the package's own signatures.
- **preview**: the vendor calls it a preview.
- **no**: the engine cannot. A number is the reason, or what else to know, below.
"""


@dataclass
class Note:
    """A remark's number, and the engines of which it is true, in order."""

    number: int
    titles: dict[str, None] = field(default_factory=dict)


def main() -> None:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    os.environ.pop("SKLEARNEX_PREVIEW", None)  # what the patch replaces depends on it
    page = "\n".join(lines()) + "\n"
    if options.check:
        sys.exit(0 if PATH.exists() and PATH.read_text() == page else f"{PATH} is out of date: run {__file__}")
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(page)


def lines() -> Iterator[str]:
    """Yield the page: a table a task, and numbered remarks."""
    entries = {**ALGORITHMS, **FUNCTIONS}
    built_in = {name for name, found in find().items() if found.origin == BUILT_IN}
    answers = {name: [one for one in offered(name, parameters=False) if _name(one) in built_in] for name in entries}
    columns = list(dict.fromkeys(one.spec for row in answers.values() for one in row))
    notes: dict[str, Note] = {}
    yield INTRODUCTION
    for task in dict.fromkeys(algorithm.task for algorithm in entries.values()):
        yield f"## {task.capitalize()}\n"
        yield f"| algorithm | {' | '.join(columns)} |"
        yield f"| --- |{' --- |' * len(columns)}"
        for name, algorithm in entries.items():
            if algorithm.task == task:
                told = {one.spec: _cell(one, notes) for one in answers[name]}
                cells = [told.get(column, told[column.partition(":")[0]]) for column in columns]
                yield f"| {name} | {' | '.join(cells)} |"
        yield ""
    yield "## Remarks\n"
    for remark, note in notes.items():
        yield f"{note.number}. {', '.join(note.titles)}: {remark}"


def _name(one: Offered) -> str:
    return one.spec.partition(":")[0]


def _cell(one: Offered, notes: dict[str, Note]) -> str:
    offer = one.offer
    word = "no" if offer.reason else "yes" if one.runs_on_cpu else "device"
    if offer.note == "preview":
        return "preview"
    remark = offer.reason or offer.note
    if not remark:
        return word
    note = notes.setdefault(remark, Note(len(notes) + 1))
    note.titles[one.title] = None
    return f"{word} <sup>{note.number}</sup>"


if __name__ == "__main__":
    main()
