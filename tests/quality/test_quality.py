from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.metrics import adjusted_rand_score
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR

from suite.datasets import prepare
from suite.quality import DivergedError, GarbageError, judge, products
from suite.quality.metrics import METRICS, SCIENCE
from suite.workloads.entry import DataSpec, Direction, Quality, Size, Task, Workload

SOURCES = {
    Task.CLASSIFICATION: DataSpec(
        source="classification", n_train=600, n_test=300, n_features=8, args={"n_classes": 3, "n_informative": 4}
    ),
    Task.REGRESSION: DataSpec(source="regression", n_train=600, n_test=300, n_features=10),
    Task.CLUSTERING: DataSpec(source="blobs", n_train=600, n_test=300, n_features=3, args={"n_clusters": 4}),
    Task.EMBEDDING: DataSpec(source="low_rank", n_train=600, n_test=300, n_features=12, args={"rank": 5}),
}
PARAMS = {Task.CLUSTERING: {"n_clusters": 4}, Task.EMBEDDING: {"n_components": 3}}


#: Metrics of fitted models, and a model at its optimum.
FITTED = {
    "logistic_objective": LogisticRegression(), "logistic_objective_gap": LogisticRegression(tol=1e-10),
    "linear_svc_objective": LinearSVC(), "linear_svc_objective_gap": LinearSVC(), "squared_error_gap": Ridge(),
    "linear_svr_objective": LinearSVR(loss="squared_epsilon_insensitive", dual=False),
    "linear_svr_objective_gap": LinearSVR(loss="squared_epsilon_insensitive", dual=False),
    "poisson_objective": PoissonRegressor(), "poisson_objective_gap": PoissonRegressor(),
    "svc_dual_objective": SVC(), "svc_duality_gap": SVC(), "svr_dual_objective": SVR(),
}  # fmt: skip
FITTED_SOURCES = {
    **dict.fromkeys(
        ["svc_dual_objective", "svc_duality_gap"],
        DataSpec(source="classification", n_train=600, n_test=300, n_features=10),
    ),
    "poisson_objective": DataSpec(source="diabetes"),
    "poisson_objective_gap": DataSpec(source="diabetes"),
}


def workload(metric):
    task = METRICS[metric].tasks[0]
    quality = Quality(metric=metric, direction=METRICS[metric].direction, tolerance=0, origin="")
    return Workload(
        name=metric, algorithm=type(FITTED.get(metric)).__name__, task=task, about="", quality=quality,
        data={Size.S: FITTED_SOURCES.get(metric, SOURCES[task])},
        params=FITTED[metric].get_params() if metric in FITTED else PARAMS.get(task, {}),
    )  # fmt: skip


def value_of(work, data, kept, reference=None):
    (value,) = judge(work, data, kept, reference)
    return value


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def data_of(work, cache, dtype="float64"):
    return prepare(work.data[Size.S], dtype=dtype, order="C", seed=0, cache=cache)


def arrays_of(work, cache):
    return {name: np.load(path) for name, path in data_of(work, cache).paths.items()}


