"""`show`: the table of a run."""

from __future__ import annotations

import argparse

from suite.cli.output import print_json
from suite.cli.parser import Subparsers, add_json, sentence
from suite.cli.runs import add_run_arguments, analyse_runs

EPILOG = """\
examples:
  %(prog)s                         the latest run in results/
  %(prog)s 20260301T1200 --json    a run by the beginning of its name
  %(prog)s latest --reference onedal
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb."""
    text = "show the verdicts, times and quality of a run"
    parser = subparsers.add_parser("show", help=text, description=sentence(text), epilog=EPILOG)
    add_run_arguments(parser, several=False)
    add_json(parser, "the whole analysis")


def execute(options: argparse.Namespace) -> int:
    """Print one run."""
    from suite.report.table import print_analysis

    (analysis,) = analyse_runs(options)
    if options.json:
        print_json(analysis)
    else:
        print_analysis(analysis)
    return 0
