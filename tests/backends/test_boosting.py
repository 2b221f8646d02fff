"""XGBoost, LightGBM and CatBoost, the real ones: the same trees as scikit-learn's, and the engine that really ran."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backend_calls import call, make_data, problem
from threadpoolctl import threadpool_limits

from backends._boosting import CLASSIFIER, DEFAULTS, REGRESSOR, Boosting, features_per_split
from backends._cuda import look
from backends.algorithms import ALGORITHMS
from backends.catboost import TARGETS as CATBOOST
from backends.discovery import create
from backends.lightgbm import TARGETS as LIGHTGBM
from backends.lightgbm import is_cpu, opencl_drivers
from backends.protocol import State, UnsupportedError
from backends.xgboost import TARGETS as XGBOOST
from suite.measure.processes import worker_cpus

NAMES = [name for name in ("xgboost", "lightgbm", "catboost") if find_spec(name)]
SPECS = [spec for spec in ("xgboost", "lightgbm", "catboost", "catboost:cuda") if spec.partition(":")[0] in NAMES]
TABLES = {
    "xgboost": XGBOOST, "lightgbm": LIGHTGBM, "catboost": CATBOOST["cpu"], "catboost:cuda": CATBOOST["cuda"],
}  # fmt: skip
BOTH = (CLASSIFIER, REGRESSOR)
SMALL = {"max_iter": 10, "min_samples_leaf": 1, "l2_regularization": 1.0, "early_stopping": False}
LEAFWISE = SMALL | {"max_leaf_nodes": 31, "max_depth": 16}
DEPTHWISE = SMALL | {"max_leaf_nodes": None, "max_depth": 6}


def engine(spec: str) -> Boosting:
    pytest.importorskip(spec.partition(":")[0])
    backend = create(spec)
    assert isinstance(backend, Boosting)
    return backend


def fitted(name: str, algorithm: str, X: Any, y: Any, params: Mapping[str, Any], n_classes: int = 0) -> Any:
    asked = problem(algorithm, dict(params), n_samples=len(X), n_features=X.shape[1], n_classes=n_classes, threads=1)
    with threadpool_limits(1):
        return create(name).estimator(asked).fit(X, y)


# The tables.


@pytest.mark.parametrize("algorithm", BOTH)
def test_the_defaults_are_the_installed_scikit_learns(algorithm):
    cls = getattr(import_module(ALGORITHMS[algorithm].module), algorithm)
    installed = {name: p.default for name, p in inspect.signature(cls).parameters.items()}
    assert dict(DEFAULTS[algorithm]) == installed


@pytest.mark.parametrize("algorithm", BOTH)
@pytest.mark.parametrize("spec", TABLES)
def test_every_parameter_stands_in_exactly_one_column(spec, algorithm):
    assert sorted(TABLES[spec][algorithm].known()) == sorted(DEFAULTS[algorithm])


def known_to(name: str) -> set[str]:
    """The parameters that the installed package has."""
    package = pytest.importorskip(name)
    if name == "xgboost":
        return set(inspect.signature(package.XGBModel).parameters)
    if name == "lightgbm":
        return set(package.basic._ConfigAliases._get_all_param_aliases())
    return set(inspect.signature(package.CatBoostClassifier).parameters)


@pytest.mark.parametrize("algorithm", BOTH)
@pytest.mark.parametrize("spec", TABLES)
def test_every_parameter_that_is_given_exists_in_the_engine(spec, algorithm):
    backend = engine(spec)
    settings = backend.settings(problem(algorithm, LEAFWISE | {"random_state": 0}))
    given = set(TABLES[spec][algorithm].given())
    assert given | set(settings) <= known_to(backend.name)
    assert set(settings) - given <= {
        "n_jobs",
        "device",
        "num_threads",
        "device_type",
        "verbosity",
        "thread_count",
        "task_type",
    }


@pytest.mark.parametrize("spec", TABLES)
def test_the_estimator_exists_and_everything_else_has_its_reason(spec):
    backend = engine(spec)
    for algorithm in ALGORITHMS:
        offer = backend.offer(algorithm)
        if algorithm in BOTH:
            module, _, name = offer.estimator.rpartition(".")
            assert hasattr(import_module(module), name)
            assert {fate.parameter for fate in backend.fates(algorithm)} >= set(DEFAULTS[algorithm])
        else:
            assert not offer.estimator
            assert len(offer.reason) > 10
            assert list(backend.fates(algorithm)) == []
            with pytest.raises(UnsupportedError, match=backend.title):
                backend.estimator(problem(algorithm))


def test_as_many_features_are_drawn_as_by_scikit_learn():
    assert [features_per_split(share, 10) for share in (1e-9, 0.1, 0.11, 0.5, 0.99, 1.0)] == [1, 1, 2, 5, 10, 10]
    for drawn in (1, 2, 5, 9):
        asked = problem(CLASSIFIER, SMALL | {"max_features": drawn / 10}, n_features=10)
        share = create("xgboost").settings(asked)["colsample_bynode"]
        assert int(np.float32(share) * 10) == drawn
        assert round(create("lightgbm").settings(asked)["feature_fraction_bynode"] * 10) == drawn


# The same trees. Each feature has 100 values, so that all engines have the same bins.


def few_values(rows: int = 6000) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    X = rng.integers(0, 100, (rows, 8)).astype(np.float64)
    return X, X[:, 0] / 30 + X[:, 1] * X[:, 2] / 900 + rng.standard_normal(rows)


def targets_of(kind: str, signal: Any) -> tuple[str, Any, int]:
    if kind == "values":
        return REGRESSOR, signal, 0
    cuts = [7.0] if kind == "two classes" else [3.0, 6.0]
    return CLASSIFIER, np.digitize(signal, cuts), len(cuts) + 1


def assert_the_same_margins(name: str, kind: str, params: Mapping[str, Any]) -> None:
    X, signal = few_values()
    algorithm, y, n_classes = targets_of(kind, signal)
    expected = fitted("sklearn", algorithm, X, y, params, n_classes)._raw_predict(X)
    got = fitted(name, algorithm, X, y, params, n_classes).margins(X).reshape(expected.shape)
    if n_classes > 2:  # softmax is free in a common shift
        expected = expected - expected.mean(axis=1, keepdims=True)
        got = got - got.mean(axis=1, keepdims=True)
    same = np.abs(got - expected).max(axis=1) < 1e-4
    assert same.mean() > 0.99  # two splits of equal gain may fall otherwise, by rounding


#: Three trees a class: further ones may start from another of two equal splits.
SHAPES = {"best-first": LEAFWISE | {"max_iter": 3}, "by level": DEPTHWISE | {"max_iter": 3}}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["values", "two classes", "three classes"])
def test_xgboost_grows_scikit_learns_trees(kind, shape):
    engine("xgboost")
    assert_the_same_margins("xgboost", kind, SHAPES[shape])


def test_xgboost_counts_rows_in_leaves_where_their_second_derivatives_are_one():
    engine("xgboost")
    assert_the_same_margins("xgboost", "values", LEAFWISE | {"min_samples_leaf": 40})


@pytest.mark.parametrize(
    ("kind", "params", "l2"),
    [
        ("values", LEAFWISE, 0.0),
        ("values", DEPTHWISE, 0.0),
        ("values", LEAFWISE | {"min_samples_leaf": 40}, 0.0),
        ("two classes", LEAFWISE | {"max_iter": 1}, 0.0),
        ("two classes", DEPTHWISE | {"max_iter": 3, "max_depth": 4}, 0.0),
        ("three classes", DEPTHWISE | {"max_iter": 3, "max_depth": 4}, 0.0),
        ("two classes", DEPTHWISE | {"max_iter": 3, "max_depth": 3}, 1.0),
        ("three classes", DEPTHWISE | {"max_iter": 3, "max_depth": 3}, 1.0),
    ],
)
def test_lightgbm_grows_scikit_learns_trees_while_it_passes_over_no_feature(kind, params, l2):
    engine("lightgbm")
    assert_the_same_margins("lightgbm", kind, params | {"l2_regularization": l2})


@pytest.mark.parametrize("shape", SHAPES)
def test_catboost_grows_scikit_learns_trees_for_the_squared_error(shape):
    engine("catboost")
    assert_the_same_margins("catboost", "values", SHAPES[shape])


def test_what_is_refused_would_not_have_been_honoured():
    """LightGBM's leaves of a log loss and CatBoost's are smaller than the smallest that were asked for."""
    catboost, lightgbm = pytest.importorskip("catboost"), pytest.importorskip("lightgbm")
    X, signal = few_values()
    y = (signal > 9).astype(int)
    settings = {"objective": "binary", "min_data_in_leaf": 20, "verbosity": -1, "num_threads": 1}
    grown = lightgbm.train(settings, lightgbm.Dataset(X, y, params=settings), 30).trees_to_dataframe()
    assert grown["count"][grown["split_feature"].isna()].min() < 20
    settings = create("catboost").settings(problem(REGRESSOR, LEAFWISE, threads=1)) | {"min_data_in_leaf": 100}
    model = catboost.CatBoost(settings).fit(catboost.Pool(X, signal))
    assert min(model.get_leaf_weights()) < 100


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("name", NAMES)
def test_read_only_arrays_of_either_order_and_labels_of_any_kind(name, order, dtype):
    data = make_data(dtype)
    X, y = np.array(data.X, order=order), np.where(data.labels, 7, -3)
    X.flags.writeable = y.flags.writeable = False
    predicted = fitted(name, CLASSIFIER, X, y, SMALL | {"max_leaf_nodes": 8}, 2).predict(X)
    assert set(predicted) == {-3, 7}
    assert (predicted == y).mean() > 0.9


# What is refused.


@pytest.mark.parametrize(
    ("spec", "algorithm", "params", "shape", "reason"),
    [
        ("xgboost", CLASSIFIER, {"min_samples_leaf": 20}, {}, "sum of second derivatives, not a number of rows"),
        ("lightgbm", CLASSIFIER, {"min_samples_leaf": 20}, {}, "estimates the rows of a leaf"),
        ("catboost", CLASSIFIER, {"min_samples_leaf": 20}, {}, "smallest leaf that is split"),
        ("catboost", REGRESSOR, {"min_samples_leaf": 20}, {}, "smallest leaf that is split"),
        ("catboost", REGRESSOR, {"max_features": 0.5}, {}, "draws features by tree or level"),
        ("catboost", CLASSIFIER, {}, {"n_classes": 3}, "one tree for all classes"),
        ("catboost", REGRESSOR, {"max_leaf_nodes": 65}, {}, "at most 64"),
        ("catboost", REGRESSOR, {"max_leaf_nodes": 31, "max_depth": None}, {}, "at most 16 levels, set max_depth=16"),
        ("catboost", REGRESSOR, {"max_leaf_nodes": None, "max_depth": 17}, {}, "at most 16 levels"),
        ("lightgbm", REGRESSOR, {"max_leaf_nodes": None, "max_depth": None}, {"n_samples": 10**6}, "at most 131072"),
    ],
)
def test_what_one_engine_cannot_do(spec, algorithm, params, shape, reason):
    with pytest.raises(UnsupportedError, match=reason):
        create(spec).estimator(problem(algorithm, LEAFWISE | params, **shape))


@pytest.mark.parametrize(
    ("algorithm", "params", "reason"),
    [
        (CLASSIFIER, {"early_stopping": "auto"}, "stops by rules of its own"),
        (CLASSIFIER, {"early_stopping": True}, "stops by rules of its own"),
        (CLASSIFIER, {"class_weight": "balanced"}, "rows are not weighted"),
        (CLASSIFIER, {"random_state": "1"}, "the seed must be an integer"),
        (CLASSIFIER, {"colour": "red"}, "nothing is known of this parameter"),
        (
            REGRESSOR,
            {"loss": "absolute_error"},
            "only its squared error is the same|only the squared error is the same",
        ),
        (REGRESSOR, {"quantile": 0.5}, "quantile loss"),
        (REGRESSOR, {"categorical_features": [0]}, "columns of numbers only"),
        (REGRESSOR, {"monotonic_cst": [1, 0]}, "bounds on leaves"),
        (REGRESSOR, {"interaction_cst": "pairwise"}, "outside the sets"),
        (REGRESSOR, {"warm_start": True}, "each fit starts anew"),
    ],
)
@pytest.mark.parametrize("name", TABLES)
def test_what_none_can_do(name, algorithm, params, reason):
    with pytest.raises(UnsupportedError, match=reason):
        create(name).estimator(problem(algorithm, LEAFWISE | params))


@pytest.mark.parametrize("name", NAMES)
def test_another_number_of_classes_than_announced_is_refused(name):
    data = make_data()
    with pytest.raises(UnsupportedError, match="made for 2 classes, fitted on 3"):
        fitted(name, CLASSIFIER, data.X, np.arange(len(data.X)) % 3, SMALL | {"max_leaf_nodes": 8}, 2)


@pytest.mark.parametrize("name", NAMES)
def test_missing_values_are_as_in_scikit_learn_or_refused(name):
    X, signal = few_values()
    X[np.random.default_rng(1).random(X.shape) < 0.2] = np.nan
    params = DEPTHWISE | {"max_depth": 3, "l2_regularization": 0.0}
    if name == "catboost":
        with pytest.raises(UnsupportedError, match=r"missing values: .* scikit-learn learns their side"):
            fitted(name, REGRESSOR, X, signal, params)
        return
    expected = fitted("sklearn", REGRESSOR, X, signal, params).predict(X)
    np.testing.assert_allclose(fitted(name, REGRESSOR, X, signal, params).predict(X), expected, atol=1e-4)


# What really ran.


@pytest.mark.parametrize(
    ("name", "title", "seen"),
    [
        ("xgboost", "XGBoost", "device cpu, grow_quantile_histmaker, 2 threads"),
        ("lightgbm", "LightGBM", "tree_learner: serial, device_type: cpu, num_threads: 2"),
        ("catboost", "CatBoost", "task_type CPU, Lossguide, score L2"),
    ],
)
def test_the_device_is_read_from_the_model(name, title, seen):
    called = call(engine(name), CLASSIFIER, make_data(), strict=True, **LEAFWISE)
    assert (called.fit.engine, called.fit.accelerated, called.fit.cause) == (title, True, "")
    assert called.fit.evidence == seen
    assert called.output is not None
    assert (called.output.engine, called.output.accelerated) == (title, True)


@pytest.mark.parametrize("name", NAMES)
def test_a_call_that_was_not_seen_is_not_accelerated(name):
    with engine(name).observe(strict=False) as observation:
        assert not observation.report().accelerated


@pytest.fixture
def without_gpu() -> None:
    if look().devices:
        pytest.skip("there is a GPU")


def test_xgboost_that_trains_on_the_cpu_instead_is_seen(without_gpu):
    called = call(engine("xgboost:cuda"), REGRESSOR, make_data(), **LEAFWISE)
    for report in (called.fit, called.output):
        assert report is not None
        assert (report.engine, report.accelerated) == ("XGBoost on the CPU", False)
        assert report.cause in ("this build of XGBoost has no CUDA", "it found no GPU")
        assert report.evidence.startswith("device cpu, grow_quantile_histmaker")


def test_strict_ends_xgboost_before_it_trains_on_the_cpu(without_gpu, monkeypatch):
    backend = engine("xgboost:cuda")
    trained: list[object] = []
    monkeypatch.setattr("xgboost.train", lambda *args, **_: trained.append(args))
    with pytest.raises(UnsupportedError, match="XGBoost would fall back to the CPU"):
        call(backend, REGRESSOR, make_data(), strict=True, **LEAFWISE)
    assert not trained


def test_catboost_raises_without_a_gpu(without_gpu):
    backend = engine("catboost:cuda")
    with pytest.raises(import_module("catboost").CatBoostError, match="CUDA"):
        call(backend, REGRESSOR, make_data(), **LEAFWISE)


@pytest.mark.skipif(not opencl_drivers(), reason="no OpenCL driver is registered")
def test_lightgbm_says_on_which_opencl_device_it_trained():
    backend = engine("lightgbm:gpu")
    probed = backend.probe()
    backend.load(frozenset(BOTH))
    called = call(backend, REGRESSOR, make_data(rows=2000), **LEAFWISE)
    on_a_gpu = probed.state is State.READY
    assert called.fit.engine == "LightGBM OpenCL"
    assert called.fit.accelerated == on_a_gpu
    assert "6 dense and 0 sparse groups of features" in called.fit.evidence
    assert on_a_gpu or "the OpenCL device is the CPU" in called.fit.cause
    assert called.output is not None
    assert called.output.engine == "LightGBM on the CPU"
    if not on_a_gpu:
        with pytest.raises(UnsupportedError, match="did not train on a GPU: the OpenCL device is the CPU"):
            call(backend, REGRESSOR, make_data(rows=2000), strict=True, **LEAFWISE)


# Can it run here?


@pytest.mark.parametrize("name", NAMES)
def test_on_the_cpu_it_is_ready_without_an_import(name):
    code = (
        f"import sys; from backends.discovery import create; d = create({name!r}).diagnose()\n"
        f"print(d.state, d.version, {name!r} in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ready", import_module(name).__version__, "False", "False"]
    assert create(name).probe().state is State.READY


@pytest.mark.parametrize("spec", ["xgboost:cuda", "catboost:cuda"])
def test_without_a_gpu_the_reason_has_its_cure(without_gpu, spec):
    diagnosis = engine(spec).diagnose()
    assert diagnosis.state in (State.NO_DRIVER, State.NO_DEVICE, State.NOT_INSTALLED)
    assert diagnosis.detail
    assert diagnosis.cure
    assert create(spec).probe().state is diagnosis.state


def test_xgboost_without_cuda_is_diagnosed(monkeypatch):
    built = pytest.importorskip("xgboost").build_info()["USE_CUDA"]
    if built:
        pytest.skip("this build has CUDA")
    backend = create("xgboost:cuda")
    diagnosis = backend.diagnose()
    ready = type(diagnosis)(State.READY, version=diagnosis.version)
    monkeypatch.setattr(type(backend), "diagnose", lambda _: ready)  # as with a GPU and metadata that do not tell
    assert backend.probe().detail == "this build of XGBoost has no CUDA"


def test_opencl_drivers_are_those_that_the_loader_finds(monkeypatch, tmp_path):
    engine("lightgbm")
    monkeypatch.delenv("OCL_ICD_FILENAMES", raising=False)
    monkeypatch.setenv("OCL_ICD_VENDORS", str(tmp_path))
    assert create("lightgbm:gpu").diagnose().state is State.NO_DRIVER
    (tmp_path / "vendor.icd").write_text("libnot_there.so")
    found = create("lightgbm:gpu").diagnose()
    assert (found.state, found.device) == (State.READY, "OpenCL (vendor)")
    closer = create("lightgbm:gpu").probe()
    assert (closer.state, "No OpenCL device found" in closer.detail) == (State.NO_DEVICE, True)


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="Linux only")
def test_a_cpu_is_told_from_a_gpu_by_its_name():
    model = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    assert is_cpu(model.partition(":")[2].strip() + ", Some Corporation")
    assert not is_cpu("NVIDIA H100 80GB HBM3, NVIDIA Corporation")
    assert not is_cpu("")


# In processes.

FORK = """
import os, signal
from backend_calls import call, make_data
from backends.discovery import create
from backends._boosting import CLASSIFIER, REGRESSOR
backend = create(NAME)
backend.load(frozenset({CLASSIFIER, REGRESSOR}))
assert backend.fork_safe
data = make_data(rows=1000)
params = {"max_iter": 5, "min_samples_leaf": 1, "max_leaf_nodes": 8, "early_stopping": False}
for algorithm in (CLASSIFIER, REGRESSOR):
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        backend.start(2)
        os._exit(0 if call(backend, algorithm, data, **params).fit.accelerated else 1)
    _, status = os.waitpid(child, 0)
    assert status == 0, f"{algorithm}: {status}"
