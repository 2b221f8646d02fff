"""`report`: the HTML page of one or several runs."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Sequence
from pathlib import Path

from suite.cli.parser import Subparsers
from suite.cli.runs import LATEST, REPORTS, add_run_arguments
from suite.errors import UsageError
from suite.nearest import did_you_mean

FORMATS = ("html", "md", "svg", "png")

EPILOG = """\
examples:
  %(prog)s                         the latest run, to reports/
  %(prog)s latest -o page.html
  %(prog)s results/run-a results/run-b --title 'Two machines'
  %(prog)s --machine 3f2a9c --machine 81c0de     the latest run of each, side by side
  %(prog)s --format md             the verdicts, for a pull request
  %(prog)s --format png -o figures --baseline onedal
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb."""
    text = "write the HTML report of one or several runs"
    parser = subparsers.add_parser("report", help=text, description=f"{text.capitalize()}.", epilog=EPILOG)
    add_run_arguments(parser, several=True)
    place = "where to (default: reports/RUN.html or .md; a folder for svg and png)"
    parser.add_argument("-o", dest="file", metavar="FILE", type=Path, help=place)
    parser.add_argument("--title", metavar="TEXT", default="", help="the title of the page")
    parser.add_argument("--baseline", metavar="BACKEND", help="the same as --reference")
    parser.add_argument("--format", choices=FORMATS, default="html", help="the page, Markdown, or its figures as files")
    text = "runs of this machine (its id, see show) only, the latest of each if no RUN is named (may be given again)"
    parser.add_argument("--machine", metavar="ID", action="append", default=[], help=text)
    text = "price per hour of a backend, a machine's id, or machine, for costs (may be given again)"
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

    if options.format == "html" and can_draw():
        beside()  # loads while the records are analysed
    from suite.analyse import analyse
    from suite.records.store import find_run, load

    prices = dict(map(_price, options.price))
    reference = options.baseline or options.reference
    if options.machine:
        paths = _on_machines(Path(options.results), options.run, options.machine)
    else:
        paths = [find_run(Path(options.results), text) for text in options.run]
    runs = [load(path) for path in {path.resolve(): path for path in paths}.values()]
    known = {"machine", *(run.info.machine.id for run in runs), *(name for run in runs for name in run.backends)}
    for name in prices:
        if name not in known:
            raise UsageError(f"--price: no run has a backend or machine {name!r}{did_you_mean(name, sorted(known))}")
    analyses = [analyse(run, reference) for run in runs]
    more = f"+{len(analyses) - 1}" if len(analyses) > 1 else ""
    stem = REPORTS / f"{analyses[0].info.id}{more}"
    if options.format == "html":
        from suite.report.html import write_report

        path = options.file or stem.with_name(f"{stem.name}.html")
        write_report(analyses, path, options.title, runs=runs, prices=prices)
    elif options.format == "md":
        from suite.report.html import write_whole
        from suite.report.markdown import to_markdown

        path = options.file or stem.with_name(f"{stem.name}.md")
        write_whole(to_markdown(analyses, options.title).encode("utf-8"), path)
    else:
        from suite.report.export_figures import write_figures

        path = options.file or stem.with_name(f"{stem.name}-figures")
        write_figures(analyses, runs, path, options.format)
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


def _on_machines(root: Path, texts: Sequence[str], machines: Sequence[str]) -> list[Path]:
    """Return the runs that these texts mean and these machines measured; the latest of each where none is named."""
    from suite.records.store import find_run, list_runs, read_info

    if texts == LATEST:  # by name, which begins with the time: the last of each stays
        found = {head.info.machine.id: [head.path] for head in list_runs(root) if head.info}
    else:
        found = {}
        for path in (find_run(root, text) for text in texts):
            found.setdefault(read_info(path).machine.id, []).append(path)
    for machine in machines:
        if machine not in found:
            raise UsageError(f"--machine: no run was measured on {machine!r}{did_you_mean(machine, sorted(found))}")
    return [path for machine in machines for path in found[machine]]
