"""About how much memory a case needs: its data, the copies engines make of them, what its algorithm is known to build.

Rough on purpose, and told as estimates: they name cases that cannot fit before anybody waits for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import comb
from types import MappingProxyType
from typing import Any

from suite.datasets import ITEM_BYTES, expected_bytes, source_of
from suite.errors import UsageError
from suite.units import format_bytes
from suite.workloads.entry import DataSpec, Workload

#: An interpreter with an engine imported.
WORKER_BYTES = 150 * 2**20
#: The data as mapped, and the copy that most engines make of them.
COPIES = 2
#: A node of a decision tree, without its value for each class.
NODE_BYTES = 64
DOUBLE = 8
#: What engines on devices do in batches of bounded memory, and hosts at once.
BATCHED_ON_DEVICES = frozenset({"DBSCAN"})


@dataclass(frozen=True, slots=True)
class Problem:
    """What of a case its memory depends on: rows (training, held out), features, bytes of a number, parameters.

    `args` are those of the data. Engines on devices may solve by another way than stock (`on_device`).
    """

    rows: int
    held_out: int
    features: int
    item_bytes: int
    params: Mapping[str, Any]
    args: Mapping[str, Any]
    on_device: bool = False

    @property
    def bytes(self) -> int:
        """Return the bytes of a copy of the training rows."""
        return self.rows * self.features * self.item_bytes

    @property
    def classes(self) -> int:
        """Return how many classes there are, two where the data do not say."""
        return max(2, int(self.args.get("n_classes", 2)))

    def number(self, name: str, default: float) -> float:
        """Return a parameter that is a number, or else the default."""
        value = self.params.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default


@dataclass(frozen=True, slots=True)
class Needs:
    """Estimated bytes of a worker on the host and on a device, and the largest thing beside the data in words."""

    host_bytes: int
    device_bytes: int
    largest: str = ""

    def lacking(self, host_bytes: int, device_bytes: int | None) -> str:
        """Say why a case cannot fit; empty if it may. `device_bytes` is None on the host, or where it is not known."""
        beside = f" ({self.largest} included)" if self.largest else ""
        if self.host_bytes > host_bytes:
            here = f"a worker may use {format_bytes(host_bytes)} here (--memory)"
            return f"needs about {format_bytes(self.host_bytes)}{beside}; {here}"
        if device_bytes is not None and self.device_bytes > device_bytes:
            return f"needs about {format_bytes(self.device_bytes)}{beside}; the GPU has {format_bytes(device_bytes)}"
        return ""


def needs(workload: Workload, spec: DataSpec, dtype: str, *, on_device: bool) -> Needs:
    """Return what one worker needs for a workload on these data; nothing is known where the data do not say."""
    try:
        source = source_of(spec.source)
        rows, features = source.shape(spec, source.resolve(spec))
        data = expected_bytes(spec, dtype)
    except UsageError:
        return Needs(0, 0)
    problem = Problem(
        rows=spec.n_train or rows - spec.n_test,
        held_out=spec.n_test or rows,
        features=features,
        item_bytes=ITEM_BYTES[dtype],
        params=workload.params,
        args=spec.args,
        on_device=on_device,
    )
    batched = on_device and workload.algorithm in BATCHED_ON_DEVICES
    extra, what = _nothing(problem) if batched else _of(workload.algorithm, problem)
    largest = what if extra > data else ""
    if on_device:
        return Needs(WORKER_BYTES + data, round(COPIES * data + extra), largest)
    return Needs(round(WORKER_BYTES + COPIES * data + extra), 0, largest)


Extra = tuple[float, str]


def _nothing(_: Problem) -> Extra:
    return 0.0, ""


def _of(algorithm: str, problem: Problem) -> Extra:
    return _EXTRA.get(algorithm, _nothing)(problem)


def _square(count: float, name: str, item_bytes: int = 0) -> Callable[[Problem], Extra]:
    """Return the estimate for `count` matrices of rows × rows; of float64 unless `item_bytes` says otherwise."""

    def extra(problem: Problem) -> Extra:
        return count * problem.rows**2 * (item_bytes or DOUBLE), f"{name} of {problem.rows:,} × {problem.rows:,}"

    return extra


def _spectral(problem: Problem) -> Extra:
    sparse = problem.params.get("affinity", "rbf") != "rbf"
    return _nothing(problem) if sparse else _square(3, "an affinity matrix")(problem)


def _tsne(problem: Problem) -> Extra:
    if problem.params.get("method") == "exact":
        return _square(3, "an affinity matrix")(problem)
    return problem.rows * 3 * problem.number("perplexity", 30.0) * 2 * 12, "the neighbours' affinities"


def _agglomerative(problem: Problem) -> Extra:
    """Estimate the condensed distances and the copy in which clusters are merged; single linkage needs neither."""
    if problem.params.get("linkage") == "single":
        return 100.0 * problem.rows, "the tree of merges"
    return _square(1, "a distance matrix")(problem)


def _dbscan(problem: Problem) -> Extra:
    """Estimate the neighbourhoods of all rows, which stock keeps: a quarter of a cluster each, if the data say one.

    It is more where eps takes in more of a normal cluster of unit deviation: the squared distance of two of its rows,
    halved, is distributed as chi squared with as many degrees of freedom as features.

    From 16 features on they are found by brute force, in vectors that grow by doubling and are then copied.
    """
    clusters = int(problem.args.get("n_clusters", 0))
    neighbours = 10 * problem.number("min_samples", 5)
    if clusters:
        within = 0.0
        if "separation" in problem.args:
            from scipy.special import chdtr

            within = float(chdtr(problem.features, problem.number("eps", 0.5) ** 2 / 2))
        neighbours = problem.rows / clusters * max(0.25, within)
    entry = DOUBLE if problem.features < 16 else 3 * DOUBLE
    return problem.rows * (300 + neighbours * entry), "the neighbourhoods of all rows"


def _hdbscan(problem: Problem) -> Extra:
    neighbours = problem.number("min_samples", problem.number("min_cluster_size", 5))
    return problem.rows * (300 + neighbours * 4 * DOUBLE), "the neighbours found and the tree of merges"


def _outlier_factor(problem: Problem) -> Extra:
    return problem.rows * problem.number("n_neighbors", 20) * 4 * DOUBLE, "the neighbours found"


def _umap(problem: Problem) -> Extra:
    return problem.rows * problem.number("n_neighbors", 15) * 150, "the graph of neighbours"


def _one_hot(problem: Problem) -> Extra:
    """Estimate the codes with their mask and, if it is asked for, the dense output, where the data say how wide."""
    codes = problem.features * 3.0 * DOUBLE
    sizes = [int(size) for size in str(problem.args.get("cardinalities", "0")).split(",")]
    columns = sum(sizes[index % len(sizes)] for index in range(problem.features))
    dense = not problem.params.get("sparse_output", True)
    return problem.held_out * (codes + dense * columns * problem.item_bytes), f"{columns:,} columns of zeros and ones"


def _pipeline(problem: Problem) -> Extra:
    """Estimate what each step builds and, from the second on, the rows that it hands on: the first's are a copy."""
    built: list[Extra] = []
    for index, part in enumerate(problem.params.get("steps", ())):
        step = replace(problem, params=part.get("params", {}))
        built.append(_of(part["algorithm"], step))
        problem = replace(problem, features=int(step.number("n_components", problem.features)))
        if index:
            handed_on = (problem.rows + problem.held_out) * problem.features * problem.item_bytes
            built.append((float(handed_on), "what its steps hand on"))
    return sum(extra for extra, _ in built), max(built, default=(0.0, ""))[1]


