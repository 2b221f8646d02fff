"""Workloads that bring rows to fewer dimensions, judged by what is lost on held-out rows."""

from __future__ import annotations

from suite.workloads.entry import DataSpec, Direction, Quality, Size, Task, Workload
from suite.workloads.shapes import bundled, generated, seconds


def _lost(tolerance: float, origin: str) -> Quality:
    return Quality(
        metric="reconstruction_error", direction=Direction.LOWER, tolerance=tolerance, relative=True, origin=origin
    )


def _kl(tolerance: float, origin: str) -> Quality:
    return Quality(metric="kl_divergence", direction=Direction.LOWER, tolerance=tolerance, relative=True, origin=origin)


def _trust(tolerance: float, origin: str) -> Quality:
    return Quality(metric="trustworthiness", direction=Direction.HIGHER, tolerance=tolerance, origin=origin)


_LOW_RANK = generated(
    "low_rank",
    (5_000, 5_000, 100), (100_000, 10_000, 500), (1_000_000, 20_000, 500), (4_000_000, 20_000, 1_000),
    rank=30, decay=0.9,
)  # fmt: skip
_WIDE = generated(
    "low_rank",
    (1_000, 1_000, 200), (20_000, 5_000, 1_000), (200_000, 20_000, 1_000), (1_000_000, 20_000, 1_000),
    rank=30, decay=0.9,
)  # fmt: skip
#: Embeddings have no held-out rows.
_POINTS = generated("blobs", (500, 0, 20), (2_500, 0, 50), (50_000, 0, 50), (200_000, 0, 50), n_clusters=10)

WORKLOADS: tuple[Workload, ...] = (
    Workload(
        name="pca",
        algorithm="PCA",
        task=Task.EMBEDDING,
        about="Twenty of thirty strong directions; the solver is each engine's to choose among those that find them.",
        why="Fewer than the thirty strong directions, so that noise has no part in them.",
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
        why="A third of the directions.",
        params={"n_components": 20},
        data=bundled("digits"),
        output="transform",
        quality=_lost(0.001, "solvers and dtypes differ by less than 0.000002, the optimum being one"),
        fit_s={Size.S: 0.003},
    ),
    Workload(
        name="pca_full",
        algorithm="PCA",
        task=Task.EMBEDDING,
        about="The singular values themselves, named by the user: exact even where the covariance would cancel.",
        why="Directions as for pca; the solver is what is compared.",
        params={"n_components": 20, "svd_solver": "full"},
        data=_WIDE,
        output="transform",
        quality=_lost(0.001, "engines and dtypes differ by less than 0.000002, the optimum being one"),
        fit_s=seconds(0.02, 4, 40, 200),
    ),
    Workload(
        name="pca_randomized",
        algorithm="PCA",
        task=Task.EMBEDDING,
        about="The randomised solver, named by the user: three passes instead of a decomposition.",
        why="Directions as for pca; two power iterations, normalised by QR, which every array library has.",
        params={"n_components": 20, "svd_solver": "randomized", "iterated_power": 2, "power_iteration_normalizer": "QR",
                "random_state": "$seed"},
        data=_WIDE,
        output="transform",
        stochastic=True,
        quality=_lost(0.01, "seeds and dtypes differ by less than 0.00001, one power iteration too; none cost 0.4"),
        fit_s=seconds(0.03, 1, 10, 50),
    ),
    Workload(
        name="incremental_pca",
        algorithm="IncrementalPCA",
        task=Task.EMBEDDING,
        about="Batches of 1,000 rows, as for data that do not fit in memory.",
        why="Directions as for pca; a batch is small beside memory and large beside the cost of a call.",
        params={"n_components": 20, "batch_size": 1_000},
        data=generated(
            "low_rank",
            (5_000, 5_000, 100), (40_000, 10_000, 500), (400_000, 20_000, 500), (2_000_000, 20_000, 1_000),
            rank=30, decay=0.9,
        ),
        output="transform",
        quality=_lost(0.005, "engines differ by 0.0005, dtypes by less than 0.00001"),
        fit_s=seconds(0.03, 4, 40, 400),
    ),
    Workload(
        name="truncated_svd",
        algorithm="TruncatedSVD",
        task=Task.EMBEDDING,
        about="No mean is taken away, as for counts; the randomised solver is stock's default and left open.",
        why="Directions as for pca.",
        params={"n_components": 20, "random_state": "$seed"},
        data=_LOW_RANK,
        output="transform",
        stochastic=True,
        quality=Quality(
            metric="energy_lost", direction=Direction.LOWER, tolerance=0.01, relative=True,
            origin="seeds and dtypes differ by less than 0.00001; no power iterations cost 0.4",
        ),
        fit_s=seconds(0.05, 3, 30, 240),
    ),
    Workload(
        name="tsne",
        algorithm="TSNE",
        task=Task.EMBEDDING,
        about="A map of ten blobs; the divergence is computed again from the map, for engines' own differ.",
        why="Perplexity and start are the defaults; 500 steps, half of the default, for the time.",
        params={"perplexity": 30.0, "init": "pca", "max_iter": 500, "random_state": "$seed"},
        data=_POINTS,
        output="",
        stochastic=True,
        quality=_kl(0.1, "engines' maps differ by 0.071, dtypes by 0.004; half the iterations cost 0.85"),
        checks=(_trust(0.002, "engines and dtypes differ by 0.0002; half the iterations cost 0.006"),),
        fit_s=seconds(0.4, 5, 120, 600),
    ),
    Workload(
        name="umap",
        algorithm="UMAP",
        task=Task.EMBEDDING,
        about="A map of ten blobs by umap-learn, and unseeded, for a seed would leave it one thread.",
        why="The default neighbours; the default epochs of more than 10,000 rows.",
        params={"n_neighbors": 15, "n_epochs": 200},
        data={**_POINTS, Size.M: DataSpec(source="blobs", n_train=1_500, n_features=50, args={"n_clusters": 10})},
        output="",
        stochastic=True,
        quality=_trust(0.02, "fits and dtypes differ by 0.001; half the epochs cost 0.0015, one at random 0.47"),
        fit_s=seconds(0.4, 3, 140, 700),
    ),
)  # fmt: skip
