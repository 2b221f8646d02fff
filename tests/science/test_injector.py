import numpy as np
import pytest
from plain_learner import PlainLearner

from suite.datasets import prepare
from suite.datasets.source import Request
from suite.quality.evidence import Evidence
from suite.report.science import DIFFERENCE
from suite.workloads.entry import DataSpec, Size
from suite.workloads.science import workflow_of
from suite.workloads.science.injector.data import make
from suite.workloads.science.injector.entry import WORKLOADS
from suite.workloads.science.injector.maps import Layout, nrmse
from suite.workloads.science.injector.metrics import METRICS
from suite.workloads.science.injector.nozzle import DURATION, Nozzle, physical, simulate, steps_a_record
from suite.workloads.science.injector.solver import Grid
from suite.workloads.science.injector.source import SOURCES
from suite.workloads.science.injector.surrogate import ByPoints

BY_NAME = {workload.name.split("-")[1]: workload for workload in WORKLOADS}
#: Of the data that the workflows are tried on, and of those that are made again and again.
TRIAL = {"cells": 24, "records": 20, "n_far": 4, "n_designs": 60, "n_points": 4_000}
TINY = {"cells": 16, "records": 4, "n_far": 4, "n_designs": 40, "n_points": 0}
#: A design in the middle of the range, and one at each of two corners.
CODED = np.array([[0.5] * 5, [0.1, 0.9, 0.2, 0.8, 0.9], [0.9, 0.1, 0.7, 0.1, 0.1]])


