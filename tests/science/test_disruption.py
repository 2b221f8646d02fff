import numpy as np
import pytest
from plain_learner import PlainLearner
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from suite.datasets import prepare
from suite.datasets.arrays import open_array
from suite.datasets.source import Request
from suite.quality.evidence import Evidence
from suite.workloads.entry import DataSpec, Size
from suite.workloads.science.disruption import discharges
from suite.workloads.science.disruption.data import HORIZON_S, make
from suite.workloads.science.disruption.discharges import FAR, HOME, SLICE_S, SLICES, simulate
from suite.workloads.science.disruption.entry import WORKLOADS
from suite.workloads.science.disruption.features import LATE, WINDOW, alarms, threshold, window_features
from suite.workloads.science.disruption.island import Island, advance, locking_width, saturated_width
from suite.workloads.science.disruption.metrics import METRICS
from suite.workloads.science.disruption.workflow import WORKFLOWS, warning_times

BY_NAME = {workload.name: workload for workload in WORKLOADS}
WORKFLOW = WORKFLOWS["disruption"]
NATURAL = 2.0 * np.pi * 2000.0


def island(**changed):
    tau_w, tau_v, lock = 0.004, 0.1, 0.12
    return Island(
        tau_r=1.0, tau_w=tau_w, tau_v=tau_v, delta_prime=-3.0, delta_wall=0.96, bootstrap=0.8, loss=0.6, w_d=0.06,
        natural=NATURAL, wall_drag=NATURAL**2 * tau_w / (4.0 * tau_v * lock**4), error_drag=1.0,
    ).at(**changed)  # fmt: skip


def follow(model, w, omega, dt, steps):
    w, omega = np.atleast_1d(np.float64(w)), np.atleast_1d(np.float64(omega))
    for _ in range(steps):
        w, omega = advance(model, w, omega, dt)
    return w, omega


# The island against what is known of it.


def test_jacobian_is_that_of_the_rates():
    model = island(error_drag=1e5)
    w, omega = np.array([0.03, 0.1, 0.2]), np.array([9000.0, 3000.0, 300.0])
    w_w, w_omega, omega_w, omega_omega = model.jacobian(w, omega)
    by_w = [(b - a) / 2e-6 for a, b in zip(model.rates(w - 1e-6, omega), model.rates(w + 1e-6, omega), strict=True)]
    by_omega = [(b - a) / 2e-2 for a, b in zip(model.rates(w, omega - 1e-2), model.rates(w, omega + 1e-2), strict=True)]
    np.testing.assert_allclose([w_w, omega_w], by_w, rtol=1e-4)
    np.testing.assert_allclose([w_omega, omega_omega], by_omega, rtol=1e-4)


def test_locked_island_saturates_at_the_root_of_the_steady_equation():
    model = island()
    root = saturated_width(model)
    w, _ = follow(model.at(natural=0.0), 0.05, 0.0, 2e-3, 4_000)
    assert w[0] == pytest.approx(float(root), rel=1e-6)

    def steady(w):
        return -3.0 + 0.8 * (1.0 - 0.6 * w) * w / (w**2 + 0.06**2)

    assert float(root) == pytest.approx(brentq(steady, 0.06, 1.0), rel=1e-9)


def test_island_without_bootstrap_decays_as_rutherford_says():
    w, _ = follow(island(bootstrap=0.0, natural=0.0, wall_drag=0.0), 0.5, 0.0, 1e-3, 100)
    assert w[0] == pytest.approx(0.5 - 3.0 * 0.1)  # linear in time


def test_seed_grows_only_above_the_smaller_root():
    model = island(bootstrap=0.45, natural=0.0, loss=0.0)
    threshold_width = (0.45 - np.sqrt(0.45**2 - 4 * 9.0 * 0.06**2)) / 6.0
    w, _ = follow(model, [0.95 * threshold_width, 1.05 * threshold_width], [0.0, 0.0], 1e-3, 100)
    assert w[0] < 0.95 * threshold_width
    assert w[1] > 1.05 * threshold_width
    assert np.isnan(saturated_width(island(bootstrap=0.2, loss=0.0)))


def test_mode_locks_at_half_its_natural_frequency():
    model = island(tau_r=1e12)  # a width that is held
    expected = float(locking_width(model.natural, model.wall_drag, model.tau_w, model.tau_v))
    widths = expected * np.linspace(0.95, 1.05, 201)
    _, omega = follow(model, widths, np.full(201, NATURAL), 2e-3, 6_000)
    fast = omega > 0.1 * NATURAL
    assert fast[0]
    assert not fast[-1]
    last = np.flatnonzero(fast)[-1]
    assert (np.diff(fast.astype(int)) <= 0).all()
    assert widths[last] == pytest.approx(expected, rel=0.005)
    assert omega[last] / NATURAL == pytest.approx(0.5, abs=0.03)


