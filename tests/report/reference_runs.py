"""The runs that lie in the repository."""

from __future__ import annotations

from pathlib import Path

from suite.records.run import Run
from suite.records.store import find_run, load

REFERENCE = Path(__file__).parents[2] / "results" / "reference"
#: Runs that lie there: all engines of a machine without a GPU, and three of them from few rows to many.
ALL_ENGINES, FIVE_SIZES = "20261127T090312Z-e75cddb7-67eda3", "20261127T174556Z-e75cddb7-31d39c"


def reference_run(name: str) -> Run:
    """Return one of the runs that lie in the repository."""
    return load(find_run(REFERENCE, name))
