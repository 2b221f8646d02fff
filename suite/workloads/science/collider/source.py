"""What the events are called, and their arguments."""

from __future__ import annotations

from suite.datasets.simulated import Simulated
from suite.datasets.source import Source
from suite.workloads.entry import Task

SOURCES: tuple[Source, ...] = (
    Simulated(
        name="collider",
        about="four smeared jets: a pair of Breit-Wigner resonances, or a background flat in phase space",
        topic="collider",
        target=Task.CLASSIFICATION,
    ),
)