def test_error_field_drag_is_the_average_over_a_turn():
    """Against the equation of the phase: dΩ/dt = (Ω_0 - Ω) / tau_v - A sin φ, dφ/dt = Ω."""
    tau_v, natural, strength = 0.05, 600.0, 7200.0

    def turn(_, y):
        return np.sin(0.5 * y[1])  # rises once every two turns, falls once

    turning = solve_ivp(
        lambda _, y: [(natural - y[0]) / tau_v - strength * np.sin(y[1]), y[0]],
        (0.0, 1.0), [natural, 0.0], events=turn, rtol=1e-10, atol=1e-10,
    )  # fmt: skip
    turns = turning.t_events[0][-51:]
    mean = 2.0 * np.pi * 50 / (turns[-1] - turns[0])
    model = island(tau_v=tau_v, natural=natural, wall_drag=0.0, error_drag=strength / 0.01, tau_r=1e12)
    _, omega = follow(model, 0.1, natural, 1e-3, 2000)
    assert natural - omega[0] == pytest.approx(natural - mean, rel=0.08)
    assert natural - mean == pytest.approx(strength**2 / (2.0 * natural**3), rel=0.08)


def test_integrator_is_of_second_order():
    model = island(error_drag=2e4)
    exact = solve_ivp(
        lambda _, y: np.ravel(model.rates(y[:1], y[1:])), (0.0, 0.1), [0.1, NATURAL], method="Radau",
        rtol=1e-11, atol=1e-12,
    ).y[:, -1]  # fmt: skip
    errors = []
    for steps in (200, 400, 800):
        w, omega = follow(model, 0.1, NATURAL, 0.1 / steps, steps)
        errors.append([abs(w[0] - exact[0]), abs(omega[0] - exact[1])])
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert (np.abs(orders - 2.0) < 0.2).all()


def test_steps_of_the_simulation_are_fine_enough(monkeypatch):
    coarse = simulate(250, HOME, (0, 0))
    monkeypatch.setattr(discharges, "STEPS", 40)
    fine = simulate(250, HOME, (0, 0))
    np.testing.assert_array_equal(coarse.disrupts, fine.disrupts)
    assert np.quantile(np.abs(coarse.width - fine.width).max(axis=1), 0.95) < 5e-4
    assert coarse.omega.min() >= 0.0


# The data.


def request(dtype="float64", seed=0, order="C", n_train=1_500, n_test=1_000):
    return Request(
        n_train=n_train, n_test=n_test, n_features=8, args={"init_centers": 0}, dtype=dtype, order=order, seed=seed
    )


def test_same_request_same_bytes_and_float32_is_rounded():
    first, again = dict(make(request())), dict(make(request()))
    for name, array in first.items():
        assert array.tobytes() == again[name].tobytes()
    single = dict(make(request("float32", order="F")))
    for part in ("train", "test", "far"):
        np.testing.assert_array_equal(single[f"X_{part}"], first[f"X_{part}"].astype(np.float32))
        assert single[f"X_{part}"].flags.f_contiguous
    assert dict(make(request(seed=1)))["X_train"].tobytes() != first["X_train"].tobytes()


def test_more_discharges_begin_with_the_same_ones():
    few, many = simulate(10, HOME, (0, 0)), simulate(300, HOME, (0, 0))
    np.testing.assert_array_equal(few.signals, many.signals[:10])


def test_no_discharge_is_on_two_sides():
    arrays = dict(make(request()))
    shots = [set(arrays[f"shot_{part}"].tolist()) for part in ("train", "test", "far")]
    assert [len(some) for some in shots] == [30, 20, 20]
    assert len(set.union(*shots)) == 70
    rows = np.concatenate([arrays[f"X_{part}"] for part in ("train", "test", "far")])
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_labels_follow_from_how_the_discharge_ends():
    arrays = dict(make(request(n_train=12_500)))
    by_shot = arrays["y_train"].reshape(-1, SLICES)
    left = np.arange(SLICES, 0, -1) * SLICE_S
    for disrupts, labels in zip(arrays["disrupts_train"], by_shot, strict=True):
        np.testing.assert_array_equal(labels, (left <= HORIZON_S) & bool(disrupts))
    assert 0.15 < arrays["disrupts_train"].mean() < 0.4


def test_disruptions_follow_locking_and_the_other_regime_has_more():
    home, far = simulate(250, HOME, (0, 0)), simulate(250, FAR, (0, 0))
    final = home.omega[home.disrupts, -1] / (2.0 * np.pi)
    assert np.median(final) < 5.0
    assert np.median(home.width[home.disrupts, -1]) > 0.15
    assert np.median(home.width[~home.disrupts, -1]) < 0.05
    assert far.disrupts.mean() > home.disrupts.mean() + 0.2


@pytest.mark.parametrize("rows", [(1_025, 1_000), (1_000, 25)])
def test_parts_of_discharges_are_refused(rows):
    with pytest.raises(ValueError, match="multiples"):
        next(make(request(n_train=rows[0], n_test=rows[1])))


