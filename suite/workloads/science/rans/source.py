"""What the data are called."""

from __future__ import annotations

from suite.datasets.simulated import Simulated
from suite.datasets.source import Argument, Source
from suite.workloads.entry import Task

SOURCES: tuple[Source, ...] = (
    Simulated(
        name="rans",
        about="eddy viscosities of steady turbulent flows over backward-facing steps of several heights, simulated",
        topic="rans",
        version=2,
        packages=("numpy", "scipy"),
        arguments={
            "level": Argument(12, "how fine the grid is: 12 has 3,792 cells, twice the level four times as many",
                              low=3, high=96),
            "features": Argument("potential", "what is known of a cell: potential flow, or the current local flow",
                                 choices=("potential", "local")),
        },
        target=Task.REGRESSION,
    ),
)  # fmt: skip