print("fine")
"""
#: CPU over wall time of fits and of predictions, the most of a few, with one thread allowed and with two.
THREADS = """
import json, time
from backend_calls import make_data, problem
from backends.discovery import create
from backends._boosting import REGRESSOR
backend = create(NAME)
backend.load(frozenset({REGRESSOR}))
data = make_data(rows=100_000)
params = {"max_iter": 20, "min_samples_leaf": 1, "max_leaf_nodes": None, "max_depth": 6, "early_stopping": False}

def share_of_others(work, times):
    # What part of the work other threads than the calling one do, at most: that does not depend on other load.
    most = 0.0
    while times > 0 and most < 0.3:
        times -= 1
        everyone, own = time.process_time(), time.thread_time()
        work()
        most = max(most, 1 - (time.thread_time() - own) / (time.process_time() - everyone))
    return most

seen = []
for threads, times in ((1, 3), (2, 10)):
    backend.start(threads)
    trees = backend.estimator(problem(REGRESSOR, params, threads=threads))
    trees.fit(data.X, data.targets).predict(data.X)
    seen.append(share_of_others(lambda: trees.fit(data.X, data.targets), times))
    seen.append(share_of_others(lambda: trees.predict(data.X), times))
print(json.dumps(seen))
"""


def run(code: str, name: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"NAME = {name!r}\n{code}"],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks safely")
@pytest.mark.parametrize("name", NAMES)
def test_a_process_that_only_loaded_may_be_forked(name):
    assert run(FORK, name).strip() == "fine"


@pytest.mark.skipif(worker_cpus(2)[1:] == [], reason="needs two CPUs; it runs in CI")
@pytest.mark.parametrize("name", NAMES)
def test_the_number_of_threads_is_obeyed(name):
    fit_one, predict_one, fit_two, predict_two = json.loads(run(THREADS, name))
    assert max(fit_one, predict_one) < 0.2
    assert fit_two > fit_one + 0.04  # CatBoost does most of a small fit in the calling thread
    assert predict_two > predict_one + 0.04