def _search(problem: Problem) -> Extra:
    """Estimate the folds, which are copies, and what is searched."""
    part = problem.params["estimator"]
    extra, what = _of(part["algorithm"], replace(problem, params=part.get("params", {})))
    return extra + problem.bytes, what


def _kernel_cache(problem: Problem) -> Extra:
    cache = problem.number("cache_size", 1000.0) * 2**20
    return min(cache, 4.0 * problem.rows**2), "a cache of kernel rows"


def _forest(leaves_share: float) -> Callable[[Problem], Extra]:
    """Return the estimate for trees with so many leaves for each row, where depth does not end them earlier."""

    def extra(problem: Problem) -> Extra:
        leaves = leaves_share * problem.rows / max(1.0, problem.number("min_samples_leaf", 1))
        depth = problem.number("max_depth", 0)
        nodes = 2 * (min(leaves, 2.0**depth) if 0 < depth < 60 else leaves)
        size = NODE_BYTES + DOUBLE * problem.classes
        return problem.number("n_estimators", 100) * nodes * size, "the nodes of the trees"

    return extra


def _histogram(problem: Problem) -> Extra:
    return problem.rows * (problem.features + 3.0 * DOUBLE), "the binned data"


def _neighbours(problem: Problem) -> Extra:
    return problem.held_out * problem.number("n_neighbors", 5) * 2 * 2 * DOUBLE, "the neighbours found"


