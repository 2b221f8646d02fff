"""What becomes of scikit-learn's parameters in cuML: clusterers, transformers and searches (see `supervised`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from backends._cuml.supervised import NEIGHBORS
from backends._parameters import Computed, Fixed, Only, Renamed, Target
from backends.protocol import Problem, UnsupportedError

_DEVICE = "it runs on the device"
_QUIET = "messages only"
_NO_TREES = "it has no trees"
_RANDOMISED = ("n_oversamples", "power_iteration_normalizer", "random_state")
_EXACT = "an exact solver has no use for it"
#: Of neighbour lists at a time, in megabytes: fits the smallest cards, and the result does not depend on it.
DBSCAN_BATCH_MB = 4000
_INITS = ("k-means++", "random")
#: libcuml's limits for HDBSCAN, in scikit-learn's count, which includes the point itself.
_LEAST_CORE, _MOST_CORE = 2, 1024


def _starts(params: Mapping[str, Any], _: Problem) -> Mapping[str, Any]:
    """Return the start and how many: cuML's "auto" runs ten times from the same given centres."""
    init, n_init = params["init"], params["n_init"]
    if callable(init):
        raise UnsupportedError("cuML: KMeans(init=function): names or centres only")
    if isinstance(init, str) and init not in _INITS:
        raise UnsupportedError(f"cuML: KMeans(init={init!r}): it has no such start")
    if not isinstance(init, str):
        return {"init": init, "n_init": 1}
    if n_init == "auto":
        n_init = 1 if init == "k-means++" else 10
    return {"init": init, "n_init": n_init}


def _core(params: Mapping[str, Any], _: Problem) -> Mapping[str, Any]:
    """Return cuML's `min_samples`, which does not count the point itself."""
    wanted = params["min_cluster_size"] if params["min_samples"] is None else params["min_samples"]
    if not _LEAST_CORE <= wanted <= _MOST_CORE:
        raise UnsupportedError(f"cuML: HDBSCAN(min_samples={wanted}): from {_LEAST_CORE} to {_MOST_CORE} only")
    return {"min_samples": wanted - 1, "min_cluster_size": params["min_cluster_size"]}


def _components(params: Mapping[str, Any], problem: Problem) -> Mapping[str, Any]:
    """Refuse a share of the variance, "mle", and more components than there are."""
    wanted, most = params["n_components"], min(problem.n_samples, problem.n_features)
    if wanted is not None and (not isinstance(wanted, int) or not 1 <= wanted <= most):
        raise UnsupportedError(f"cuML: {problem.algorithm}(n_components={wanted!r}): a number from 1 to {most} only")
    return {"n_components": wanted}


def _exact_svd(params: Mapping[str, Any], problem: Problem) -> Mapping[str, Any]:
    """Refuse a solver that the problem names; what is left open is solved exactly."""
    if "algorithm" in problem.params:
        name = params["algorithm"]
        raise UnsupportedError(f"cuML: TruncatedSVD(algorithm={name!r}): it has the eigenvectors of XᵀX only")
    return {"algorithm": "full"}


def _gradient(params: Mapping[str, Any], problem: Problem) -> Mapping[str, Any]:
    """Return the way to approximate the gradient: interpolation by FFT where the problem leaves it open."""
    return {"method": params["method"] if "method" in problem.params else "fft"}


def _tsne_neighbors(params: Mapping[str, Any], problem: Problem) -> Mapping[str, Any]:
    """Return perplexity and neighbours: three times the perplexity, as scikit-learn, at most 1023."""
    return {
        "perplexity": params["perplexity"],
        "n_neighbors": min(1023, problem.n_samples - 1, int(3 * params["perplexity"] + 1)),
    }


def _rate(params: Mapping[str, Any], _: Problem) -> Mapping[str, Any]:
    """Return "adaptive" for "auto"; a given rate would be doubled after the exaggeration."""
    if params["learning_rate"] != "auto":
        raise UnsupportedError("cuML: TSNE(learning_rate=...): it doubles a given rate after the exaggeration")
    return {"learning_rate_method": "adaptive"}


