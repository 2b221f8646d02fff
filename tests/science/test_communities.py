import numpy as np
import pytest
from plain_learner import PlainLearner, PlainModel
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from tabular_checks import Case, assert_rounded, assert_same_bytes

from suite.datasets.source import ArgumentError, Request
from suite.workloads.entry import DataSpec, Size
from suite.workloads.science.communities.data import make
from suite.workloads.science.communities.embedding import directions, leading, pivots
from suite.workloads.science.communities.entry import WORKLOADS
from suite.workloads.science.communities.network import degree_profile, matrix_of, modularity, planted
from suite.workloads.science.communities.source import SOURCES
from suite.workloads.science.communities.workflow import BLOCKS, by_degree, group, links

F64 = np.dtype(np.float64)


class KMeansLearner(PlainLearner):
    """Takes initial centres as an array."""

    def fit(self, X, y=None, *, role="model", **params):
        self.fits[role] = self.fits.get(role, 0) + 1
        return PlainModel(KMeans(**{**self.workload.params, **params}).fit(X))


LEARNER = KMeansLearner(WORKLOADS[0])


def network(n=3000, mixing=0.3, seed=0, **changed):
    return planted(np.random.default_rng(seed), n, mixing, **changed)


def found_in(n, mixing, seed=0):
    one = network(n, mixing, seed)
    return adjusted_rand_score(one.truth, group(leading(one.adjacency, 12)[1], LEARNER, F64))


# The network against what is known of the model.


def test_adjacency_is_that_of_a_simple_graph():
    adjacency = network().adjacency
    assert (adjacency != adjacency.T).nnz == 0
    assert not adjacency.diagonal().any()
    assert np.unique(adjacency.data).tolist() == [1.0]
    assert adjacency.has_canonical_format


def test_degrees_are_as_the_propensities():
    one = network(50_000)
    degree = np.diff(one.adjacency.indptr)
    assert degree.mean() == pytest.approx(16.0, rel=0.02)
    expected = 16.0 * one.propensity / one.propensity.mean()
    for low, high in ((1.0, 1.1), (1.5, 2.0), (3.0, 5.0)):
        among = (one.propensity >= low) & (one.propensity < high)
        assert degree[among].mean() == pytest.approx(expected[among].mean(), rel=0.03)
    few = (one.propensity >= 1.0) & (one.propensity < 1.05)
    assert degree[few].var() == pytest.approx(degree[few].mean(), rel=0.1)  # as Poisson's


@pytest.mark.parametrize("mixing", [0.0, 0.3, 0.7])
def test_mixing_is_the_share_of_links_that_leave(mixing):
    one = network(20_000, mixing)
    rows = np.repeat(one.truth, np.diff(one.adjacency.indptr))
    assert np.mean(rows != one.truth[one.adjacency.indices]) == pytest.approx(mixing, abs=0.01)
    assert modularity(one.adjacency, one.truth) == pytest.approx(1.0 - mixing - 1.0 / 12.0, abs=0.01)


def test_links_that_leave_go_to_all_communities_alike():
    one = network(20_000, 0.5)
    counts = np.zeros((12, 12))
    np.add.at(counts, (np.repeat(one.truth, np.diff(one.adjacency.indptr)), one.truth[one.adjacency.indices]), 1)
    away = counts[~np.eye(12, dtype=bool)]
    assert away.std() / away.mean() < 0.12
    assert away.mean() == pytest.approx(counts.diagonal().mean() / 11.0, rel=0.05)


@pytest.mark.parametrize("mixing", [0.2, 0.4])
def test_eigenvalues_are_those_of_the_model(mixing):
    k, degree = 4, 60.0
    adjacency = network(6000, mixing, communities=k, degree=degree).adjacency
    values = leading(adjacency, k + 1, regularisation=0.0)[0][::-1]
    signal = 1.0 - mixing * k / (k - 1.0)
    assert values[0] == pytest.approx(1.0, abs=1e-6)
    # Noise of spectral radius 2 / sqrt(degree) or less moves them to signal + 1 / (degree signal).
    np.testing.assert_allclose(values[1:k], signal + 1.0 / (degree * signal), atol=0.03)
    assert values[k] < 2.0 / np.sqrt(degree)