def _polynomial(problem: Problem) -> Extra:
    degree = int(problem.number("degree", 2))
    columns = comb(problem.features + degree, degree)
    return float((problem.rows + problem.held_out) * columns * problem.item_bytes), f"{columns:,} columns of products"


def _covariance(problem: Problem) -> Extra:
    return 3.0 * problem.features**2 * DOUBLE, f"a matrix of {problem.features:,} × {problem.features:,}"


def _least_squares(copies: float) -> Callable[[Problem], Extra]:
    """Return the estimate for solvers of the smaller of rows² and features², which make so many copies more.

    Devices solve the normal equations, which are of features².
    """

    def extra(problem: Problem) -> Extra:
        if problem.on_device:
            return _covariance(problem)
        side = min(problem.rows, problem.features)
        return 3.0 * side**2 * DOUBLE + copies * problem.bytes, f"a matrix of {side:,} × {side:,}"

    return extra


def _pca(problem: Problem) -> Extra:
    if problem.params.get("svd_solver") == "full":
        return float(problem.bytes), "the left singular vectors"
    return _covariance(problem)


def _scores(problem: Problem) -> Extra:
    columns = problem.classes if problem.classes > 2 else 1
    return 3.0 * problem.rows * columns * DOUBLE, "a score for every row and class"


def _responsibilities(problem: Problem) -> Extra:
    return 3 * problem.rows * problem.number("n_components", 1) * DOUBLE, "the responsibilities"


#: Algorithm -> bytes beside the data and their copies, where they are known from how it works.
_EXTRA: Mapping[str, Callable[[Problem], Extra]] = MappingProxyType(
    {
        "GaussianProcessRegressor": _square(3, "a kernel matrix"),
        "GaussianProcessClassifier": _square(4, "a kernel matrix"),
        "KernelRidge": _square(2, "a kernel matrix"),
        "KernelPCA": _square(3, "a kernel matrix"),
        "SpectralClustering": _spectral,
        "AgglomerativeClustering": _agglomerative,
        "DBSCAN": _dbscan,
        "HDBSCAN": _hdbscan,
        "LocalOutlierFactor": _outlier_factor,
        "UMAP": _umap,
        "Isomap": _square(2, "a distance matrix"),
        "TSNE": _tsne,
        **dict.fromkeys(("SVC", "NuSVC", "SVR", "NuSVR"), _kernel_cache),
        # Classes end a branch long before its rows do: 0.07 leaves a row were counted on our classification data, 0.63
        # on regression data, which is the share of different rows in a bootstrap sample.
        **dict.fromkeys(("RandomForestClassifier", "ExtraTreesClassifier"), _forest(0.1)),
        "RandomForestRegressor": _forest(0.63),
        "ExtraTreesRegressor": _forest(1.0),
        **dict.fromkeys(("HistGradientBoostingClassifier", "HistGradientBoostingRegressor"), _histogram),
        **dict.fromkeys(("NearestNeighbors", "KNeighborsClassifier", "KNeighborsRegressor"), _neighbours),
        "PolynomialFeatures": _polynomial,
        "OneHotEncoder": _one_hot,
        **dict.fromkeys(("EmpiricalCovariance", "LedoitWolf"), _covariance),
        "Ridge": _least_squares(0),
        "LinearRegression": _least_squares(1),  # LAPACK overwrites one
        "LinearDiscriminantAnalysis": _least_squares(4),  # centred, scaled, and its two factors
        "PCA": _pca,
        "LogisticRegression": _scores,
        "GaussianMixture": _responsibilities,
        "Pipeline": _pipeline,
        "GridSearchCV": _search,
    }
)
