"""What the verbs that read runs share: their arguments, and runs read and analysed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from suite.cli.parser import add_results

if TYPE_CHECKING:
    from suite.analyse.rows import Analysis

REPORTS = Path("reports")
LATEST = ["latest"]


def add_run_arguments(parser: argparse.ArgumentParser, *, several: bool) -> None:
    """Add RUN (one or several), `--results` and `--reference`."""
    help_text = "a run: its folder, its name, the beginning of it, or latest (default: latest)"
    count = "*" if several else "?"
    parser.add_argument("run", metavar="RUN", nargs=count, default=LATEST if several else "latest", help=help_text)
    add_results(parser)
    text = "compare with this backend (default: the one of the run)"
    parser.add_argument("--reference", metavar="NAME", help=text)


def analyse_runs(options: argparse.Namespace) -> list[Analysis]:
    """Read and analyse the runs that the user named, each once."""
    from suite.analyse import analyse
    from suite.records.store import find_run, load

    texts = [options.run] if isinstance(options.run, str) else options.run
    paths = [find_run(Path(options.results), text) for text in texts]
    unique = {path.resolve(): path for path in paths}.values()
    return [analyse(load(path), options.reference) for path in unique]
