from dataclasses import replace

import numpy as np
import pytest
from plain_learner import PlainLearner
from scipy import stats
from tabular_checks import Case, assert_rounded, assert_same_bytes, rows_of

from suite.datasets.source import Request
from suite.workloads.entry import Size
from suite.workloads.science.collider import data as events_data
from suite.workloads.science.collider.data import make
from suite.workloads.science.collider.entry import WORKLOADS
from suite.workloads.science.collider.events import (
    CALIBRATED,
    HEAVY,
    LIGHT,
    MISCALIBRATED,
    collisions,
    low_level,
    measured,
    signal,
    total_masses,
)
from suite.workloads.science.collider.features import features, masses, pairing
from suite.workloads.science.collider.phase_space import boost, breit_wigner, mass, rambo, two_body, velocity_of
from suite.workloads.science.collider.workflow import rejection
from suite.workloads.science.tabular import standardise

N = 20_000


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def request(dtype="float64", order="C", seed=0, n_train=300, n_test=200):
    return Request(n_train=n_train, n_test=n_test, n_features=15, args={}, dtype=dtype, order=order, seed=seed)


# Phase space against what is known of it.


@pytest.mark.parametrize("bodies", [2, 3, 4, 6])
def test_rambo_conserves_four_momentum_and_is_on_shell(rng, bodies):
    total = rng.uniform(10.0, 1000.0, 1000)
    p = rambo(rng, total, bodies)
    np.testing.assert_allclose(p.sum(axis=1)[:, 0], total, rtol=1e-12)
    assert np.abs(p.sum(axis=1)[:, 1:] / total[:, None]).max() < 1e-10
    np.testing.assert_allclose(p[..., 0], np.linalg.norm(p[..., 1:], axis=-1), rtol=1e-9)


def test_three_bodies_fill_the_dalitz_triangle_evenly(rng):
    p = rambo(rng, np.full(N, 100.0), 3)
    x, y = (mass(p[:, pair].sum(axis=1)) ** 2 / 100.0**2 for pair in ([0, 1], [1, 2]))
    assert stats.kstest(x, stats.beta(1, 2).cdf).pvalue > 0.01  # dN/ds of a pair falls as 1 - s
    assert stats.kstest(y / (1.0 - x), "uniform").pvalue > 0.01
    assert abs(stats.spearmanr(x, y / (1.0 - x)).statistic) < 0.02


def test_four_bodies_have_the_known_spectra(rng):
    p = rambo(rng, np.full(N, 7.0), 4)
    triple = mass(p[:, :3].sum(axis=1)) ** 2 / 49.0
    assert stats.kstest(triple, stats.beta(2, 2).cdf).pvalue > 0.01  # V3(s) (1 - s), V3(s) as s
    energy = 2.0 * p[:, 0, 0] / 7.0
    assert stats.kstest(energy, stats.beta(2, 2).cdf).pvalue > 0.01  # 1 - s of the other three
    assert stats.kstest(p[:, 2, 3] / p[:, 2, 0], stats.uniform(-1, 2).cdf).pvalue > 0.01  # isotropic


def test_boost_is_a_lorentz_transformation(rng):
    p, q = rambo(rng, np.full(500, 90.0), 2).transpose(1, 0, 2)
    velocity = rng.uniform(-0.55, 0.55, (500, 3))
    moved = boost(p, velocity)

    def product(a, b):
        return a[:, 0] * b[:, 0] - (a[:, 1:] * b[:, 1:]).sum(axis=1)

    np.testing.assert_allclose(product(moved, boost(q, velocity)), product(p, q), rtol=1e-9)
    np.testing.assert_allclose(boost(moved, -velocity), p, atol=1e-9)
    at_rest = np.tile([5.0, 0.0, 0.0, 0.0], (500, 1))
    np.testing.assert_allclose(velocity_of(boost(at_rest, velocity)), velocity, atol=1e-12)


