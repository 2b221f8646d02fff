"""Data, workflows and metrics of the flow over a step."""

from dataclasses import replace
from functools import cache as remember

import numpy as np
import pytest
from plain_learner import PlainLearner
from tabular_checks import Case, assert_same_bytes

from suite.datasets import prepare
from suite.datasets.arrays import open_array
from suite.datasets.source import Request
from suite.errors import UsageError
from suite.quality import DivergedError
from suite.quality.parity import Parity, overall, parities
from suite.records.schema import QualityValue
from suite.workloads.entry import Size
from suite.workloads.science import part, workflow_of
from suite.workloads.science.rans import cases
from suite.workloads.science.rans.metrics import CONVERGED, LEAST_ERROR
from suite.workloads.science.rans.resolution import Resolution
from suite.workloads.science.rans.solver import State, frozen, until_steady
from suite.workloads.science.rans.surrogate import Surrogate, coupled, solve_frozen
from suite.workloads.science.rans.timing import to_near
from suite.workloads.science.rans.workflow import ONLINE_ITERATIONS
from suite.workloads.science.tabular import r2

LEVEL = 4
CELLS = Resolution.of(LEVEL).cells
CELLS3 = Resolution.of(3).cells
#: Velocity and reattachment length are at most this wrong.
BOUNDS = [
    ("rans_step-forest", 0.01, 0.05),
    ("rans_step-knn", 0.015, 0.05),
    ("rans_online-forest", 0.01, 0.05),
    ("rans_online-knn", 0.01, 0.05),
]


class RansCase(Case):
    """A workload on a coarse grid, with fewer heights."""

    def __init__(self, name, cache, *, dtype="float64"):
        self.workload = next(w for w in part("rans", "entry").WORKLOADS if w.name == name)
        small = self.workload.data[Size.S]
        args = {**small.args, "level": LEVEL}
        self.spec = replace(small, n_train=5 * CELLS, n_test=2 * CELLS, args=args)
        self.dataset = prepare(self.spec, dtype=dtype, order="C", seed=0, cache=cache)
        self.data = {name: open_array(self.dataset.paths, name) for name in self.dataset.paths}
        self.metrics = part("rans", "metrics").METRICS
        self.workflow = workflow_of(self.workload.workflow)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def case_of(cache):
    return remember(lambda name: RansCase(name, cache))


def made(**changed):
    asked = {"n_train": 2 * CELLS3, "n_test": CELLS3, "n_features": 9, "dtype": "float64", "order": "C", "seed": 0}
    args = {"level": 3, "features": changed.pop("features", "potential")}
    return dict(part("rans", "data").make(Request(args=args, **{**asked, **changed})))