# Features and alarms.


def test_features_are_those_of_the_window():
    X = np.random.default_rng(0).normal(5.0, 1.0, (2 * SLICES, 3))
    features = window_features(X)
    for at in (SLICES + WINDOW - 1, SLICES + 30):
        window = X[at - WINDOW + 1 : at + 1]
        slope = np.polyfit(np.arange(WINDOW), window, 1)[0]
        expected = np.concatenate([X[at], window.mean(axis=0), slope, window.std(axis=0)])
        np.testing.assert_allclose(features[at], expected, rtol=1e-9, atol=1e-12)


def test_features_do_not_look_ahead_nor_into_another_discharge():
    X = np.random.default_rng(0).normal(size=(3 * SLICES, 2))
    changed = X.copy()
    changed[75:] += 1.0
    before, after = window_features(X), window_features(changed)
    np.testing.assert_array_equal(before[:75], after[:75])
    changed = X.copy()
    changed[:SLICES] += 1.0
    np.testing.assert_array_equal(window_features(changed)[SLICES:], before[SLICES:])


def test_alarm_needs_to_stand_and_to_come_in_time():
    risk = np.zeros((4, SLICES))
    risk[0, 20] = 1.0  # a single slice
    risk[1, 20:22] = 0.8
    risk[2, SLICES - LATE :] = 1.0  # too late
    risk[3, : SLICES - LATE] = 0.6
    np.testing.assert_array_equal(alarms(risk.ravel()), [0.0, 0.8, 0.0, 0.6])


def test_warning_time_counts_from_the_alarm():
    risk = np.zeros((12, SLICES))
    risk[0, 30:] = 1.0
    risk[1, SLICES - LATE :] = 1.0
    times = warning_times(risk.ravel(), np.array([1, 1] + [0] * 10))
    assert times == pytest.approx([(SLICES - 31) * SLICE_S, 0.0])


# The workflow.


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    spec = DataSpec(source="disruption", n_train=10_000, n_test=10_000, n_features=8)
    dataset = prepare(spec, dtype="float64", order="C", seed=0, cache=tmp_path_factory.mktemp("cache"))
    return dataset, {name: open_array(dataset.paths, name) for name in dataset.paths}


@pytest.fixture(scope="module")
def ran(small):
    workload = BY_NAME["disruption-logistic"]
    return WORKFLOW.run(small[1], PlainLearner(workload))


def judged(dataset, products):
    return METRICS["disruption_auc"].judge(
        Evidence(BY_NAME["disruption-logistic"], dataset, products), "disruption_auc"
    )


def test_quality_at_s(small, ran):
    found = judged(small[0], ran)
    data = small[1]
    assert 0.92 < found < 0.99
    for channel in ("n1_locked", "n1_rms"):
        assert found > judged(small[0], {"alarm": threshold(data["X_test"], channel)}) + 0.015


def test_metric_falls_when_alarms_are_shuffled(small, ran):
    shuffled = np.random.default_rng(0).permutation(ran["alarm"])
    assert judged(small[0], {"alarm": shuffled}) < judged(small[0], ran) - 0.2


def test_metric_falls_with_a_tenth_of_the_discharges(small, ran):
    data = dict(small[1])
    rows = slice(0, 20 * SLICES)
    data["X_train"], data["y_train"] = data["X_train"][rows], data["y_train"][rows]
    fewer = WORKFLOW.run(data, PlainLearner(BY_NAME["disruption-logistic"]))
    tolerance = BY_NAME["disruption-logistic"].quality.tolerance
    assert judged(small[0], fewer) < judged(small[0], ran) - tolerance


def test_forest_tells_disruptions_too(small):
    workload = BY_NAME["disruption-forest"]
    learner = PlainLearner(workload)
    assert judged(small[0], WORKFLOW.run(small[1], learner)) > 0.92
    assert learner.fits == {"model": 1}


def test_findings(small, ran):
    found = WORKFLOW.examine(small[1], PlainLearner(BY_NAME["disruption-logistic"]), ran)
    values = {figure.name: figure.value for figure in found.figures}
    assert values["error_in"] == pytest.approx(1.0 - judged(small[0], ran))
    assert values["error_out"] > values["error_in"]
    assert values["gain"] == pytest.approx(1.0 - values["error_in"] - values["baseline"])
    assert values["gain"] > 0.015
    assert values["baseline"] == max(values["baseline_locked"], values["baseline_rms"])
    assert values["with_a_tenth"] < 1.0 - values["error_in"]
    assert values["other_precision"] == pytest.approx(1.0 - values["error_in"], abs=0.002)
    assert 0.05 < values["warning_time"] < 0.5
    assert {curve.name for curve in found.series} == {"roc", "announced", "calibration"}


def test_entries():
    for workload in WORKLOADS:
        assert set(workload.data) == set(Size)
        assert all(spec.n_train % SLICES == 0 for spec in workload.data.values())