def test_two_body_decay_has_the_known_momentum(rng):
    parent = boost(np.tile([300.0, 0.0, 0.0, 0.0], (500, 1)), rng.uniform(-0.5, 0.5, (500, 3)))
    first, second = two_body(rng, parent, 125.0, 91.2)
    np.testing.assert_allclose(first + second, parent, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(mass(first), 125.0, rtol=1e-9)
    np.testing.assert_allclose(mass(second), 91.2, rtol=1e-9)
    at_rest = boost(first, -velocity_of(parent))
    momentum = np.linalg.norm(at_rest[:, 1:], axis=1)
    expected = np.sqrt((300.0**2 - 216.2**2) * (300.0**2 - 33.8**2)) / 600.0
    np.testing.assert_allclose(momentum, expected, rtol=1e-9)


def test_breit_wigner_has_its_peak_and_width(rng):
    found = breit_wigner(rng, 100_000, 91.2, 2.5, 60.0, 120.0)
    assert found.min() >= 60.0
    assert found.max() <= 120.0
    square, scale = found**2, 91.2 * 2.5
    low, median, high = np.quantile(square, [0.25, 0.5, 0.75])
    # A Cauchy distribution cut at these bounds: quartiles are a half-width from the peak, but for what was cut.
    cut = stats.cauchy.cdf(np.array([60.0, 120.0]) ** 2, 91.2**2, scale)
    expected = stats.cauchy.ppf(cut[0] + np.array([0.25, 0.5, 0.75]) * (cut[1] - cut[0]), 91.2**2, scale)
    np.testing.assert_allclose([low, median, high], expected, rtol=0.002)
    counts, edges = np.histogram(found, np.arange(85.0, 97.01, 0.25))
    above = counts > 0.5 * counts.max()
    assert (0.5 * (edges[:-1] + edges[1:]))[above].mean() == pytest.approx(91.2, abs=0.3)
    assert 0.25 * np.count_nonzero(above) == pytest.approx(2.5, abs=0.5)  # full width at half of the peak


# The events.


def test_signal_has_both_resonances_and_the_background_none(rng):
    total = total_masses(rng, N)
    jets = signal(rng, total)
    np.testing.assert_allclose(mass(jets.sum(axis=1)), total, rtol=1e-6)
    for pair, resonance in (([0, 1], HEAVY), ([2, 3], LIGHT)):
        found = mass(jets[:, pair].sum(axis=1))
        assert np.median(found) == pytest.approx(resonance.peak, abs=0.1)
        assert np.ptp(np.quantile(found, [0.25, 0.75])) == pytest.approx(resonance.width, rel=0.1)
    found = mass(rambo(rng, total, 4)[:, :2].sum(axis=1))
    assert np.ptp(np.quantile(found, [0.25, 0.75])) > 100.0


def test_total_mass_says_nothing_of_the_class(rng):
    jets, y = collisions(rng, N)
    total = mass(jets.sum(axis=1))
    assert stats.ks_2samp(total[y == 0], total[y == 1]).pvalue > 0.01
    assert y.mean() == pytest.approx(0.5, abs=0.02)
    rapidity = np.arctanh(velocity_of(jets.sum(axis=1)))[:, 2]
    assert rapidity.std() == pytest.approx(0.6, rel=0.03)


@pytest.mark.parametrize(("detector", "scale"), [(CALIBRATED, 1.0), (MISCALIBRATED, 1.05)])
def test_detector_has_its_scale_and_resolution_and_keeps_directions(rng, detector, scale):
    jets = 100.0 * rambo(rng, np.full(N, 2.0), 2)  # all of 100 GeV
    seen = measured(rng, jets, detector)
    np.testing.assert_allclose(velocity_of(seen), velocity_of(jets), atol=1e-12)
    assert seen[..., 0].mean() == pytest.approx(100.0 * scale, rel=0.003)
    expected = scale * np.sqrt(detector.stochastic**2 * 100.0 + detector.constant**2 * 100.0**2)
    assert seen[..., 0].std() == pytest.approx(expected, rel=0.02)


def test_recorded_columns_give_back_the_masses(rng):
    jets, _ = collisions(rng, 500)
    X = low_level(jets)
    assert (np.diff(X[:, :4], axis=1) <= 0.0).all()
    found = masses(X)
    np.testing.assert_allclose(found[:, -1], mass(jets.sum(axis=1)), rtol=1e-7)
    order = np.argsort(-np.hypot(jets[..., 1], jets[..., 2]), axis=1)
    jets = np.take_along_axis(jets, order[..., None], axis=1)
    np.testing.assert_allclose(found[:, 1], mass(jets[:, [0, 2]].sum(axis=1)), rtol=1e-6, atol=1e-4)
    np.testing.assert_allclose(masses(X.astype(np.float32)), found, rtol=1e-4, atol=0.1)
    np.testing.assert_allclose(X[:, 14], X[:, :4].sum(axis=1))


def test_pairing_is_the_least_chi_square_over_all_ways(rng):
    X = low_level(collisions(rng, 50)[0])
    found = masses(X)
    names = {(0, 1): 0, (0, 2): 1, (0, 3): 2, (1, 2): 3, (1, 3): 4, (2, 3): 5}
    for row in range(50):
        ways = [
            ((found[row, names[a]] / 125.0 - 1) / 0.08) ** 2 + ((found[row, names[b]] / 91.2 - 1) / 0.08) ** 2
            for a in names
            for b in names
            if not set(a) & set(b)
        ]
        assert len(ways) == 6
        assert pairing(X[row : row + 1])[0] == pytest.approx(-min(ways))


# The data.


def test_same_request_same_bytes_and_float32_is_rounded():
    first = dict(make(request()))
    assert_same_bytes(first, dict(make(request())))
    single = dict(make(request(dtype="float32", order="F")))
    assert_rounded(single, first)
    assert single["X_train"].flags.f_contiguous
    assert not np.array_equal(dict(make(request(seed=1)))["y_train"], first["y_train"])


def test_more_rows_begin_with_the_same_ones(monkeypatch):
    monkeypatch.setattr(events_data, "CHUNK", 128)
    few, many = dict(make(request(n_train=200))), dict(make(request(n_train=300)))
    np.testing.assert_array_equal(few["X_train"], many["X_train"][:200])
    assert len(rows_of(many["X_train"])) == 300


def test_no_event_is_in_two_parts():
    parts = [rows_of(array) for name, array in make(request(n_train=3000, n_test=3000)) if name.startswith("X_")]
    assert [len(part) for part in parts] == [3000] * 3
    assert len(set.union(*parts)) == 9000


def test_wrong_number_of_features_is_refused():
    with pytest.raises(ValueError, match="15 features"):
        next(make(replace(request(), n_features=22)))


# The workflow.


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return Case("collider", "forest", tmp_path_factory.mktemp("cache"), dtype="float32", n_train=4000, n_test=6000)


def test_features_are_standardised_and_in_the_dtype_of_the_data(case):
    train, test = standardise(features(case.data["X_train"]), features(case.data["X_test"]))
    assert train.shape == (4000, 22)
    assert train.dtype == test.dtype == np.float32
    np.testing.assert_allclose(train.mean(axis=0), 0.0, atol=1e-4)
    np.testing.assert_allclose(train.std(axis=0), 1.0, atol=1e-4)
    assert features(case.data["X_test"], high_level=False).shape == (6000, 15)


@pytest.mark.parametrize(("variant", "low", "high"), [("forest", 0.955, 0.985), ("logistic", 0.79, 0.84)])
def test_quality_and_the_masses_are_what_it_takes(case, variant, low, high):
    workload = next(w for w in WORKLOADS if w.name == f"collider-{variant}")
    found = case.judge(case.workflow.run(case.data, PlainLearner(workload)))["collider_auc"]
    assert low < found < high
    recorded = (features(case.data[name], high_level=False) for name in ("X_train", "X_test"))
    train, test = standardise(*recorded)
    without = PlainLearner(workload).fit(train, case.data["y_train"]).predict_proba(test)[:, 1]
    assert case.judge({"signal": without})["collider_auc"] < found - 0.15


def test_metric_falls_when_shuffled_or_with_a_tenth_of_the_events(case):
    found = case.judge(case.results)["collider_auc"]
    shuffled = np.random.default_rng(0).permutation(case.results["signal"])
    assert case.judge({"signal": shuffled})["collider_auc"] == pytest.approx(0.5, abs=0.03)
    fewer = case.run(X_train=case.data["X_train"][:400], y_train=case.data["y_train"][:400])
    assert case.judge(fewer)["collider_auc"] < found - case.workload.quality.tolerance


def test_findings(case):
    figures = case.figures
    found = case.judge(case.results)["collider_auc"]
    assert figures["error_in"] == pytest.approx(1.0 - found)
    assert figures["error_out"] > figures["error_in"] + 0.01
    assert 0.96 < figures["baseline"] < 0.99
    assert figures["gain"] == pytest.approx(found - figures["baseline"])
    assert figures["without_masses"] < found - 0.15
    assert figures["with_a_tenth"] < found
    assert figures["other_precision"] == pytest.approx(found, abs=0.003)
    assert figures["rejection"] > 20.0
    rocs = [curve for curve in case.found.series if curve.name == "roc"]
    for curve, area in zip(rocs, [found, figures["baseline"]], strict=True):
        assert np.trapezoid(curve.y, curve.x) == pytest.approx(area, abs=0.005)


def test_rejection_counts_the_background_let_through():
    truth = np.repeat([1, 0], [4, 100])
    signal_like = np.r_[0.9, 0.8, 0.3, 0.2, np.full(5, 0.85), np.full(95, 0.1)]
    assert rejection(truth, signal_like) == pytest.approx(100 / 5)


def test_entries():
    for workload in WORKLOADS:
        assert set(workload.data) == set(Size)
        assert workload.data[Size.S].n_features == 15
