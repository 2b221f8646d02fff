"""What the networks are called, and their arguments."""

from __future__ import annotations

from suite.datasets.simulated import Simulated
from suite.datasets.source import Argument, Source
from suite.workloads.entry import Task

SOURCES: tuple[Source, ...] = (
    Simulated(
        name="communities",
        about="networks of a degree-corrected stochastic block model with 12 communities",
        topic="communities",
        packages=("numpy", "scipy"),
        target=Task.CLUSTERING,
        arguments={"mixing": Argument(0.3, "share of a node's links that leave its community", low=0.0, high=0.8)},
    ),
)
