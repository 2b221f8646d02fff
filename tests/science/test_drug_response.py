from importlib.util import find_spec

import numpy as np
import pytest
from tabular_checks import Case, assert_rounded, assert_same_bytes, entry_of

from suite.datasets import ArgumentError, source_of
from suite.workloads.entry import DataSpec
from suite.workloads.science.drug_response import generator
from suite.workloads.science.drug_response.hill import Prior, area, fit_log_ic50, viability
from suite.workloads.science.drug_response.means import drug_means
from suite.workloads.science.drug_response.workflow import Encoding, products

HAS_REAL = find_spec("gdsctools") is not None
KINDS = [
    {"data": "generated"},
    pytest.param({"accept_terms": True, "data": "real"}, marks=pytest.mark.skipif(not HAS_REAL, reason="no package")),
]
LOG_DOSES = np.log(generator.DOSES)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module", params=["forest", "ridge"])
def case(request, cache):
    return Case("drug_response", request.param, cache, data="generated")


def test_hill_curve():
    slope, log_ic50 = np.array([0.7, 1.0, 2.0]), np.array([-1.0, 0.0, 2.0])
    at_ic50 = np.diag(viability(log_ic50, log_ic50, slope))
    np.testing.assert_allclose(at_ic50, 0.5)
    tenfold = viability(np.log([10.0]), np.zeros(1), np.ones(1))
    assert tenfold[0, 0] == pytest.approx(1 / 11)
    assert (np.diff(viability(np.sort(LOG_DOSES), log_ic50, slope), axis=1) < 0).all()


def test_area_is_that_of_the_integral():
    """On a fine grid of log doses the sum is the integral, [ln(1 + e^(h (x - low))) - ln(1 + e^(h (x - high)))] / h."""
    grid, x, h = np.linspace(-6, 4, 20_001), np.array([-2.0, 0.5, 3.0]), np.array([0.8, 1.0, 1.5])
    exact = (np.log1p(np.exp(h * (x + 6))) - np.log1p(np.exp(h * (x - 4)))) / (h * 10)
    np.testing.assert_allclose(area(grid, x, h), exact, atol=1e-4)


def test_fit_finds_the_ic50_of_curves_without_noise():
    random = np.random.default_rng(0)
    true, slope = random.uniform(LOG_DOSES.min(), LOG_DOSES.max(), 500), random.uniform(0.7, 1.6, 500)
    fitted = fit_log_ic50(viability(LOG_DOSES, true, slope), LOG_DOSES, slope, 1e-3, Prior(0.0, 100.0))
    np.testing.assert_allclose(fitted, true, atol=1e-5)


def test_fit_scatters_as_its_curvature_says_and_falls_back_on_the_prior():
    random = np.random.default_rng(1)
    true, slope, noise = np.full(4_000, 0.3), np.ones(4_000), 0.05
    curve = viability(LOG_DOSES, true, slope)
    fitted = fit_log_ic50(
        curve + noise * random.standard_normal(curve.shape), LOG_DOSES, slope, noise, Prior(0.0, 50.0)
    )
    expected = noise / np.sqrt(((curve[0] * (1 - curve[0])) ** 2).sum())
    assert fitted.std() == pytest.approx(expected, rel=0.05)
    assert fitted.mean() == pytest.approx(0.3, abs=0.02)
    nothing = fit_log_ic50(np.full((1, 9), 0.5), LOG_DOSES, np.ones(1), 1e3, Prior(1.5, 0.5))
    assert nothing[0] == pytest.approx(1.5, abs=1e-3)


def test_drug_means_are_drawn_to_the_mean_of_all():
    drugs, y = np.array([0] * 1_000 + [1]), np.array([1.0] * 1_000 + [100.0])
    means = drug_means(drugs, y, 3)
    assert means[0] == pytest.approx(1.0, abs=0.01)
    assert means[1] == pytest.approx((100 + 5 * y.mean()) / 6)
    assert means[2] == pytest.approx(y.mean())


def test_products_are_all_pairs_with_one():
    drugs, lines = np.array([[9.0, 9.0, 2.0, 3.0, 5.0]]), np.array([[7.0, 11.0]])
    found = products(Encoding(means=np.zeros(1), drugs=drugs, lines=lines), np.zeros((1, 2)))
    np.testing.assert_array_equal(found[0], np.outer([1, 2, 3, 5], [1, 7, 11]).ravel())