def perfect(work, cache):
    """Return the products of a result that cannot be better (of a clustering: the true one)."""
    made = arrays_of(work, cache)
    if work.name in FITTED:
        model = clone(FITTED[work.name]).fit(made["X_train"], made["y_train"])
        return {name: np.atleast_1d(getattr(model, name)) for name in products(work)}
    match work.task:
        case Task.CLUSTERING:
            centers = [made["X_train"][made["truth"] == label].mean(axis=0) for label in range(4)]
            nearest = ((made["X_test"][:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)
            return {"labels_": made["truth"], "cluster_centers_": np.array(centers), "output": nearest}
        case Task.EMBEDDING:
            mean = made["X_train"].mean(axis=0)
            components = np.linalg.svd(made["X_train"] - mean, full_matrices=False)[2][:3]
            output = (made["X_test"] - mean) @ components.T
            return {"output": output, "components_": components, "mean_": mean}
        case _:
            return {"output": made["y_test"]}


#: Of products that a perfect result is easily made of; the others are tested in test_unsupervised_metrics.py.
PLAIN = [
    name
    for name, metric in METRICS.items()
    if name in FITTED
    or (
        name not in SCIENCE
        and set(metric.tasks) & set(SOURCES)
        and set(metric.products) <= {"output", "labels_", "cluster_centers_", "components_", "mean_"}
    )
]


@pytest.mark.parametrize("metric", PLAIN)
def test_better_results_have_better_values(metric, cache):
    work = workload(metric)
    good = perfect(work, cache)
    rng = np.random.default_rng(0)
    worse = {name: rng.permutation(array) for name, array in good.items()}
    if work.task is Task.CLUSTERING:
        worse["cluster_centers_"] = good["cluster_centers_"] + 1
    best, worst = (value_of(work, data_of(work, cache), kept, good) for kept in (good, worse))
    sign = 1 if METRICS[metric].direction is Direction.HIGHER else -1
    assert sign * best > sign * worst
    assert set(products(work)) <= set(good)


@pytest.mark.parametrize(
    "metric", ["accuracy", "balanced_accuracy", "f1_macro", "r2", "adjusted_rand", "center_accuracy"]
)
def test_a_perfect_result_is_one(metric, cache):
    work = workload(metric)
    assert value_of(work, data_of(work, cache), perfect(work, cache)) == pytest.approx(1)


def test_values_are_those_of_their_definitions(cache):
    made = arrays_of(workload("accuracy"), cache)
    half = made["y_test"].copy()
    half[::2] = (half[::2] + 1) % 3
    assert value_of(workload("accuracy"), data_of(workload("accuracy"), cache), {"output": half}) == 0.5
    work = workload("rmse")
    off = arrays_of(work, cache)["y_test"] + 2
    assert value_of(work, data_of(work, cache), {"output": off}) == pytest.approx(2)
    assert value_of(workload("mae"), data_of(work, cache), {"output": off}) == pytest.approx(2)


def test_inertia_is_computed_from_the_centres(cache):
    work = workload("inertia")
    centers = perfect(work, cache)["cluster_centers_"]
    X = arrays_of(work, cache)["X_train"]
    expected = ((X[:, None, :] - centers) ** 2).sum(axis=2).min(axis=1).mean()
    assert value_of(work, data_of(work, cache), {"cluster_centers_": centers}) == pytest.approx(expected, rel=1e-12)


def test_reconstruction_is_pca_s_lost_variance_and_signs_do_not_matter(cache):
    work = workload("reconstruction_error")
    good = perfect(work, cache)
    flipped = {**good, "output": -good["output"], "components_": -good["components_"]}
    value = value_of(work, data_of(work, cache), good)
    X = arrays_of(work, cache)["X_train"]
    spectrum = np.linalg.svd(X - X.mean(axis=0), compute_uv=False) ** 2
    assert value_of(work, data_of(work, cache), flipped) == pytest.approx(value, rel=1e-12)
    assert value == pytest.approx(spectrum[3:].sum() / spectrum.sum(), rel=0.15)


def test_float32_data_are_judged_in_float64(cache):
    work = workload("r2")
    data = data_of(work, cache, "float32")
    truth = np.load(data.paths["y_test"])
    assert truth.dtype == np.float32
    small = truth + np.float32(1e-3)
    exact = 1 - np.mean((small.astype(float) - truth) ** 2) / truth.astype(float).var()
    assert value_of(work, data, {"output": small}) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("metric", PLAIN)
@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_what_is_not_finite_has_diverged(metric, poison, cache):
    work = workload(metric)
    for name in products(work):
        broken = perfect(work, cache)
        broken[name] = broken[name].astype(float)
        broken[name].flat[0] = poison
        with pytest.raises(DivergedError, match=name):
            value_of(work, data_of(work, cache), broken)


@pytest.mark.parametrize("metric", PLAIN)
def test_a_wrong_length_or_kind_or_nothing_is_garbage(metric, cache):
    work = workload(metric)
    data = data_of(work, cache)
    for name in products(work):
        good = perfect(work, cache)
        for broken in (good[name][:-1], good[name][..., None, None], good[name].astype("U9"), good[name] * 1j):
            with pytest.raises(GarbageError, match=name):
                value_of(work, data, {**good, name: broken})
        with pytest.raises(GarbageError, match=name):
            value_of(work, data, {other: array for other, array in good.items() if other != name})


def test_labels_must_be_classes_of_the_training_data(cache):
    work = workload("accuracy")
    truth = arrays_of(work, cache)["y_test"]
    with pytest.raises(GarbageError, match="2 labels that are no class of the training data, such as -1"):
        value_of(work, data_of(work, cache), {"output": np.where(truth == 0, -1, np.where(truth == 1, 17, truth))})
    with pytest.raises(GarbageError, match="fractions where labels belong"):
        value_of(work, data_of(work, cache), {"output": truth + 0.5})
    assert value_of(work, data_of(work, cache), {"output": truth.astype(np.float32)[:, None]}) == 1


def test_a_single_cluster_is_the_worst_silhouette(cache):
    work = workload("silhouette")
    assert value_of(work, data_of(work, cache), {"labels_": np.zeros(600, dtype=int)}) == -1


def test_clusterings_that_agree_with_the_truth_alike_may_not_agree_with_each_other(cache):
    work = workload("reference_rand")
    data = data_of(work, cache)
    truth = np.load(data.paths["truth"])
    own, theirs = truth.copy(), truth.copy()
    own[:200], theirs[-200:] = (own[:200] + 1) % 4, (theirs[-200:] + 1) % 4
    assert value_of(work, data, {"labels_": own}) == 1  # there is no reference
    found = judge(work, data, {"labels_": own}, {"labels_": theirs})
    assert found == [adjusted_rand_score(theirs, own)]
    assert found[0] < 0.7 < judge(work, data, {"labels_": own}, {"labels_": own + 7})[0] == 1


def test_known_classes_are_the_truth_where_there_is_no_other(cache):
    work = workload("adjusted_rand")
    work = replace(work, data={Size.S: DataSpec(source="iris")})
    data = data_of(work, cache)
    assert value_of(work, data, {"labels_": np.load(data.paths["y_train"])}) == 1
