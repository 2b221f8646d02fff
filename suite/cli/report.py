"""`report`: the HTML page of one or several runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from suite.cli.parser import Subparsers
from suite.cli.runs import REPORTS, add_run_arguments, analyse_runs

EPILOG = """\
examples:
  %(prog)s                         the latest run, to reports/
  %(prog)s latest -o page.html
  %(prog)s results/run-a results/run-b --title 'Two machines'
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb."""
    text = "write the HTML report of one or several runs"
    parser = subparsers.add_parser("report", help=text, description=f"{text.capitalize()}.", epilog=EPILOG)
    add_run_arguments(parser, several=True)
    parser.add_argument("-o", dest="file", metavar="FILE", type=Path, help="the page (default: reports/RUN.html)")
    parser.add_argument("--title", metavar="TEXT", default="", help="the title of the page")


def execute(options: argparse.Namespace) -> int:
    """Write the page and print its path."""
    from suite.report.html import write_report

    analyses = analyse_runs(options)
    more = f"+{len(analyses) - 1}" if len(analyses) > 1 else ""
    path = options.file or REPORTS / f"{analyses[0].info.id}{more}.html"
    write_report(analyses, path, options.title)
    print(path)
    return 0
