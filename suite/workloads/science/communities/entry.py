"""The entries of finding communities."""

from __future__ import annotations

from suite.workloads.entry import Direction, Operation, Quality, Task, Workload
from suite.workloads.shapes import generated, seconds

#: The centres rest where k-means stops, which tells an early stop from a bad network.
_REST = "over 4 networks engines and dtypes leave up to 0.0000000000006"


def _entry(variant: str, mixing: float, about: str, origin: str, rests: str) -> Workload:
    return Workload(
        name=f"communities-{variant}",
        algorithm="KMeans",
        task=Task.CLUSTERING,
        about=about,
        params={"n_clusters": 12, "n_init": 1, "max_iter": 100, "tol": 1e-6},
        data=generated("communities", (2_000, 0, 5), (20_000, 0, 5), (200_000, 0, 5), (2_000_000, 0, 5), mixing=mixing),
        output="",
        operation=Operation.WORKFLOW,
        workflow="communities",
        quality=Quality(metric="communities_ari", direction=Direction.HIGHER, tolerance=0.02, origin=origin),
        checks=(
            Quality(
                metric="communities_inertia_gap", direction=Direction.LOWER, tolerance=3e-6, origin=f"{_REST}; {rests}"
            ),
        ),
        fit_s=seconds(0.05, 0.3, 4, 60),
    )


WORKLOADS: tuple[Workload, ...] = (
    _entry(
        "easy",
        0.3,
        "Communities of a network, three links in ten leaving them, from its leading eigenvectors.",
        "one start: engines and dtypes agree; more mixing costs 0.05",
        "one step 0.00004 to 0.0001, but nothing where it is all that is needed (seed 0 at S)",
    ),
    _entry(
        "hard",
        0.5,
        "The same where half of the links leave their community.",
        "one start: engines and dtypes differ by 0.0001; 0.1 more mixing costs 0.25",
        "half the steps 0.00002 or more, one step 0.0004 or more",
    ),
)
