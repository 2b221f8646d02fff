"""What the data are called."""

from __future__ import annotations

from suite.datasets.simulated import DATA, Simulated
from suite.datasets.source import Source
from suite.workloads.entry import Task

SOURCES: tuple[Source, ...] = (
    Simulated(
        name="materials_transport",
        about="conductivity of inorganic compounds: computed from first principles (BoltzTraP), or generated",
        topic="materials",
        arguments={"data": DATA},
        target=Task.REGRESSION,
        modules=("matminer",),
        install="pip install --no-deps matminer",
        real_rows=46_000,  # of 47,737: those with tellurium are kept apart
        comes_from="package matminer (Ricci et al. 2017)",
        licence="modified BSD",
    ),
)