def _smooth(params: Mapping[str, Any], _: Problem) -> Mapping[str, Any]:
    """Refuse a smoothing that scikit-learn takes from the variance within each category."""
    if params["smooth"] == "auto":
        raise UnsupportedError("cuML: TargetEncoder(smooth='auto'): it has one number for all categories")
    return {"smooth": float(params["smooth"])}


def _bandwidth(params: Mapping[str, Any], _: Problem) -> Mapping[str, Any]:
    """Refuse a bandwidth that scikit-learn takes from the data."""
    if isinstance(params["bandwidth"], str):
        raise UnsupportedError(f"cuML: KernelDensity(bandwidth={params['bandwidth']!r}): a number only")
    return {"bandwidth": params["bandwidth"]}


_UMAP_IDLE = {
    "low_memory": "how neighbours are found",
    "angular_rp_forest": "how neighbours are found",
    "force_approximation_algorithm": "how neighbours are found",
    "n_jobs": _DEVICE,
    "verbose": _QUIET,
    "tqdm_kwds": _QUIET,
    "transform_seed": "transform only",
    **dict.fromkeys(("output_metric_kwds", "target_metric_kwds"), "its metrics take none"),
    **dict.fromkeys(("dens_lambda", "dens_frac", "dens_var_shift"), "densMAP only"),
}
_SPECTRAL = {"eigen_solver": Only((None,), "it has Lanczos only"), "eigen_tol": Only(("auto",), "not checked")}
_COPYING = {"copy": "the result does not depend on it"}
_WHITEN = Only((False,), "it scales by the number of rows at hand, not of those fitted")
_CLIP = Only((False,), "it does not clip")

