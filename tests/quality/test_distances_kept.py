"""What projections and kernels' components keep of rows and of the distances between them."""

import numpy as np
import pytest
from sklearn.decomposition import FastICA, KernelPCA
from sklearn.kernel_approximation import Nystroem
from sklearn.random_projection import GaussianRandomProjection

from suite.datasets import prepare
from suite.quality import GarbageError, judge
from suite.quality.metrics import METRICS
from suite.workloads.entry import DataSpec, Quality, Size, Workload

#: Wide enough to be projected.
WIDE = DataSpec(source="low_rank", n_train=300, n_test=120, n_features=60, args={"rank": 8})


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return prepare(WIDE, dtype="float64", order="C", seed=0, cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture
def rows(data):
    return [np.load(data.paths[name]) for name in ("X_train", "X_test")]


@pytest.fixture
def value(data):
    def of(metric, kept, algorithm, **params):
        quality = Quality(metric=metric, direction=METRICS[metric].direction, tolerance=0, origin="")
        work = Workload(
            name=metric, algorithm=algorithm, task=METRICS[metric].tasks[0], about="", data={Size.S: WIDE},
            quality=quality, params=params,
        )  # fmt: skip
        return judge(work, data, kept)[0]

    return of


def squared_distances(rows):
    return ((rows[:, None] - rows) ** 2).sum(axis=2)


@pytest.mark.parametrize(
    ("metric", "model"),
    [
        ("energy_lost", GaussianRandomProjection(20, random_state=0)),
        ("reconstruction_error", FastICA(8, random_state=0, max_iter=1000)),
    ],
)
def test_what_components_that_lead_one_way_lose_is_a_share(metric, model, value, rows):
    X, X_test = rows
    model.fit(X)
    mean = getattr(model, "mean_", np.zeros(60))
    kept = {"output": model.transform(X_test), "components_": model.components_, "mean_": mean}
    lost = X_test - model.inverse_transform(kept["output"])
    whole = X_test - (X_test.mean(axis=0) if metric == "reconstruction_error" else 0)
    name, n_components = type(model).__name__, model.n_components
    told = value(metric, kept, name, n_components=n_components)
    assert told == pytest.approx((lost**2).sum() / (whole**2).sum())
    assert 0 < told < 1
    assert told < value(metric, {**kept, "output": kept["output"][::-1]}, name, n_components=n_components)


@pytest.mark.filterwarnings("ignore:The number of components is higher")
def test_random_projections_keep_distances_the_better_the_more_there_are(value, rows):
    X, X_test = rows
    name, right, told = "GaussianRandomProjection", squared_distances(X_test), []
    for n_components in (5, 20, 400):
        output = GaussianRandomProjection(n_components, random_state=0).fit(X).transform(X_test)
        told.append(value("distance_error", {"output": output}, name, n_components=n_components))
        error = squared_distances(output) - right
        assert told[-1] == pytest.approx(np.sqrt((error**2).mean() / (right**2).mean()))
    assert told[0] > told[1] > told[2]
    assert told[2] < 0.2
    assert value("distance_error", {"output": X_test[:, ::-1]}, name) == pytest.approx(0, abs=1e-9)
    assert value("distance_error", {"output": np.zeros((120, 3))}, name) == 1
    with pytest.raises(GarbageError, match="3 components instead of 5"):
        value("distance_error", {"output": np.zeros((120, 3))}, name, n_components=5)


@pytest.mark.parametrize(
    ("model", "params"),
    [
        (KernelPCA, {"kernel": "rbf", "gamma": 0.02}),
        (KernelPCA, {"kernel": "rbf"}),
        (KernelPCA, {"kernel": "poly", "degree": 2}),
        (KernelPCA, {}),
        (Nystroem, {}),
        (Nystroem, {"kernel": "poly", "degree": 2, "coef0": 1.0, "gamma": 0.1}),
    ],
)
def test_distances_in_the_space_of_a_kernel_are_kept_with_enough_components(model, params, value, rows):
    X_test, name, told = rows[1], model.__name__, []
    for n_components in (1, 5, 120):
        both = {**params, "n_components": n_components}
        output = model(**both, random_state=0).fit(X_test).transform(X_test)
        told.append(value("distance_error", {"output": output}, name, **both))
    assert 1 > told[0] > told[1] > told[2]
    assert told[2] < 1e-3
    mistaken = {**params, "kernel": "sigmoid" if "kernel" not in params else "cosine", "n_components": 120}
    assert value("distance_error", {"output": output}, name, **mistaken) > 0.2
    with pytest.raises(GarbageError, match="not precomputed"):
        value("distance_error", {"output": output}, name, kernel="precomputed")
