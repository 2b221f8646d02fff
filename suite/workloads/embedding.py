"""Workloads that bring rows to fewer dimensions, judged by what is lost on held-out rows."""

from __future__ import annotations

from suite.workloads.entry import Direction, Quality, Size, Task, Workload
from suite.workloads.shapes import bundled, generated, seconds


def _lost(tolerance: float, origin: str) -> Quality:
    return Quality(
        metric="reconstruction_error", direction=Direction.LOWER, tolerance=tolerance, relative=True, origin=origin
    )


WORKLOADS: tuple[Workload, ...] = (
    Workload(
        name="pca",
        algorithm="PCA",
        task=Task.EMBEDDING,
        about="Twenty of thirty strong directions; the solver is each engine's to choose among those that find them.",
        params={"n_components": 20},
        data=generated(
            "low_rank",
            (5_000, 5_000, 100), (100_000, 10_000, 500), (1_000_000, 20_000, 500), (4_000_000, 20_000, 1_000),
            rank=30, decay=0.9,
        ),
        output="transform",
        quality=_lost(0.001, "solvers and dtypes differ by less than 0.000002, the optimum being one"),
        fit_s=seconds(0.01, 1.5, 15, 240),
    ),
    Workload(
        name="pca-digits",
        algorithm="PCA",
        task=Task.EMBEDDING,
        about="Twenty of 64 standardised pixels' directions.",
        params={"n_components": 20},
        data=bundled("digits"),
        output="transform",
        quality=_lost(0.001, "solvers and dtypes differ by less than 0.000002, the optimum being one"),
        fit_s={Size.S: 0.003},
    ),
)  # fmt: skip
