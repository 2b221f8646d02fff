"""What the micrographs are called, and their arguments."""

from __future__ import annotations

from suite.datasets.simulated import Simulated
from suite.datasets.source import Source
from suite.workloads.entry import Task

SOURCES: tuple[Source, ...] = (
    Simulated(
        name="em_membrane",
        about="pixels of images like electron micrographs: warped Voronoi cells, their membranes and organelles",
        topic="membrane",
        packages=("numpy", "scipy"),
        target=Task.CLASSIFICATION,
    ),
)
