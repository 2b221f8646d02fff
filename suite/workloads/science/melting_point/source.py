"""What the data are called."""

from __future__ import annotations

from suite.datasets.simulated import DATA, Simulated
from suite.datasets.source import Source
from suite.workloads.entry import Task

SOURCES: tuple[Source, ...] = (
    Simulated(
        name="melting_point",
        about="melting points: Open Notebook molecules, or generated ones by Joback's group contributions",
        topic="melting_point",
        arguments={"data": DATA},
        target=Task.REGRESSION,
        modules=("chemicals", "rdkit"),
        real_rows=10_200,  # of 11,381: the heaviest tenth is kept apart
        comes_from="packages chemicals, rdkit",
        licence="MIT",
    ),
)
