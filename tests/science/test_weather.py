from types import SimpleNamespace

import numpy as np
import pytest
from plain_learner import PlainLearner

from suite.datasets import ArgumentError, prepare, source_of
from suite.datasets.arrays import names, open_array
from suite.datasets.source import Request
from suite.quality.evidence import Evidence
from suite.workloads.entry import DataSpec
from suite.workloads.science import workflow_of
from suite.workloads.science.weather.assimilation import cost, ensemble_analysis
from suite.workloads.science.weather.climate import INTERVAL, NOISE, WINDOW, advance, plane
from suite.workloads.science.weather.data import make
from suite.workloads.science.weather.entry import WORKLOADS
from suite.workloads.science.weather.full import FullModel, amplitudes
from suite.workloads.science.weather.growth import growth, refine
from suite.workloads.science.weather.metrics import METRICS
from suite.workloads.science.weather.reduced import KernelModel, QuadraticModel, quadratic_features
from suite.workloads.science.weather.turbulence import BetaPlane

ENTRIES = {workload.name.partition("-")[2]: workload for workload in WORKLOADS}
N = 32
SPEC = DataSpec(
    source="weather_turbulence",
    n_train=800,
    n_test=120,
    n_features=N * N,
    args={"trajectories": 4, "cases": 4, "members": 200},
)


def vorticity(seed=0, n=N):
    """A smooth random field, resolved well."""
    flow = BetaPlane(n, 0.05, 0.0, 0.0, 0.0)
    ky, kx = flow.wavenumbers
    noise = flow.spectrum(np.random.default_rng(seed).standard_normal((n, n)))
    return noise * np.exp(-(kx**2 + ky**2) / 12)


def inner(flow, a, b):
    return float((flow.grid(a) * flow.grid(b)).sum())


def request(dtype="float64", seed=0, order="C", **args):
    given = {"trajectories": 3, "cases": 2, "stations": 20, "members": 10, **args}
    return Request(n_train=30, n_test=60, n_features=N * N, args=given, dtype=dtype, order=order, seed=seed)


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    return {dtype: prepare(SPEC, dtype=dtype, order="C", seed=0, cache=cache) for dtype in ("float64", "float32")}


@pytest.fixture(scope="module")
def data(datasets):
    return arrays_of(datasets["float64"])


def arrays_of(dataset):
    return {name: open_array(dataset.paths, name) for name in names(dataset.paths)}


def exact(workload):
    """The workload with the solver of the components that gives the same in every run."""
    pca = {"algorithm": "PCA", "params": {**workload.also["pca"]["params"], "svd_solver": "full"}}
    return SimpleNamespace(algorithm=workload.algorithm, params=workload.params, also={"pca": pca})


@pytest.fixture(scope="module")
def passes(data):
    return {
        variant: workflow_of(workload.workflow).run(data, PlainLearner(exact(workload)))
        for variant, workload in ENTRIES.items()
    }


def judged(dataset, variant, results):
    evidence = Evidence(ENTRIES[variant], dataset, results)
    return {name: metric.judge(evidence, name) for name, metric in METRICS.items()}


# --- the flow


@pytest.mark.parametrize(("kx", "ky"), [(1, 0), (3, 2), (2, -5)])
def test_rossby_waves_have_the_exact_dispersion(kx, ky):
    """One plane wave solves the nonlinear equation: its phase moves by ω = −β kx / k², its amplitude decays."""
    beta, drag, viscosity, steps, dt = 2.0, 0.03, 0.01, 40, 0.1
    flow = BetaPlane(N, dt, beta, drag, viscosity)
    x = 2 * np.pi / N * np.arange(N)
    phase = kx * x[None, :] + ky * x[:, None]
    w = flow.spectrum(np.cos(phase))
    for _ in range(steps):
        w = flow.step(w)
    k2, t = kx**2 + ky**2, steps * dt
    expected = np.exp(-(drag + viscosity * k2) * t) * np.cos(phase + beta * kx / k2 * t)
    np.testing.assert_allclose(flow.grid(w), expected, atol=1e-12)


def test_advection_is_the_jacobian():
    """Of ψ = sin(x) cos(2y) + cos(y): ω = −5 sin(x) cos(2y) − cos(y), and J = ψx ωy − ψy ωx by hand."""
    flow = BetaPlane(N, 0.1, 0.0, 0.0, 0.0)
    x = 2 * np.pi / N * np.arange(N)
    X, Y = x[None, :], x[:, None]
    w = flow.from_streamfunction(np.sin(X) * np.cos(2 * Y) + np.cos(Y))
    psi_x, psi_y = np.cos(X) * np.cos(2 * Y), -2 * np.sin(X) * np.sin(2 * Y) - np.sin(Y)
    w_x, w_y = -5 * np.cos(X) * np.cos(2 * Y), 10 * np.sin(X) * np.sin(2 * Y) + np.sin(Y)
    np.testing.assert_allclose(flow.grid(flow.advection(flow.velocity(w))), psi_y * w_x - psi_x * w_y, atol=1e-11)