def test_the_same_flows_twice_and_float32_is_the_rounding_of_float64():
    heard = []
    first = made(progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1
    other = made(dtype="float32", order="F")
    assert first.keys() == other.keys()
    for name, array in first.items():
        if name.startswith("X_") or name == "y_train":
            assert other[name].dtype == np.float32
            np.testing.assert_array_equal(other[name], array.astype(np.float32))
        else:
            np.testing.assert_array_equal(other[name], array)
    assert other["X_train"].flags.f_contiguous


@pytest.mark.parametrize(("n_train", "n_test"), [(CELLS3 + 1, CELLS3), (CELLS3, CELLS3), (2 * CELLS3, 0)])
def test_rows_are_whole_flows(n_train, n_test):
    with pytest.raises(UsageError, match=f"whole flows of {CELLS3} cells"):
        made(n_train=n_train, n_test=n_test)


@pytest.mark.parametrize("workload", part("rans", "entry").WORKLOADS, ids=lambda workload: workload.name)
def test_every_size_asks_for_whole_flows_and_holds_out_other_heights(workload):
    for size, spec in workload.data.items():
        cells = Resolution.of(spec.args["level"]).cells
        heights = spec.n_train // cells, spec.n_test // cells
        assert (spec.n_train, spec.n_test) == (heights[0] * cells, heights[1] * cells), size
        train, test = cases.training_heights(heights[0]), cases.held_out_heights(heights[1], heights[0])
        assert len(np.unique(test)) == len(test)
        assert train[0] < test.min()
        assert test.max() < train[-1]
        assert np.abs(train[:, None] - test).min() > 0.29 * (train[1] - train[0])


@pytest.mark.parametrize("name", ["rans_step-knn", "rans_online-knn"])
def test_no_held_out_row_is_among_those_for_training(name, case_of):
    data = case_of(name).data
    assert data["X_train"].shape == (5 * CELLS, case_of(name).spec.n_features)
    rows = {row.tobytes() for row in np.ascontiguousarray(data["X_train"])}
    for part_name in ("test", "far"):
        assert not set(data["heights_train"]) & set(data[f"heights_{part_name}"])
        assert not any(row.tobytes() in rows for row in np.ascontiguousarray(data[f"X_{part_name}"]))


def test_features_in_the_data_are_those_that_the_workflow_computes(case_of):
    for name in ("rans_step-knn", "rans_online-knn"):
        data = case_of(name).data
        flow = cases.channels(data, "test")[0]
        if "online" in name:
            eddy = data["y_test"][:CELLS] * flow.viscosity
            states = until_steady(frozen(flow, eddy), 1e-6, 80)
            found = cases.local_features(flow, states[-1].velocity)[:, 2:]
            np.testing.assert_allclose(found, data["X_test"][:CELLS, 2:], atol=1e-3)
        else:
            np.testing.assert_array_equal(cases.potential_features(flow), data["X_test"][:CELLS])


def test_the_exact_viscosity_gives_the_true_flow_back(case_of):
    data = case_of("rans_step-knn").data
    for flow, ratio, truth in zip(
        cases.channels(data, "test"), data["y_test"].reshape(2, CELLS), data["velocity_test"], strict=True
    ):
        velocity = flow.grid.centred(solve_frozen(flow, ratio)[-1].velocity)
        assert cases.velocity_error(flow.grid, velocity, truth) < 5e-4
        assert cases.reattachment_error(flow.grid, velocity, truth) < 2e-3


@pytest.mark.parametrize(("name", "velocity", "reattachment"), BOUNDS)
def test_errors_are_within_bounds_and_less_training_costs(name, velocity, reattachment, case_of):
    case = case_of(name)
    reached = case.judge(case.results)
    assert 0 < reached["rans_velocity_error"] < velocity
    assert reached["rans_reattachment_error"] < reattachment
    few = np.random.default_rng(0).choice(5 * CELLS, CELLS // 2, replace=False)
    cut = case.judge(case.run(X_train=case.data["X_train"][few], y_train=case.data["y_train"][few]))
    assert cut["rans_velocity_error"] > 1.5 * reached["rans_velocity_error"]
    if "online" in name:
        assert reached["rans_viscosity_error"] < 0.1
        assert cut["rans_viscosity_error"] > 1.5 * reached["rans_viscosity_error"]


def test_metrics_rise_when_results_are_shuffled_and_vanish_for_the_truth(case_of):
    case = case_of("rans_online-knn")
    data = case.data
    exact = {
        "velocity": np.array(data["velocity_test"]),
        "viscosity": data["y_test"].reshape(2, CELLS),
        "last_change": np.zeros(2),
    }
    assert case.judge(exact) == {
        "rans_velocity_error": 0,
        "rans_reattachment_error": LEAST_ERROR,
        "rans_viscosity_error": 0,
        "rans_last_change": 0,
    }
    order = np.random.default_rng(0).permutation(CELLS)
    shuffled = {"velocity": exact["velocity"][:, order], "viscosity": exact["viscosity"][:, order]}
    judged = case.judge({**exact, **shuffled, "last_change": np.array([1e-4, 2e-4])})
    assert judged["rans_velocity_error"] > 0.3
    assert judged["rans_reattachment_error"] > 0.1
    assert judged["rans_viscosity_error"] > 0.5
    assert judged["rans_last_change"] == 2e-4


@pytest.mark.parametrize("name", [name for name, *_ in BOUNDS])
def test_results_are_the_same_twice(name, case_of):
    case = case_of(name)
    assert_same_bytes(case.results, case.run())


def test_a_closer_look_at_the_step(case_of):
    case = case_of("rans_step-forest")
    figures = case.figures
    assert figures["error_in"] == pytest.approx(case.judge(case.results)["rans_velocity_error"])
    assert figures["error_in"] < figures["error_out"]
    assert 10 * figures["error_in"] < figures["baseline_uniform"]
    assert figures["baseline"] == figures["baseline_between"] < figures["baseline_nearest"]
    assert figures["gain"] == pytest.approx(figures["baseline"] - figures["error_in"])
    assert figures["with_a_tenth"] > figures["error_in"]
    assert figures["other_precision"] == pytest.approx(figures["error_in"], rel=0.5)
    assert figures["paper_features_r2"] > 0.9
    assert 0.5 < figures["calibration_own"] <= 1
    assert (figures["over_simulation"] == 0) == (figures["surrogate_iterations"] == 0)
    assert figures["over_simulation_own_end"] > 0
    assert 0 < figures["bound_iterations"] <= 20
    assert 0 < figures["strict_bound_iterations"] < figures["strict_iterations"]
    shown = {picture.label: np.array(picture.values) for picture in case.found.pictures}
    difference = shown["surrogate"] - shown["reference"]
    np.testing.assert_allclose(shown["difference"], difference, atol=2e-3)


def test_a_viscosity_of_high_r2_and_good_velocity_that_misplaces_the_reattachment_loses_parity(case_of):
    """A quarter less of it near the floor behind the step: R² sees nothing of that, nor does velocity."""
    case = case_of("rans_step-extra_trees")
    viscosity, velocity = [], []
    for flow, ratio in zip(cases.channels(case.data, "test"), case.data["y_test"].reshape(2, CELLS), strict=True):
        (x, y), height = flow.grid.centres, flow.grid.height
        viscosity.append(np.where((x > 0) & (x < 8 * height) & (y < height / 4), 0.75, 1.0) * ratio)
        velocity.append(flow.grid.centred(solve_frozen(flow, viscosity[-1])[-1].velocity))
    assert r2(case.data["y_test"], np.concatenate(viscosity)) > 0.999
    spoilt = {"velocity": np.stack(velocity), "viscosity": np.stack(viscosity)}
    qualities = (case.workload.quality, *case.workload.checks)
    own, stock = (
        [QualityValue(seed=0, value=value, checks=checks, sha256="")]
        for value, *checks in (case.judge(one).values() for one in (spoilt, case.results))
    )
    found = parities(own, stock, qualities, stochastic=False)
    assert dict(zip((quality.metric for quality in qualities), found, strict=True)) == {
        "rans_velocity_error": Parity.EQUAL,
        "rans_reattachment_error": Parity.LOST,
        "rans_viscosity_error": Parity.EQUAL,
    }
    assert overall(found) is Parity.LOST


def test_a_coupled_flow_that_has_not_converged_has_diverged_whatever_stock_did(case_of):
    case = case_of("rans_online-knn")
    flows = cases.channels(case.data, "test")
    surrogate = Surrogate.learn(PlainLearner(case.workload), case.data["X_train"], case.data["y_train"])
    change = np.array([state.change for state in coupled(surrogate, flows, 5)])
    with pytest.raises(DivergedError, match="did not converge"):
        case.judge({**case.results, "last_change": change})


@pytest.mark.parametrize("name", ["rans_online-forest", "rans_online-knn"])
def test_a_coupled_flow_stands_still_long_before_that_is_asked(case_of, name):
    assert case_of(name).results["last_change"].max() < CONVERGED / 3


def test_times_to_the_truth_and_to_its_own_end_are_apart():
    flow = cases.channel(0.9, 3)
    exact = flow.oseen(flow.potential, np.full(CELLS3, 0.02))
    wrong = flow.oseen(flow.potential, np.full(CELLS3, 0.002))
    still = State(velocity=wrong, eddy=wrong, working=wrong, change=0.0, turbulence_change=0.0)
    truth, end = to_near(flow, lambda: iter([still, still]), flow.grid.centred(exact), None)
    assert truth is None
    assert end[0] == 1


def test_a_closer_look_at_the_coupled_flow(case_of):
    case = case_of("rans_online-forest")
    figures, curves = case.figures, {curve.name: curve.y for curve in case.found.series}
    assert figures["error_in"] == pytest.approx(case.judge(case.results)["rans_velocity_error"])
    assert curves["drift_in"][-1] == pytest.approx(figures["error_in"])
    assert curves["drift_out"][-1] == pytest.approx(figures["error_out"])
    assert figures["error_out"] > figures["error_in"]
    assert figures["with_a_tenth"] == curves["learning_curve"][0] > figures["error_in"]
    assert figures["other_precision"] == pytest.approx(figures["error_in"], rel=0.5)
    assert figures["gain"] == pytest.approx(figures["baseline"] - figures["error_in"])
    assert figures["coupled_over_a_priori"] == figures["viscosity_coupled"] / figures["viscosity_a_priori"] < 1.5
    assert 0.5 < figures["calibration_own"] <= 1
    assert figures["rows_per_call"] == 2 * CELLS
    assert figures["predict_calls"] == len(curves["drift_in"]) == ONLINE_ITERATIONS
    assert 0 < figures["predict_s_each"] < figures["step_s_each"]
    assert {"copy_in_s_each", "copy_out_s_each", "over_simulation", "over_simulation_own_end"} <= figures.keys()
    assert curves["drift_in"][-1] < 0.2 * curves["drift_in"][0]


def test_the_engine_is_called_once_an_iteration_for_all_flows(case_of):
    case = case_of("rans_online-knn")
    learner = Counting(case.workload)
    case.workflow.run(case.data, learner)
    assert learner.rows == [2 * CELLS] * ONLINE_ITERATIONS


class Counting(PlainLearner):
    """Notes how many rows each prediction was for."""

    def __init__(self, workload):
        super().__init__(workload)
        self.rows = []

    def fit(self, X, y=None, *, role="model", **params):
        model = super().fit(X, y, role=role, **params)
        inner = model.predict

        def predict(rows):
            self.rows.append(len(rows))
            return inner(rows)

        model.predict = predict
        return model