def tiny(dtype="float64", order="C", seed=0, **args):
    """Return the arrays of a data set that is made in no time."""
    asked = Request(n_train=8, n_test=4, n_features=5, args={**TINY, **args}, dtype=dtype, order=order, seed=seed)
    return dict(make(asked))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    spec = DataSpec(source="injector_map", n_train=64, n_test=24, n_features=5, args=TRIAL)
    return prepare(spec, dtype="float64", order="C", seed=0, cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def data(dataset):
    return {name: np.load(path, mmap_mode="r") for name, path in dataset.paths.items()}


@pytest.fixture
def judge(dataset):
    """Return the function that judges results."""

    def judged(workload, results, metric):
        return METRICS[metric].judge(Evidence(workload, dataset, results), metric)

    return judged


def run(variant, data):
    workload = BY_NAME[variant]
    return workload, workflow_of(workload.workflow).run(data, PlainLearner(workload))


# The simulation.


@pytest.mark.parametrize("shape", [(32, 16), (64, 32)])
def test_poisson_is_solved_as_the_cosine_that_the_equation_has(shape):
    errors = []
    for refine in (1, 2):
        grid = Grid(shape[0] * refine, shape[1] * refine)
        x, y = np.meshgrid(grid.x_cells, grid.y_cells, indexing="ij")
        true = np.cos(np.pi * x / 4) * np.cos(2 * np.pi * y)
        source = -((np.pi / 4) ** 2 + (2 * np.pi) ** 2) * true
        errors.append(np.abs(grid.solve_poisson(source[..., None])[..., 0] - true).max())
    assert errors[1] < 0.01
    assert 3.7 < errors[0] / errors[1] < 4.3


def test_projection_leaves_no_divergence():
    rng, grid = np.random.default_rng(0), Grid(48, 24)
    u, v = rng.normal(size=(49, 24, 3)), rng.normal(size=(48, 25, 3))
    u[0], u[-1], v[:, 0], v[:, -1] = 1, 1, 0, 0
    before = np.abs(grid.divergence(u, v)).max()
    grid.project(u, v, 0.01)
    assert before > 10
    assert np.abs(grid.divergence(u, v)).max() < 1e-11
    np.testing.assert_array_equal(u[[0, -1]], 1)


def taylor_green(cells, viscosity=0.02, until=0.5):
    """Return the largest error in u of decaying vortices in a box whose walls let the fluid slip."""
    grid = Grid(cells, cells, 1.0, 1.0)
    u = (np.sin(np.pi * grid.x_faces)[:, None] * np.cos(np.pi * grid.y_cells))[..., None]
    v = -(np.cos(np.pi * grid.x_cells)[:, None] * np.sin(np.pi * grid.y_faces))[..., None]
    true = u * np.exp(-2 * np.pi**2 * viscosity * until)
    steps = 5 * cells
    dt, before = until / steps, None
    for _ in range(steps):
        ghosts = np.concatenate([u[:, :1], u, u[:, -1:]], 1), np.concatenate([v[:1], v, v[-1:]])
        now = grid.momentum(*ghosts, np.array([viscosity]))
        before = before or now
        u[1:-1] += dt * (1.5 * now[0] - 0.5 * before[0])
        v[:, 1:-1] += dt * (1.5 * now[1] - 0.5 * before[1])
        grid.project(u, v, dt)
        before = now
    return np.abs(u - true).max() / np.abs(true).max()


def test_taylor_green_vortices_decay_as_they_must_and_better_on_a_finer_grid():
    coarse, fine = taylor_green(16), taylor_green(32)
    assert fine < 0.01
    assert coarse / fine > 1.7  # upwinding of momentum is of first order


def test_a_channel_without_needle_carries_a_parabola():
    errors = []
    for cells in (16, 32):
        grid = Grid(cells, cells // 2)
        nozzle = Nozzle(physical(CODED[2:]), grid, 0.01)
        nozzle.needle = lambda x, y, time: np.zeros((len(x), len(y), 1))
        for _ in range(600):
            nozzle.step()
        u = nozzle.exit_plane()[0, 0]
        errors.append(np.abs(u - 6 * grid.y_cells * (1 - grid.y_cells)).max())
        assert np.abs(nozzle.exit_plane()[0, 1]).max() < 1e-3
    assert errors[1] < 0.02
    assert errors[0] / errors[1] > 3


def test_void_stays_a_share_and_what_flows_in_and_out_is_all_that_changes():
    grid = Grid(48, 24)
    nozzle = Nozzle(physical(CODED), grid, DURATION / 50 / steps_a_record(grid, 50))
    for _ in range(300):
        nozzle.step()
        assert nozzle.void.min() >= 0
        assert nozzle.void.max() <= 1
    assert nozzle.void.max() > 0.3
    assert np.abs(grid.divergence(nozzle.u, nozzle.v)).max() < 1e-11
    u, v = nozzle.u, nozzle.v
    uniform = np.broadcast_to(nozzle.gas, nozzle.void.shape)
    np.testing.assert_array_equal(grid.upwind(uniform, nozzle.gas, u, v), 0)
    change = grid.upwind(nozzle.void, nozzle.gas, u, v).sum((0, 1)) * grid.dx * grid.dy
    inflow = (u[0] * nozzle.gas).sum(0) * grid.dy
    beyond = (u[-1] * nozzle.void[-1]).sum(0) * grid.dy
    np.testing.assert_allclose(change, inflow - beyond, atol=1e-12)


def test_the_flow_is_held_back_by_the_needle():
    grid = Grid(48, 24)
    nozzle = Nozzle(physical(CODED), grid, DURATION / 50 / steps_a_record(grid, 50))
    for _ in range(200):
        nozzle.step()
    inside = nozzle.needle(grid.x_faces, grid.y_cells, nozzle.steps * nozzle.dt) > 0.99
    assert np.abs(nozzle.u[inside]).max() < 0.5
    assert np.abs(nozzle.u).max() > 2


def test_time_steps_and_grids_converge():
    parameters = physical(CODED[:1])
    runs = []
    for cells, finer in ((24, 1), (24, 2), (24, 4)):
        grid = Grid(cells, cells // 2)
        steps = steps_a_record(grid, 10) * finer
        nozzle = Nozzle(parameters, grid, DURATION / 10 / steps)
        for _ in range(3 * steps):
            nozzle.step()
        runs.append(nozzle.exit_plane()[0])
    assert np.abs(runs[2] - runs[1]).max() < 0.7 * np.abs(runs[1] - runs[0]).max() < 0.1
    fields = [simulate(parameters, Grid(cells, cells // 2), 10)[0] for cells in (16, 32, 64)]
    fields = [field.reshape(10, 3, 8, -1).mean(axis=3) for field in fields]
    distances = [np.sqrt(np.mean((field - fields[2]) ** 2)) for field in fields[:2]]
    assert distances[1] < 0.8 * distances[0]


def test_a_simulation_does_not_depend_on_those_beside_it():
    grid = Grid(24, 12)
    together = simulate(physical(CODED), grid, 10)
    np.testing.assert_allclose(together[1:2], simulate(physical(CODED[1:2]), grid, 10), rtol=1e-9, atol=1e-11)


# The data.


def test_the_same_request_gives_the_same_bytes_and_float32_is_its_rounding():
    made, again, narrow = tiny(), tiny(), tiny("float32", "F")
    assert next(iter(made)) == "X_train"
    for name, array in made.items():
        assert array.tobytes() == again[name].tobytes()
        np.testing.assert_array_equal(array.astype(narrow[name].dtype), narrow[name])
    single = {name for name, array in narrow.items() if array.dtype == np.float32}
    assert single == {"X_train", "X_test", "X_far", "X_designs", "y_train"}
    assert all(narrow[name].flags.f_contiguous for name in narrow if name.startswith("X_"))
    assert not np.array_equal(made["y_train"], tiny(seed=1)["y_train"])


def test_sets_are_apart_and_the_far_one_is_outside(data):
    train, test, far = (data[name] for name in ("X_train", "X_test", "X_far"))
    rows = {tuple(row) for X in (train, test, far) for row in X}
    assert len(rows) == len(train) + len(test) + len(far)
    maps = np.concatenate([data[name] for name in ("y_train", "y_test", "y_far")])
    assert len(np.unique(maps, axis=0)) == len(rows)
    assert (np.sort(np.floor(train * len(train)).astype(int), axis=0) == np.arange(len(train))[:, None]).all()
    assert 0 <= test.min() < test.max() <= 1
    assert ((far[:2, 1] > 1) & (far[:2, 0] >= 0)).all()
    assert (far[2:, 0] < 0).all()
    np.testing.assert_array_equal(data["X_designs"][: len(test)], test)


def test_maps_belong_to_their_designs(data):
    maps = simulate(physical(data["X_test"][3:4]), Grid(24, 12), 20)
    np.testing.assert_allclose(maps.reshape(1, -1), data["y_test"][3:4], rtol=1e-9, atol=1e-11)


def test_points_are_different_and_within(data):
    points = data["points"]
    assert len(np.unique(points)) == TRIAL["n_points"]
    assert points.max() < 64 * 20 * 12
    np.testing.assert_array_equal(tiny()["points"], np.arange(8 * 4 * 8))


def test_all_entries_are_checked_by_their_source():
    (source,) = SOURCES
    for workload in WORKLOADS:
        assert list(workload.data) == list(Size)
        for spec in workload.data.values():
            assert source.resolve(spec)["cells"] == spec.args["cells"]


# What is made of the maps.


def test_the_objective_is_void_and_asymmetry():
    layout = Layout(times=4, heights=6)
    maps = np.zeros((3, *layout.shape))
    maps[:, :, 0] = 1
    maps[1, :, 2] = 0.25  # a quarter is void, alike everywhere
    maps[2, :, 0, 3:] = 3  # three times the flux through the upper half
    np.testing.assert_allclose(layout.objective(maps.reshape(3, -1)), [0, 0.25, 0.5])


def test_the_mean_map_has_the_error_one(data):
    layout, y = Layout.of(data), data["y_train"]
    mean = np.broadcast_to(y.mean(axis=0), data["y_test"].shape)
    assert nrmse(mean, data["y_test"], y, layout) == pytest.approx(1)
    assert nrmse(data["y_test"], data["y_test"], y, layout) == 0


def test_points_learn_what_stands_in_the_maps(data):
    layout, seen = Layout.of(data), []
    surrogate = ByPoints(data["X_train"], data["y_train"], layout, data["points"], lambda *rows: seen.append(rows))
    assert len(surrogate.models) == 3
    truth = layout.unfold(data["y_train"])
    design, time, height = np.unravel_index(data["points"], (64, 20, 12))
    for variable, (rows, target) in enumerate(seen):
        np.testing.assert_array_equal(rows[:, :5], data["X_train"][design])
        np.testing.assert_allclose(rows[:, 5:], np.column_stack([time / 19, height / 11]))
        np.testing.assert_array_equal(target, truth[design, time, variable, height])


# The workflows.


@pytest.mark.parametrize(
    ("variant", "error", "rank"),
    [
        ("forest", 0.8, 0.3),
        ("knn", 0.85, 0.3),
        ("kernel_ridge", 0.75, 0.7),
        ("gaussian_process", 0.6, 0.8),
        ("pointwise", 0.9, 0.3),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_maps_beat_the_mean_map_and_order_designs(data, judge, variant, error, rank):
    workload, results = run(variant, data)
    assert 0 < judge(workload, results, "injector_nrmse") < error
    assert rank < judge(workload, results, "injector_design_rank") <= 1
    assert results["maps_far"].shape == data["y_far"].shape
    best = results["objectives"][results["best"]]
    assert (best == np.sort(results["objectives"])[: len(best)]).all()
    of_maps = Layout.of(data).objective(results["maps"])
    np.testing.assert_allclose(results["objectives"][: len(of_maps)], of_maps, rtol=1e-6)


def test_metrics_fall_with_shuffled_results_and_with_a_tenth_of_the_simulations(data, judge):
    workload, results = run("kernel_ridge", data)
    few = {**data, "X_train": data["X_train"][:6], "y_train": data["y_train"][:6]}
    for worse, error, rank in (
        ({name: np.roll(results[name], 5, axis=0) for name in ("maps", "objectives")}, 0.3, 0.3),
        (run("kernel_ridge", few)[1], 0.1, 0.02),
    ):
        assert judge(workload, worse, "injector_nrmse") > judge(workload, results, "injector_nrmse") + error
        assert judge(workload, worse, "injector_design_rank") < judge(workload, results, "injector_design_rank") - rank


@pytest.mark.parametrize("variant", ["gaussian_process", "forest"])
def test_error_bars_of_the_models_themselves_are_held_against_the_truth(data, variant):
    workload, results = run(variant, data)
    findings = workflow_of(workload.workflow).examine(data, PlainLearner(workload), results)
    (own,) = (figure for figure in findings.figures if figure.name == "calibration_own")
    assert 0.5 < own.value < 1
    assert "nominal 90%" in own.condition


def test_a_closer_look(data, judge):
    workload, results = run("kernel_ridge", data)
    findings = workflow_of(workload.workflow).examine(data, PlainLearner(workload), results)
    figures = {figure.name: figure.value for figure in findings.figures}
    assert len(figures) == len(findings.figures)
    assert all(np.isfinite(figure.value) and figure.condition for figure in findings.figures)
    assert figures["error_in"] == pytest.approx(judge(workload, results, "injector_nrmse"))
    assert figures["error_in"] < figures["error_out"]
    assert figures["error_in"] < figures["with_a_tenth"]
    assert figures["other_precision"] == pytest.approx(figures["error_in"], abs=0.01)
    assert figures["gain"] == figures["baseline"] - figures["error_in"] > 0
    assert 0.7 < figures["calibration"] <= 1
    assert "calibration_own" not in figures  # kernel ridge says nothing of its own uncertainty
    assert figures["best_simulated"] > 0
    (curve,) = findings.series
    assert curve.x == [10, 16, 32, 64]
    assert curve.y[-1] < curve.y[0]
    shown = [(picture.name, picture.label) for picture in findings.pictures]
    assert shown == [(name, label) for name in ("u", "void") for label in ("simulated", "surrogate", DIFFERENCE)]
    found = {one.label: np.array(one.values) for one in findings.pictures[:3]}
    np.testing.assert_allclose(found[DIFFERENCE], found["surrogate"] - found["simulated"], atol=1e-2)
    assert all(picture.columns == len(data["times"]) for picture in findings.pictures)
