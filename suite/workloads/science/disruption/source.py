"""What the discharges are called, and their arguments."""

from __future__ import annotations

from suite.datasets.simulated import Simulated
from suite.datasets.source import Source
from suite.workloads.entry import Task

SOURCES: tuple[Source, ...] = (
    Simulated(
        name="disruption",
        about="diagnostics of tokamak discharges, 50 time slices each, some of which disrupt",
        topic="disruption",
        target=Task.CLASSIFICATION,
    ),
)
