"""`compare`: what has changed from one run to another, or between two backends of one run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from suite.cli.output import file_path, print_json, write_file
from suite.cli.parser import Subparsers, add_results, one_of
from suite.errors import NothingMeasuredError, UsageError
from suite.nearest import did_you_mean

if TYPE_CHECKING:
    from suite.analyse.changes import Changes
    from suite.analyse.sides import Side

FORMATS = ("text", "md", "json", "html")

EPILOG = """\
examples:
  %(prog)s 20260301T1200 latest                  two runs, case by case
  %(prog)s latest:onedal@base latest:onedal      two backends of one run, paired: see run --against
  %(prog)s before latest --format md -o change.md

Differences of versions and machine come first. Two runs were not measured side by side, and that is said; two backends
of one run were, and only so can 2 to 5 %% be seen. Where no case can be compared, the exit code is 3.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb."""
    text = "compare two runs, or two backends of one run"
    parser = subparsers.add_parser("compare", help=text, description=f"{text.capitalize()}.", epilog=EPILOG)
    what = "a run as in show, or RUN:BACKEND"
    parser.add_argument("base", metavar="BASE", help=f"what it was: {what}")
    parser.add_argument("new", metavar="NEW", help=f"what it is now: {what}")
    add_results(parser)
    parser.add_argument(
        "--format", metavar="FORMAT", default="text", type=one_of("format", FORMATS), help=", ".join(FORMATS)
    )
    parser.add_argument(
        "-o", dest="file", metavar="FILE", type=file_path, help="write to this file instead of the terminal"
    )


def execute(options: argparse.Namespace) -> int:
    """Compare, and print or write what was found."""
    from suite.analyse.changes import compare_sides

    root = Path(options.results)
    changes = compare_sides(side(root, options.base), side(root, options.new))
    if changes.nothing:
        raise NothingMeasuredError(changes.nothing)
    if options.format == "json" and options.file is None:
        print_json(changes)
        return 0
    content = rendered(changes, options.format)
    if options.file is None:
        print(content)
    else:
        write_file(options.file, f"{content}\n".encode())
        print(options.file)
    return 0


def rendered(changes: Changes, form: str) -> str:
    """Return the comparison in one of `FORMATS`."""
    import msgspec

    from suite.report.changes import to_html, to_markdown, to_text

    match form:
        case "json":
            return msgspec.json.format(msgspec.json.encode(changes), indent=2).decode()
        case "html":
            return to_html(changes)
        case "md":
            return "\n".join(to_markdown(changes))
        case _:
            return "\n".join(to_text(changes))


def side(root: Path, text: str) -> Side:
    """Return the run that the user means, and the backend of it where one is named.

    Raises
    ------
    UsageError
        If there is no such run, or it has no such backend.
    """
    from suite.analyse.sides import Side
    from suite.records.store import find_run, load

    name, colon, backend = text.partition(":")
    if colon and Path(text).exists():
        name, colon, backend = text, "", ""
    run = load(find_run(root, name))
    if not colon:
        return Side(run)
    backends = list(dict.fromkeys(case.backend for group in run.info.plan.groups for case in group.cases))
    if backend not in backends:
        raise UsageError(f"run {run.info.id} has no backend {backend!r}{did_you_mean(backend, backends)}")
    return Side(run, backend)