UNSUPERVISED: Mapping[str, Target] = MappingProxyType(
    {
        "KMeans": Target(
            "cuml.cluster.KMeans",
            passed="n_clusters max_iter random_state",
            renamed={"tol": Renamed("tol", None, "times the mean variance of the features, taken in fit")},
            computed={"init n_init": Computed(("init", "n_init"), _starts, "given centres start it once")},
            only={"algorithm": Only(("lloyd",), "it has Lloyd's iterations only")},
            idle={"copy_x": "it never writes to X", "verbose": _QUIET},
            note="an empty cluster keeps its centre",
        ),
        "DBSCAN": Target(
            "cuml.cluster.DBSCAN",
            passed="eps min_samples",
            renamed={
                "algorithm": Renamed("algorithm", {"auto": "brute", "brute": "brute"}, _NO_TREES),
                "metric": Renamed("metric", {name: name for name in ("euclidean", "l2", "cosine")}, "no such metric"),
            },
            only={"metric_params": Only((None,), "it takes none"), "p": Only((None,), "it has no Minkowski metric")},
            idle={"leaf_size": _NO_TREES, "n_jobs": _DEVICE},
            fixed={"max_mbytes_per_batch": Fixed(DBSCAN_BATCH_MB, "bounds the memory, not the result")},
        ),
        "HDBSCAN": Target(
            "cuml.cluster.HDBSCAN",
            passed="cluster_selection_epsilon alpha cluster_selection_method allow_single_cluster",
            renamed={
                "metric": Renamed("metric", {"euclidean": "euclidean", "l2": "l2"}, "it has no such metric"),
                "max_cluster_size": Renamed("max_cluster_size", {None: 0}, "not checked"),
            },
            computed={
                "min_samples min_cluster_size": Computed(
                    ("min_samples", "min_cluster_size"), _core, "it does not count the point itself"
                )
            },
            only={
                "metric_params": Only((None,), "it takes none"),
                "algorithm": Only(("auto", "brute"), _NO_TREES),
                "store_centers": Only((None,), "it computes none"),
            },
            idle={"leaf_size": _NO_TREES, "n_jobs": _DEVICE, **_COPYING},
        ),
        "AgglomerativeClustering": Target(
            "cuml.cluster.AgglomerativeClustering",
            passed="n_clusters",
            renamed={
                "linkage": Renamed("linkage", {"single": "single"}, "it has single linkage only"),
                "metric": Renamed(
                    "metric",
                    {name: name for name in ("euclidean", "l2", "l1", "manhattan", "cityblock", "cosine")},
                    "it has no such metric",
                ),
            },
            only={
                "connectivity": Only((None,), "it builds its own graph"),
                "distance_threshold": Only((None,), "it cuts by number only"),
                "compute_distances": Only((False,), "it keeps none"),
                "memory": Only((None,), "it keeps nothing on disk"),
            },
            idle={"compute_full_tree": "how much of the tree is built"},
            fixed={"connectivity": Fixed("pairwise", "its knn graph would be another problem")},
        ),
        "SpectralClustering": Target(
            "cuml.cluster.SpectralClustering",
            passed="n_clusters n_components n_neighbors n_init random_state",
            renamed={"affinity": Renamed("affinity", {"nearest_neighbors": "nearest_neighbors"}, "no kernels")},
            only={"assign_labels": Only(("kmeans",), "by k-means only"), **_SPECTRAL},
            idle=dict.fromkeys(("gamma", "degree", "coef0", "kernel_params"), "kernels only")
            | {"n_jobs": _DEVICE, "verbose": _QUIET},
        ),
        "IsolationForest": Target(
            "cuml.ensemble.IsolationForest",
            passed="n_estimators max_samples contamination max_features bootstrap random_state",
            only={"warm_start": Only((False,), "it always starts afresh")},
            idle={"n_jobs": _DEVICE, "verbose": _QUIET},
        ),
        "PCA": Target(
            "cuml.decomposition.PCA",
            renamed={
                "svd_solver": Renamed(
                    "svd_solver",
                    {"auto": "full", "covariance_eigh": "full"},
                    "it has the eigenvectors of the covariance only",
                )
            },
            computed={"n_components": Computed(("n_components",), _components, "a number")},
            only={"whiten": _WHITEN},
            idle=dict.fromkeys(("tol", "iterated_power", *_RANDOMISED), _EXACT) | _COPYING,
            note="eigenvectors of the covariance",
        ),
        "IncrementalPCA": Target(
            "cuml.decomposition.IncrementalPCA",
            passed="batch_size",
            computed={"n_components": Computed(("n_components",), _components, "a number")},
            only={"whiten": _WHITEN},
            idle=_COPYING,
        ),
        "TruncatedSVD": Target(
            "cuml.decomposition.TruncatedSVD",
            computed={
                "n_components": Computed(("n_components",), _components, "a number"),
                "algorithm": Computed(("algorithm",), _exact_svd, "exact where the problem leaves it open"),
            },
            idle=dict.fromkeys(("tol", "n_iter", *_RANDOMISED), _EXACT),
            note="eigenvectors of XᵀX: exact, where stock's randomised solver is not",
        ),
        "TSNE": Target(
            "cuml.manifold.TSNE",
            passed="max_iter min_grad_norm angle random_state",
            renamed={
                "init": Renamed("init", {"pca": "pca", "random": "random"}, "it takes no given start"),
                "metric": Renamed(
                    "metric", {name: name for name in ("euclidean", "manhattan", "cosine")}, "it has no such metric"
                ),
            },
            computed={
                "method": Computed(("method",), _gradient, "by FFT where the problem leaves it open"),
                "perplexity": Computed(("perplexity", "n_neighbors"), _tsne_neighbors, "three times the perplexity"),
                "learning_rate": Computed(("learning_rate_method",), _rate, "adaptive for auto"),
            },
            only={
                "n_components": Only((2,), "two dimensions only"),
                "early_exaggeration": Only((12.0,), "its adaptive schedule sets it"),
                "metric_params": Only((None,), "it takes none"),
                "n_iter_without_progress": Only((300,), "it never gives up early"),
            },
            idle={"n_jobs": _DEVICE, "verbose": _QUIET},
            note="a schedule of its own: rate n/3, exaggeration 24 above 10,000 rows",
        ),
        "SpectralEmbedding": Target(
            "cuml.manifold.SpectralEmbedding",
            passed="n_components n_neighbors random_state",
            renamed={"affinity": Renamed("affinity", {"nearest_neighbors": "nearest_neighbors"}, "no kernels")},
            only=_SPECTRAL,
            idle={"gamma": "kernels only", "n_jobs": _DEVICE},
        ),
        "NearestNeighbors": replace(
            NEIGHBORS, estimator="cuml.neighbors.NearestNeighbors", passed=f"{NEIGHBORS.passed} radius"
        ),
        "GaussianRandomProjection": Target(
            "cuml.random_projection.GaussianRandomProjection",
            passed="n_components eps random_state",
            only={"compute_inverse_components": Only((False,), "it computes none")},
        ),
        "StandardScaler": Target("cuml.preprocessing.StandardScaler", passed="copy with_mean with_std"),
        "MinMaxScaler": Target("cuml.preprocessing.MinMaxScaler", passed="feature_range copy", only={"clip": _CLIP}),
        "MaxAbsScaler": Target("cuml.preprocessing.MaxAbsScaler", passed="copy", only={"clip": _CLIP}),
        "PolynomialFeatures": Target(
            "cuml.preprocessing.PolynomialFeatures",
            passed="degree interaction_only include_bias",
            only={"order": Only(("C",), "it writes rows")},
            fixed={"order": Fixed("C", "as scikit-learn's default")},
        ),
        "OneHotEncoder": Target(
            "cuml.preprocessing.OneHotEncoder",
            passed="sparse_output dtype",
            renamed={
                "categories": Renamed("categories", {"auto": "auto"}, "not checked"),
                "drop": Renamed("drop", {None: None, "first": "first"}, "it has no such choice"),
                "handle_unknown": Renamed(
                    "handle_unknown", {"error": "error", "ignore": "ignore"}, "it has no infrequent categories"
                ),
            },
            only={
                "min_frequency": Only((None,), "it has no infrequent categories"),
                "max_categories": Only((None,), "it has no infrequent categories"),
            },
            idle={"feature_name_combiner": "names only"},
        ),
        "TargetEncoder": Target(
            "cuml.preprocessing.TargetEncoder",
            computed={"smooth": Computed(("smooth",), _smooth, "a number of rows")},
            only={
                "categories": Only(("auto",), "it finds them in the data"),
                "target_type": Only(("auto",), "it takes it from the target"),
            },
            idle=dict.fromkeys(("cv", "shuffle", "random_state"), "folds are for fit_transform, not for new rows"),
            fixed={
                "multi_feature_mode": Fixed("independent", "its default encodes all columns as one"),
                "stat": Fixed("mean", "as scikit-learn's"),
            },
        ),
        "KernelDensity": Target(
            "cuml.neighbors.KernelDensity",
            passed="kernel metric metric_params",
            computed={"bandwidth": Computed(("bandwidth",), _bandwidth, "a number")},
            only={"algorithm": Only(("auto",), "it sums over all rows, without a tree")},
            idle=dict.fromkeys(("atol", "rtol", "breadth_first", "leaf_size"), "it is exact"),
            note="exact: the sum over all rows",
        ),
        "UMAP": Target(
            "cuml.manifold.UMAP",
            passed=(
                "n_neighbors n_components metric metric_kwds n_epochs learning_rate min_dist spread "
                "set_op_mix_ratio local_connectivity repulsion_strength negative_sample_rate transform_queue_size "
                "a b random_state target_n_neighbors target_weight target_metric"
            ),
            renamed={"init": Renamed("init", {"spectral": "spectral", "random": "random"}, "it has no such start")},
            only={
                "output_metric": Only(("euclidean",), "it embeds in Euclidean space only"),
                "unique": Only((False,), "it keeps copies of rows"),
                "densmap": Only((False,), "it has no densMAP"),
                "output_dens": Only((False,), "it has no densMAP"),
                "disconnection_distance": Only((None,), "it cuts no edges"),
                "transform_mode": Only(("embedding",), "it gives the embedding only"),
                "precomputed_knn": Only(((None, None, None),), "not checked"),
            },
            idle=_UMAP_IDLE,
        ),
        "LedoitWolf": Target("cuml.covariance.LedoitWolf", passed="store_precision assume_centered block_size"),
        "EmpiricalCovariance": Target("cuml.covariance.EmpiricalCovariance", passed="store_precision assume_centered"),
    }
)