@pytest.mark.parametrize("args", KINDS)
def test_data(args, tmp_path):
    sizes = {"n_train": 3_000, "n_test": 800, **args}
    double = Case("drug_response", "ridge", tmp_path / "a", **sizes).bare()
    assert_same_bytes(double, Case("drug_response", "ridge", tmp_path / "b", **sizes).bare())
    assert_rounded(Case("drug_response", "ridge", tmp_path / "a", dtype="float32", **sizes).bare(), double)
    lines = {part: set(double[f"X_{part}"][:, 0]) for part in ("train", "test", "far")}
    assert not lines["train"] & lines["test"]
    tissue = {part: set(double["line_tissue"][[*map(int, members)]]) for part, members in lines.items()}
    assert len(tissue["far"]) == 1
    assert not tissue["far"] & (tissue["train"] | tissue["test"])
    pairs = np.vstack([double[f"X_{part}"] for part in ("train", "test", "far")])
    assert len(np.unique(pairs, axis=0)) == len(pairs) == 4_000
    assert set(np.unique(double["line_features"][:, :100])) == {0.0, 1.0}


def test_generated_responses_are_mostly_the_drugs_own(case):
    y, true = case.data["y_test"], case.data["true_test"]
    baseline = case.figures["baseline"]
    assert 0.6 < baseline < 0.8
    assert 0.05 < np.std(y - true) < 0.6


def test_quality_and_what_spoils_it(case):
    found = case.judge(case.results)
    assert 0.03 < found["drug_response_gain"] < 0.12
    shuffled = {name: np.random.default_rng(0).permutation(case.results[name]) for name in ("output", "far", "area")}
    spoilt = case.judge({**case.results, **shuffled})
    assert spoilt["drug_response_gain"] < -0.5
    assert spoilt["drug_response_area_error"] > 2 * found["drug_response_area_error"]
    few = np.random.default_rng(0).choice(len(case.data["X_train"]), 1_500, replace=False)
    tenth = case.judge(case.run(X_train=case.data["X_train"][few], y_train=case.data["y_train"][few]))
    assert tenth["drug_response_gain"] < found["drug_response_gain"] - 0.03
    assert tenth["drug_response_area_error"] > found["drug_response_area_error"] + 0.005


def test_held_out_responses_are_not_used(case):
    """Encodings and predictions are the same whatever the held-out lines' responses are."""
    other = case.run(y_test=np.zeros_like(case.data["y_test"]), true_test=np.zeros_like(case.data["true_test"]))
    np.testing.assert_array_equal(case.results["output"], other["output"])


def test_the_drug_mean_alone_gains_nothing(case):
    train, test = case.data["X_train"].astype(int), case.data["X_test"].astype(int)
    means = drug_means(train[:, 1], case.data["y_train"], len(case.data["drug_target"]))
    output = means[test[:, 1]]
    curve = area(np.log(case.data["doses"]), output, case.data["slope"][test[:, 1]])
    assert case.judge({**case.results, "output": output, "area": curve})["drug_response_gain"] == pytest.approx(
        0, abs=1e-12
    )


def test_findings(case):
    figures = case.figures
    assert figures["gain"] == pytest.approx(case.judge(case.results)["drug_response_gain"])
    assert ("calibration_own" in figures) == case.workload.name.endswith("forest")
    assert 0.4 < figures.get("calibration_own", 0.9) <= 1
    assert figures["error_out"] > figures["error_in"]
    assert figures["with_a_tenth"] < figures["gain"]
    assert 0.2 < figures["within_drug"] < 0.8
    assert 0 < figures["error_of_measurement"] < 0.05
    assert [one.name for one in case.found.series] == ["learning_curve", "within_drug"]


def test_real_data_are_taken_only_on_their_terms():
    source, spec = source_of("drug_response"), entry_of("drug_response", "forest").data
    small = next(iter(spec.values()))
    assert source.resolve(small)["data"] == "generated"
    asked = DataSpec(**{name: getattr(small, name) for name in ("source", "n_train", "n_test", "n_features")})
    with pytest.raises(ArgumentError, match="accept_terms = true"):
        source.resolve(DataSpec(**{**_fields(asked), "args": {"data": "real"}}))
    accepted = DataSpec(**{**_fields(asked), "args": {"accept_terms": True}})
    assert source.resolve(accepted)["data"] == ("real" if HAS_REAL else "generated")


def _fields(spec):
    return {name: getattr(spec, name) for name in ("source", "n_train", "n_test", "n_features")}


@pytest.mark.skipif(not HAS_REAL, reason="package absent")
def test_real_quality(cache):
    case = Case("drug_response", "ridge", cache, accept_terms=True, data="real")
    assert 0 < case.judge(case.results)["drug_response_gain"] < 0.06