def test_eigenvectors_solve_the_eigenvalue_problem():
    adjacency = network(1000).adjacency.astype(np.float64)
    values, vectors = leading(adjacency, 12)
    degree = adjacency.sum(axis=1)
    scale = 1.0 / np.sqrt(degree + degree.mean())
    dense = scale[:, None] * adjacency.toarray() * scale
    np.testing.assert_allclose(values, np.linalg.eigvalsh(dense)[-12:], atol=1e-6)
    np.testing.assert_allclose(dense @ vectors, vectors * values, atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(directions(vectors), axis=1), 1.0)


def test_nothing_is_found_where_nothing_is_left():
    assert found_in(2000, 1.0 - 1.0 / 12.0) == pytest.approx(0.0, abs=0.01)
    assert found_in(2000, 0.1) > 0.99
    scores = [found_in(2000, mixing) for mixing in (0.3, 0.5, 0.7)]
    assert scores == sorted(scores, reverse=True)


def test_pivots_start_in_different_communities():
    one = network(2000, 0.2)
    assert len(np.unique(one.truth[pivots(leading(one.adjacency, 12)[1])])) == 12


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_one_start_is_as_good_as_the_best_of_ten(seed):
    vectors = leading(network(2000, 0.5, seed).adjacency, 12)[1]
    points = directions(vectors)
    one = KMeans(12, init=points[pivots(vectors)], n_init=1, tol=1e-6).fit(points).inertia_
    assert one < 1.002 * KMeans(12, n_init=10, random_state=seed).fit(points).inertia_


def test_degree_profile():
    star = np.zeros((5, 5))
    star[0, 1:4] = star[1:4, 0] = 1.0
    star[1, 2] = star[2, 1] = 1.0
    rows, columns = np.nonzero(star)
    profile = np.expm1(degree_profile(matrix_of(np.r_[0, np.cumsum(np.bincount(rows, minlength=5))], columns)))
    np.testing.assert_allclose(profile[0], [3, 1, 2, 5 / 3, np.std([2, 2, 1])])
    np.testing.assert_allclose(profile[3], [1, 3, 3, 3, 0], atol=1e-12)
    np.testing.assert_allclose(profile[4], 0.0)


def test_density_of_links_by_block():
    one = network(2400, 0.0)
    density = links(one.adjacency, one.truth)
    assert density.mean() == pytest.approx(1.0)
    assert np.trace(density) / density.sum() > 3.0 / BLOCKS
    near = np.abs(np.subtract.outer(np.arange(BLOCKS), np.arange(BLOCKS))) < 7
    assert density[~near].max() < 0.2
    assert links(one.adjacency, np.zeros(2400, np.int64))[~near].mean() == pytest.approx(1.0, abs=0.2)


# The data.


def request(dtype="float64", order="C", seed=0, n_train=1500, mixing=0.3):
    return Request(
        n_train=n_train, n_test=0, n_features=5, args={"mixing": mixing}, dtype=dtype, order=order, seed=seed
    )


def test_same_request_same_bytes_and_float32_is_rounded():
    first = dict(make(request()))
    assert_same_bytes(first, dict(make(request())))
    single = dict(make(request(dtype="float32", order="F")))
    assert_rounded(single, first)
    assert single["X_train"].flags.f_contiguous
    assert not np.array_equal(dict(make(request(seed=1)))["truth"], first["truth"])


def test_truth_is_not_in_the_order_or_the_features():
    arrays = dict(make(request(n_train=6000)))
    assert abs(np.corrcoef(np.arange(6000), arrays["truth"])[0, 1]) < 0.05
    names = np.unique(arrays["truth"])
    means = np.stack([arrays["X_train"][arrays["truth"] == name].mean(axis=0) for name in names])
    assert (means.std(axis=0) < 0.35 * arrays["X_train"].std(axis=0)).all()