def test_advection_conserves_energy_and_enstrophy():
    """Of a field up to the truncation, where aliases would show."""
    flow = BetaPlane(N, 0.1, 0.0, 0.0, 0.0)
    w = flow.spectrum(np.random.default_rng(3).standard_normal((N, N)))
    tendency = flow.advection(flow.velocity(w))
    size = np.sqrt(inner(flow, tendency, tendency))
    assert abs(inner(flow, flow.inverse_laplacian * w, tendency)) < 1e-11 * size * N
    assert abs(inner(flow, w, tendency)) < 1e-11 * size * N
    assert size > 1


def test_inviscid_flow_keeps_energy_and_enstrophy():
    flow = BetaPlane(N, 0.01, 0.5, 0.0, 0.0)
    w = start = vorticity()
    for _ in range(100):
        w = flow.step(w)
    energies = [inner(flow, flow.inverse_laplacian * state, state) for state in (start, w)]
    assert energies[1] == pytest.approx(energies[0], rel=1e-8)
    assert inner(flow, w, w) == pytest.approx(inner(flow, start, start), rel=1e-8)
    assert np.abs(w - start).max() > 0.1 * np.abs(start).max()


def test_time_steps_are_of_fourth_order():
    start, ends = 4 * vorticity(), []
    for steps in (8, 16, 32, 256):
        flow = BetaPlane(N, 0.8 / steps, 0.3, 0.05, 0.012, plane(N).forcing)
        w = start
        for _ in range(steps):
            w = flow.step(w)
        ends.append(flow.grid(w))
    errors = [np.abs(end - ends[-1]).max() for end in ends[:-1]]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert errors[-1] > 1e-12  # above rounding
    np.testing.assert_allclose(orders, 4, atol=0.4)


def test_the_climates_time_step_is_accurate():
    """Over an interval, 20 times below the errors of observations."""
    flow = plane(N)
    w = advance(flow, flow.spectrum(np.random.default_rng(0).standard_normal((N, N))), 60)
    fine = BetaPlane(N, INTERVAL / 60, flow.beta, flow.drag, flow.viscosity, flow.forcing)
    reference = w
    for _ in range(60):
        reference = fine.step(reference)
    psi, expected = flow.streamfunction(advance(flow, w)), flow.streamfunction(reference)
    assert np.sqrt(np.mean((psi - expected) ** 2)) < NOISE / 20 * expected.std()


def test_tangent_is_the_derivative():
    flow, w, dw, h = plane(N), vorticity(1), vorticity(2), 1e-5
    _, velocities = flow.step_with_velocities(w)
    difference = (flow.step(w + h * dw) - flow.step(w - h * dw)) / (2 * h)
    tangent = flow.tangent_step(dw, velocities)
    assert np.abs(tangent - difference).max() < 1e-8 * np.abs(tangent).max()


def test_adjoint_is_that_of_the_tangent():
    flow = plane(N)
    _, velocities = flow.step_with_velocities(4 * vorticity(1))
    rng = np.random.default_rng(4)
    dw, sensitivity = (flow.spectrum(rng.standard_normal((N, N))) for _ in range(2))
    forward = inner(flow, flow.tangent_step(dw, velocities), sensitivity)
    backward = inner(flow, dw, flow.adjoint_step(sensitivity, velocities))
    assert backward == pytest.approx(forward, rel=1e-10)


# --- assimilation


def full_model(data):
    departures = (data["X_train"] - data["X_train"].mean(axis=0)).reshape(-1, N, N)
    return FullModel(plane(N), data["background"][0].reshape(N, N), 0.5 * amplitudes(departures), data["stations"])


def test_full_gradient_is_that_of_finite_differences(data):
    model, y, variance = full_model(data), data["observations"][0], (NOISE * data["deviation"][0]) ** 2
    rng, h = np.random.default_rng(5), 1e-4
    v, dv = rng.standard_normal((2, N * N))
    up, down = (cost(v + sign * h * dv, model, y, variance)[0] for sign in (1, -1))
    assert cost(v, model, y, variance)[1] @ dv == pytest.approx((up - down) / (2 * h), rel=1e-7)


