"""`report`: the HTML page of one or several runs."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from suite.cli.output import file_path
from suite.cli.parser import Subparsers, add_results, sentence
from suite.cli.runs import LATEST, REPORTS
from suite.errors import UsageError
from suite.nearest import did_you_mean

if TYPE_CHECKING:
    from suite.records.run import Run

FORMATS = ("html", "md", "svg", "png")

EPILOG = """\
examples:
  %(prog)s                         the latest run, to reports/
  %(prog)s latest -o page.html
  %(prog)s results/run-a results/run-b --title 'Two machines'
  %(prog)s --machine 3f2a9c --machine 81c0de     the latest run of each, side by side
  %(prog)s --format md -o -        the verdicts, for a pull request, to standard output
  %(prog)s --format png -o figures --baseline onedal
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb."""
    text = "write the HTML report of one or several runs"
    parser = subparsers.add_parser("report", help=text, description=sentence(text), epilog=EPILOG)
    parser.add_argument("run", metavar="RUN", nargs="*", default=LATEST, help="runs, as in show (default: latest)")
    add_results(parser)
    place = "where to, - for stdout (default: reports/RUN.html or .md; a folder for svg and png)"
    parser.add_argument("-o", dest="file", metavar="FILE", help=place)
    parser.add_argument("--title", metavar="TEXT", default="", help="the title of the page")
    text = "compare with this backend (default: the reference of each run)"
    parser.add_argument("--baseline", metavar="BACKEND", help=text)
    parser.add_argument("--format", choices=FORMATS, default="html", help="the page, Markdown, or its figures as files")
    text = (
        "runs of this machine only (its id, which show prints, or the beginning of it), the latest of each if no RUN "
        "is named (may be given again)"
    )
    parser.add_argument("--machine", metavar="ID", action="append", default=[], help=text)
    text = "price per hour of a backend, a machine's id, or machine, for costs on the page (may be given again)"
    parser.add_argument("--price", metavar="NAME=PRICE", action="append", default=[], help=text)


def execute(options: argparse.Namespace) -> int:
    """Write the page, or what else was asked for, and print its path."""
    gc.disable()  # nothing of the many records and rows is in a cycle
    try:
        return _execute(options)
    finally:
        gc.enable()


def _execute(options: argparse.Namespace) -> int:
    from suite.report.draw import beside, can_draw
    from suite.report.place import is_stdout

    if options.format == "html" and can_draw():
        beside()  # loads while the records are analysed
    from suite.analyse import analyse
    from suite.records.store import find_run, load

    if options.file:
        options.file = Path(options.file) if options.format in ("svg", "png") else file_path(options.file)
    if options.price and options.format != "html":
        raise UsageError(f"--price is for the page, --format html: there are no costs in {options.format}")
    given = [_price(text) for text in options.price]
    if options.machine:
        paths = _on_machines(Path(options.results), options.run, options.machine)
    else:
        paths = [find_run(Path(options.results), text) for text in options.run]
    runs = [load(path) for path in {path.resolve(): path for path in paths}.values()]
    prices = _of_known(given, runs)
    to_stdout = options.file is not None and is_stdout(options.file)
    analyses = [analyse(run, options.baseline) for run in runs]
    more = f"+{len(analyses) - 1}" if len(analyses) > 1 else ""
    stem = REPORTS / f"{analyses[0].info.id}{more}"
    if options.format == "html":
        from suite.report.html import write_report

        path = options.file or stem.with_name(f"{stem.name}.html")
        write_report(analyses, path, options.title, runs=runs, prices=prices)
    elif options.format == "md":
        from suite.report.markdown import to_markdown
        from suite.report.place import write_whole

        path = options.file or stem.with_name(f"{stem.name}.md")
        write_whole(to_markdown(analyses, options.title).encode("utf-8"), path)
    else:
        from suite.report.export_figures import write_figures

        path = options.file or stem.with_name(f"{stem.name}-figures")
        write_figures(analyses, runs, path, options.format)
    if not to_stdout:
        print(path)
    return 0


def _price(text: str) -> tuple[str, float]:
    """Read `machine=2.5`."""
    name, _, number = text.rpartition("=")
    try:
        price = float(number)
    except ValueError:
        price = -1.0
    if not name or not 0 <= price < float("inf"):
        raise UsageError(f"--price: not a price per hour: {text!r}; write it as machine=2.5 or cuml=3.20")
    return name, price


def _of_known(prices: Iterable[tuple[str, float]], runs: Sequence[Run]) -> dict[str, float]:
    """Return the prices by the names that the runs have: backends, machines by their whole ids, or "machine"."""
    machines = {run.info.machine.id for run in runs}
    names = {"machine", *(name for run in runs for name in run.backends)}
    found: dict[str, float] = {}
    for name, price in prices:
        whole = name if name in names else _whole_id(name, machines, "--price")
        if whole is None:
            known = sorted(names | machines)
            raise UsageError(f"--price: no run has a backend or machine {name!r}{did_you_mean(name, known)}")
        if found.setdefault(whole, price) != price:
            raise UsageError(f"--price: two prices of {whole!r}: {found[whole]:g} and {price:g}")
    return found


def _whole_id(text: str, machines: Collection[str], option: str) -> str | None:
    """Return the machine whose id is this text or the only one that begins with it; None if none does."""
    found = [text] if text in machines else sorted(name for name in machines if text and name.startswith(text))
    if len(found) > 1:
        raise UsageError(f"{option}: {text!r} is the beginning of more than one machine: {', '.join(found)}")
    return found[0] if found else None


def _on_machines(root: Path, texts: Sequence[str], machines: Sequence[str]) -> list[Path]:
    """Return the runs that these texts mean and these machines measured; the latest of each where none is named."""
    from suite.records.store import find_run, list_runs, read_info

    if texts == LATEST:  # by name, which begins with the time: the last of each stays
        found = {head.info.machine.id: [head.path] for head in list_runs(root) if head.info}
    else:
        found = {}
        for path in (find_run(root, text) for text in texts):
            found.setdefault(read_info(path).machine.id, []).append(path)
    chosen = []
    for machine in machines:
        whole = _whole_id(machine, found, "--machine")
        if whole is None:
            raise UsageError(f"--machine: no run was measured on {machine!r}{did_you_mean(machine, sorted(found))}")
        chosen += found[whole]
    return chosen
