"""Metrics of clusters, maps, neighbours, densities and preprocessing, against independent definitions."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from sklearn.covariance import LedoitWolf
from sklearn.manifold import TSNE
from sklearn.manifold._t_sne import _joint_probabilities_nn
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity, NearestNeighbors
from sklearn.preprocessing import StandardScaler

from suite.datasets import prepare
from suite.quality import DivergedError, GarbageError, judge
from suite.quality.metrics import METRICS
from suite.workloads.entry import DataSpec, Quality, Size, Workload

TALL = DataSpec(source="blobs", n_train=300, n_test=60, n_features=4, args={"n_clusters": 3})
ODD = DataSpec(source="heavy_tails", n_train=400, n_test=200, n_features=4, args={"outliers": 0.1})


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def value(cache):
    def of(metric, kept, algorithm="", spec=TALL, output="", **params):
        data = prepare(spec, dtype="float64", order="C", seed=0, cache=cache)
        quality = Quality(metric=metric, direction=METRICS[metric].direction, tolerance=0, origin="")
        work = Workload(
            name=metric, algorithm=algorithm, task=METRICS[metric].tasks[0], about="", data={Size.S: spec},
            quality=quality, params=params, output=output,
        )  # fmt: skip
        return judge(work, data, kept)[0]

    return of


@pytest.fixture
def made(cache):
    def of(spec=TALL):
        data = prepare(spec, dtype="float64", order="C", seed=0, cache=cache)
        return {name: np.load(path) for name, path in data.paths.items()}

    return of


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_likelihood_is_the_mixtures_own(value, made, kind):
    X = made()["X_train"]
    model = GaussianMixture(3, covariance_type=kind, random_state=0).fit(X)
    kept = {name: getattr(model, name) for name in ("weights_", "means_", "covariances_")}
    params = {"n_components": 3, "covariance_type": kind}
    assert value("log_likelihood", kept, **params) == pytest.approx(model.score(X), rel=1e-9)
    output = model.predict(made()["X_test"])
    assert value("component_accuracy", {**kept, "output": output}, **params) == 1
    assert value("component_accuracy", {**kept, "output": np.where(np.arange(60) < 15, 7, output)}, **params) == 0.75
    with pytest.raises(GarbageError, match="shares"):
        value("log_likelihood", {**kept, "weights_": 2 * model.weights_}, **params)
    with pytest.raises(GarbageError, match="positive definite"):
        value("log_likelihood", {**kept, "covariances_": -model.covariances_}, **params)


def test_recall_counts_true_neighbours_once_and_only_with_their_distance(value, made):
    arrays = made()
    found = np.array(NearestNeighbors(n_neighbors=5).fit(arrays["X_train"]).kneighbors(arrays["X_test"]))
    params = {"output": "kneighbors", "n_neighbors": 5}
    assert value("recall", {"output": found}, **params) == 1
    lazy, twice, lying = found.copy(), found.copy(), found.copy()
    lazy[1, :, -1] = -1
    twice[:, :, -1] = twice[:, :, 0]
    lying[0, :, -1] *= 2
    for broken in (lazy, twice, lying):
        assert value("recall", {"output": broken}, **params) == pytest.approx(0.8)
    for index in (300, 0.5):
        wrong = found.copy()
        wrong[1, 0, 0] = index
        with pytest.raises(GarbageError, match="no rows of the training data"):
            value("recall", {"output": wrong}, **params)


def test_outliers_are_ranked_by_low_scores(value, made):
    arrays = made(ODD)
    far = -np.linalg.norm(arrays["X_test"], axis=1)
    assert value("outlier_auc", {"output": far}, spec=ODD, output="score_samples") > 0.9
    assert value("outlier_auc", {"output": -far}, spec=ODD, output="score_samples") < 0.1
    factor = np.where(arrays["truth"] == -1, -9.0, -1.0)
    assert value("outlier_factor_auc", {"negative_outlier_factor_": factor}, spec=ODD) == 1


def test_densities_and_covariances_are_compared_with_the_right_ones(value, made):
    arrays = made()
    told = KernelDensity(bandwidth=0.7).fit(arrays["X_train"]).score_samples(arrays["X_test"])
    assert value("log_density_error", {"output": told}, bandwidth=0.7) == pytest.approx(0, abs=1e-9)
    assert value("log_density_error", {"output": told + 0.5}, bandwidth=0.7) == pytest.approx(0.5)
    wide = DataSpec(source="blobs", n_train=600, n_test=20, n_features=128)
    near, far = made(wide)["X_train"], made(wide)["X_test"]
    exact = logsumexp(-cdist(far, near, "sqeuclidean") / 2, axis=1) - np.log(600) - 64 * np.log(2 * np.pi)
    assert value("log_density_error", {"output": exact}, spec=wide) == pytest.approx(0, abs=1e-9)
    plain = np.cov(arrays["X_train"].T, bias=True)
    shrunk = LedoitWolf().fit(arrays["X_train"]).covariance_
    assert value("covariance_error", {"covariance_": plain}) == pytest.approx(0, abs=1e-12)
    assert value("covariance_error", {"covariance_": shrunk}, "LedoitWolf") == pytest.approx(0, abs=1e-12)
    assert value("covariance_error", {"covariance_": 1.1 * plain}) == pytest.approx(0.1)


def test_divergence_follows_t_snes_own_up_to_a_constant(value, made):
    """Of maps by any means: scikit-learn's joint probabilities against Student's t between all pairs."""
    X = made()["X_train"]
    graph = NearestNeighbors(n_neighbors=61).fit(X).kneighbors_graph(mode="distance")
    graph.sort_indices()
    graph.data **= 2
    P = _joint_probabilities_nn(graph, 20.0, 0).toarray()
    maps = [TSNE(perplexity=20, max_iter=steps, random_state=0).fit_transform(X).astype(float) for steps in (250, 500)]
    theirs = []
    for Y in maps:
        Q = 1 / (1 + ((Y[:, None] - Y) ** 2).sum(axis=2))
        np.fill_diagonal(Q, 0)
        theirs.append(-(P[P > 0] * np.log(Q[P > 0] / Q.sum())).sum())
    ours = [value("kl_divergence", {"embedding_": Y}, perplexity=20.0) for Y in maps]
    assert ours[0] - ours[1] == pytest.approx(theirs[0] - theirs[1], rel=1e-3)
    near = [value("trustworthiness", {"embedding_": one}) for one in (maps[1], maps[1][::-1])]
    assert near[0] > 0.9 > near[1]


def test_energy_is_that_of_the_singular_values(value, made):
    arrays = made()
    components = np.linalg.svd(arrays["X_train"], full_matrices=False)[2][:2]
    output = arrays["X_test"] @ components.T
    lost = ((arrays["X_test"] - output @ components) ** 2).sum() / (arrays["X_test"] ** 2).sum()
    kept = {"output": output, "components_": components}
    assert value("energy_lost", kept, n_components=2) == pytest.approx(lost)


def test_preprocessing_has_one_right_answer(value, made):
    arrays = made()
    output = StandardScaler().fit(arrays["X_train"]).transform(arrays["X_test"])
    assert value("transform_error", {"output": output}, "StandardScaler") == pytest.approx(0, abs=1e-12)
    output[:, 2] *= 1.01
    assert value("transform_error", {"output": output}, "StandardScaler") == pytest.approx(0.01, rel=1e-6)
    with pytest.raises(GarbageError, match="output has the shape"):
        value("transform_error", {"output": output[:, :2]}, "StandardScaler")
    output[0, 0] = np.nan
    with pytest.raises(DivergedError, match="output"):
        value("transform_error", {"output": output}, "StandardScaler")