def random_models():
    rng, r = np.random.default_rng(6), 7
    quadratic = QuadraticModel(0.2 * rng.standard_normal((r, r + r * (r + 1) // 2)), rng.standard_normal(r))
    return [quadratic, KernelModel(rng.standard_normal((50, r)), rng.standard_normal((50, r)), 0.1)]


@pytest.mark.parametrize("model", random_models(), ids=["quadratic", "kernel"])
def test_reduced_adjoints_are_those_of_finite_differences(model):
    rng, h = np.random.default_rng(7), 1e-5
    z, dz, sensitivity = rng.standard_normal((3, 7))
    _, pullback = model.step(z)
    difference = (model.step(z + h * dz)[0] - model.step(z - h * dz)[0]) / (2 * h)
    assert pullback(sensitivity) @ dz == pytest.approx(sensitivity @ difference, rel=1e-8)


def test_quadratic_model_is_the_regression():
    """On any row it gives what the regression predicts from its features."""
    from sklearn.linear_model import Ridge

    rng = np.random.default_rng(8)
    z, target = rng.standard_normal((300, 5)), rng.standard_normal((300, 5))
    fitted = Ridge(alpha=1.0).fit(quadratic_features(z), target)
    model = QuadraticModel(fitted.coef_, fitted.intercept_)
    expected = z[0] + fitted.predict(quadratic_features(z[:1]))[0]
    np.testing.assert_allclose(model.step(z[0])[0], expected, rtol=1e-10)


def test_quadratic_features_keep_lengths_under_rotation():
    """‖(z, products)‖² = ‖z‖² + ‖z‖⁴: the kernel, and so the ridge, does not depend on the axes."""
    z = np.random.default_rng(9).standard_normal((4, 6))
    a, b = quadratic_features(z)[:2]
    assert a @ b == pytest.approx(z[0] @ z[1] + (z[0] @ z[1]) ** 2)


def test_ensemble_analysis_is_the_kalman_filters():
    """Of a linear observation of a Gaussian ensemble: x̄ + P Hᵀ (H P Hᵀ + R)⁻¹ (y − H x̄)."""
    rng = np.random.default_rng(10)
    members, H, y, variance = rng.standard_normal((40, 3)), rng.standard_normal((5, 3)), np.ones(5), np.full(5, 0.3)
    P, mean = np.cov(members.T), members.mean(axis=0)
    expected = mean + P @ H.T @ np.linalg.solve(H @ P @ H.T + np.diag(variance), y - H @ mean)
    np.testing.assert_allclose(ensemble_analysis(members, members @ H.T, y, variance), expected, rtol=1e-10)


# --- data


@pytest.fixture(scope="module")
def small():
    return dict(make(request()))


def test_same_bytes_twice_and_other_ones_by_another_seed(small):
    second, other = (dict(make(request(seed=seed))) for seed in (0, 1))
    assert next(iter(small)) == "X_train"
    for name, array in small.items():
        assert array.tobytes() == second[name].tobytes(), name
    assert not np.array_equal(small["X_train"], other["X_train"])


def test_float32_is_rounded(datasets):
    narrow, wide = (arrays_of(datasets[dtype]) for dtype in ("float32", "float64"))
    for name in ("X_train", "X_test", "X_far"):
        assert narrow[name].dtype == np.float32
        np.testing.assert_array_equal(narrow[name], wide[name].astype(np.float32))
    assert narrow["background"].dtype == np.float64


def test_order_changes_the_layout_only(small):
    columns = dict(make(request(order="F")))["X_train"]
    assert columns.flags.f_contiguous
    np.testing.assert_array_equal(columns, small["X_train"])


def test_no_leak(data):
    """Held-out simulations have starts of their own: no snapshot is as close to training as its neighbours in time."""
    X, test, deviation = data["X_train"], data["X_test"], data["deviation"][0]
    assert len(np.unique(np.concatenate([X, test, data["X_far"]]), axis=0)) == len(X) + 2 * len(test)
    apart = np.sqrt(((test[::10, None] - X[None, ::5]) ** 2).mean(axis=2)).min()
    step = np.sqrt(((test[1:30] - test[:29]) ** 2).mean(axis=1)).max()
    assert apart > 1.5 * step
    assert apart > 0.2 * deviation


def test_trajectories_are_continuous_within_and_not_across(data):
    steps = np.sqrt((np.diff(data["X_train"], axis=0) ** 2).mean(axis=1))
    across = np.diff(data["trajectory"]) != 0
    assert across.sum() == 3
    assert steps[across].min() > 2 * steps[~across].max()


def test_observations_have_the_stated_error(data):
    for name, kind in (("X_test", ""), ("X_far", "_far")):
        truth = data[name].reshape(4, -1, N * N)[:, : WINDOW + 1, data["stations"]]
        errors = (data[f"observations{kind}"] - truth) / (NOISE * data["deviation"][0])
        assert errors.std() == pytest.approx(1, abs=0.05)
        assert errors.mean() == pytest.approx(0, abs=0.05)


def test_arguments_are_checked():
    source = source_of("weather_turbulence")
    for wrong in (
        {"n_features": 1000},
        {"n_train": 801},
        {"n_test": 100},
    ):
        fields = {"n_train": 800, "n_test": 120, "n_features": N * N, **wrong}
        spec = DataSpec(source=source.name, args=SPEC.args, **fields)
        with pytest.raises(ArgumentError):
            list(make(Request(args=source.resolve(spec), dtype="float64", order="C", seed=0, **fields)))


# --- the workflow


@pytest.mark.parametrize("variant", ENTRIES)
def test_quality(variant, passes, datasets, data):
    """Better than persistence and climatology at the end of the window, as a variational analysis should be by far."""
    values = judged(datasets["float64"], variant, passes[variant])
    cases, truth = len(data["background"]), data["X_test"][WINDOW::30]
    persistence = np.sqrt(np.mean((data["background"] - truth) ** 2)) / data["deviation"][0]
    most = {"ridge": 0.4, "kernel_ridge": 0.4, "ensemble": 0.6, "ensemble_knn": 0.7}[variant]
    assert 0.1 < values["weather_end_nrmse"] < most < persistence
    assert values["weather_end_nrmse"] < values["weather_forecast_nrmse"] < 1.3
    assert passes[variant]["analysis"].shape == (cases, N * N)


@pytest.mark.parametrize("variant", ENTRIES)
def test_metrics_see_cases_exchanged(variant, passes, datasets):
    good = judged(datasets["float64"], variant, passes[variant])
    exchanged = {name: np.roll(fields, 1, axis=0) for name, fields in passes[variant].items()}
    worse = judged(datasets["float64"], variant, exchanged)
    assert all(worse[name] > 1.2 * good[name] for name in METRICS)


def test_metrics_see_a_tenth_of_the_snapshots(passes, datasets, data):
    workload = ENTRIES["ridge"]
    few = {**data, "X_train": data["X_train"][:80], "trajectory": data["trajectory"][:80]}
    results = workflow_of(workload.workflow).run(few, PlainLearner(exact(workload)))
    good = judged(datasets["float64"], "ridge", passes["ridge"])
    assert judged(datasets["float64"], "ridge", results)["weather_end_nrmse"] > 1.5 * good["weather_end_nrmse"]


def test_precision_does_not_matter(passes, datasets):
    workload = ENTRIES["ridge"]
    results = workflow_of(workload.workflow).run(arrays_of(datasets["float32"]), PlainLearner(exact(workload)))
    narrow, wide = judged(datasets["float32"], "ridge", results), judged(datasets["float64"], "ridge", passes["ridge"])
    for name, value in narrow.items():
        assert value == pytest.approx(wide[name], rel=0.005)


def test_examination(passes, data):
    workload = ENTRIES["ridge"]
    found = workflow_of(workload.workflow).examine(data, PlainLearner(exact(workload)), passes["ridge"])
    figures = {figure.name: figure.value for figure in found.figures}
    assert figures["error_in"] < figures["background_simulated"] < figures["baseline"]
    assert figures["error_in"] < figures["error_out"]
    assert figures["reconstruction"] < figures["error_in"] < figures["with_a_tenth"]
    assert figures["other_precision"] == pytest.approx(figures["error_in"], rel=0.005)
    assert figures["error_converged"] < 0.05
    assert 0 < figures["iterations_to_equal_error"] < figures["iterations_to_convergence"]
    assert figures["baseline"] == min(figures["persistence"], figures["climatology"])
    assert 0 < figures["over_simulation_with_training"] < figures["over_simulation"] < figures["over_converged"]
    curves = {curve.label: curve.y for curve in found.series}
    assert curves["persistence, from the truth"][0] == 0
    assert curves["reduced-order model, from the truth"][10] < curves["persistence, from the truth"][10]
    assert all(len(image.values) == N * N for image in found.pictures)


def test_growth_refines_exactly():
    flow = plane(N)
    coarse = flow.streamfunction(vorticity())
    fine = refine(coarse.reshape(1, -1), 64).reshape(64, 64)
    np.testing.assert_allclose(fine[::2, ::2], coarse, atol=1e-12)
    again = plane(64)
    np.testing.assert_allclose(
        again.grid(again.from_streamfunction(fine))[::2, ::2], flow.grid(vorticity()), atol=1e-10
    )


def test_growth_has_both_costs():
    found = growth(N, repeats=1, components=10)
    assert found.factor == found.full_s / found.reduced_s > 1
