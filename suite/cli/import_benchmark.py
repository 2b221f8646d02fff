"""`import-benchmark`: a file of pytest-benchmark as a run, marked as not measured side by side."""

from __future__ import annotations

import argparse
from pathlib import Path

from suite.cli.parser import Subparsers, add_results, sentence

EPILOG = """\
examples:
  pytest --benchmark-only --benchmark-json bench.json
  %(prog)s bench.json
  %(prog)s .benchmarks/Linux-CPython-3.11-64bit/0001_base.json --results elsewhere

Such a run has times alone: no quality, no reference, no verdict. compare tells how they changed between two of them.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb."""
    text = "keep the JSON of pytest-benchmark as a run"
    parser = subparsers.add_parser("import-benchmark", help=text, description=sentence(text), epilog=EPILOG)
    parser.add_argument("file", metavar="FILE", type=Path, help="from --benchmark-json, --benchmark-save or autosave")
    add_results(parser)


def execute(options: argparse.Namespace) -> int:
    """Import it, and say where to."""
    from suite.records.pytest_benchmark import import_file

    command = ["python", "-m", "suite", "import-benchmark", str(options.file)]
    folder, count = import_file(options.file, Path(options.results), command=command)
    print(f"{count} benchmark{'' if count == 1 else 's'} imported as {folder}")
    return 0