def test_the_other_network_is_another_one_and_mixed_more():
    arrays = dict(make(request(n_train=6000)))
    assert not np.array_equal(arrays["truth"], arrays["truth_far"])
    shares = []
    for suffix in ("", "_far"):
        truth, indptr, indices = (arrays[f"{name}{suffix}"] for name in ("truth", "indptr", "indices"))
        shares.append(np.mean(np.repeat(truth, np.diff(indptr)) != truth[indices]))
    assert shares == pytest.approx([0.3, 0.4], abs=0.015)


def test_impossible_requests_are_refused():
    with pytest.raises(ArgumentError, match="mixing"):
        SOURCES[0].resolve(DataSpec(source="communities", n_train=10, n_features=5, args={"mixing": 0.95}))
    with pytest.raises(ValueError, match="5 features"):
        next(make(Request(n_train=10, n_test=5, n_features=5, args={"mixing": 0.3}, dtype="float64", order="C",
                          seed=0)))  # fmt: skip


# The workflow.


class NetworkCase(Case):
    def run(self, seed=0, **changed):
        return self.workflow.run({**self.data, **changed}, KMeansLearner(self.workload, seed))


@pytest.fixture(scope="module", params=["easy", "hard"])
def case(request, tmp_path_factory):
    return NetworkCase("communities", request.param, tmp_path_factory.mktemp("cache"), dtype="float32")


def test_quality_at_s(case):
    low, high = {"communities-easy": (0.98, 1.0), "communities-hard": (0.80, 0.90)}[case.workload.name]
    assert low < case.judge(case.results)["communities_ari"] < high
    base = by_degree(case.data["X_train"], KMeansLearner(case.workload))
    assert case.judge({**case.results, "communities": base})["communities_ari"] < 0.1


def test_metric_takes_any_names_and_falls_when_shuffled_or_mixed(case):
    found = case.judge(case.results)["communities_ari"]
    labels = case.results["communities"]
    assert case.judge({**case.results, "communities": (labels + 5) % 12})["communities_ari"] == pytest.approx(found)
    shuffled = np.random.default_rng(0).permutation(labels)
    assert case.judge({**case.results, "communities": shuffled})["communities_ari"] == pytest.approx(0.0, abs=0.02)
    merged = np.where(labels == 3, 4, labels)
    assert (
        case.judge({**case.results, "communities": merged})["communities_ari"] < found - case.workload.quality.tolerance
    )


def test_metric_falls_where_most_links_are_lost(case):
    rows = np.repeat(np.arange(2000), np.diff(case.data["indptr"]))
    columns = np.asarray(case.data["indices"])
    kept = (rows + columns) % 5 < 2
    thin = case.run(
        indptr=np.r_[0, np.cumsum(np.bincount(rows[kept], minlength=2000))].astype(np.int32), indices=columns[kept]
    )
    found = case.judge(case.results)["communities_ari"]
    assert case.judge(thin)["communities_ari"] < found - case.workload.quality.tolerance


def test_findings(case):
    found = case.workflow.examine(case.data, KMeansLearner(case.workload), case.results)
    figures = {figure.name: figure.value for figure in found.figures}
    ari = case.judge(case.results)["communities_ari"]
    assert figures["error_in"] == pytest.approx(1.0 - ari)
    assert figures["error_out"] > figures["error_in"]
    assert figures["gain"] == pytest.approx(ari - figures["baseline"])
    assert figures["gain"] > 0.7
    assert figures["other_precision"] == pytest.approx(ari, abs=0.002)
    assert figures["with_a_tenth"] < 0.5 * ari
    assert figures["modularity"] == pytest.approx(figures["modularity_planted"], abs=0.01)
    curve = next(curve for curve in found.series if curve.name == "detectability")
    assert curve.y[0] > 0.95
    assert curve.y[-1] < 0.01
    assert [picture.columns for picture in found.pictures] == [BLOCKS] * 3


def test_entries():
    for workload in WORKLOADS:
        assert [workload.data[size].n_train for size in Size] == [2_000, 20_000, 200_000, 2_000_000]
        assert not workload.stochastic
