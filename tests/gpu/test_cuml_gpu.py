"""cuML on a real GPU: the same quality as stock, phases that do not leak, copies on the bill, and what the records say.

Skipped where cuML cannot run: `pytest -m gpu tests/gpu`. Nothing here has a device as its mock.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends._cuml.targets import FLOAT32_ONLY, TARGETS
from backends.algorithms import ALGORITHMS
from backends.cuml import Cuml
from backends.protocol import EngineReport, Problem, State, UnsupportedError
from suite.measure.passes import Stopwatch
from suite.records.reading import load
from suite.records.schema import Status

DIAGNOSIS = Cuml().diagnose()
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(DIAGNOSIS.state is not State.READY, reason=f"cuML cannot run: {DIAGNOSIS.detail}"),
]

ROWS, HELD_OUT, FEATURES = 4000, 1000, 12
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Data:
    """Four well separated groups of rows, a label and a number that depend on the features, and rows held out."""

    X: Any
    held_out: Any
    labels: Any
    targets: Any
    held_out_labels: Any
    held_out_targets: Any


def make_data(dtype: str) -> Data:
    rng = np.random.default_rng(0)
    rows = ROWS + HELD_OUT
    centers = rng.uniform(-6, 6, (4, FEATURES))
    X = centers[rng.integers(0, 4, rows)] + rng.standard_normal((rows, FEATURES))
    slope = rng.standard_normal(FEATURES)
    targets = X @ slope + 0.5 * X[:, 0] * X[:, 1] / 6 + 0.3 * rng.standard_normal(rows)
    labels = np.digitize(X @ slope, np.quantile(X @ slope, [0.35, 0.7])).astype(np.int64)
    X, targets = X.astype(dtype), targets.astype(dtype)
    return Data(X[:ROWS], X[ROWS:], labels[:ROWS], targets[:ROWS], labels[ROWS:], targets[ROWS:])


@dataclass(frozen=True, slots=True)
class Called:
    """An estimator after one pass, its output on the host, and what was observed."""

    estimator: Any
    output: Any
    fit: EngineReport
    predict: EngineReport | None
    peak_device_bytes: int | None


def call(backend: Any, algorithm: str, data: Data, params: dict[str, Any], *, strict: bool = True) -> Called:
    """Do what `suite.measure.passes.Bench.run` does, in its order."""
    entry = ALGORITHMS[algorithm]
    y = {"classification": data.labels, "regression": data.targets}.get(entry.task)
    classes = 3 if entry.task == "classification" else 0
    given = Problem(algorithm, params, *data.X.shape, classes, str(data.X.dtype), os.cpu_count() or 1)
    estimator = backend.estimator(given)
    backend.peak_device_bytes()
    with backend.observe(strict=strict) as observation:
        train = [backend.to_device(array) for array in (data.X, *([] if y is None else [y]))]
        held_out = backend.to_device(data.held_out)
        estimator.fit(*train)
        backend.synchronize()
        fit = observation.report()
        output, predict = None, None
        if entry.output:
            output = backend.to_host(getattr(estimator, entry.output)(held_out))
            predict = observation.report()
    return Called(estimator, output, fit, predict, backend.peak_device_bytes())


@pytest.fixture(scope="module")
def cuml() -> Cuml:
    backend = Cuml()
    backend.load(frozenset(TARGETS))
    backend.start(os.cpu_count() or 1)
    return backend


def stock(algorithm: str, data: Data, params: dict[str, Any]) -> tuple[Any, Any]:
    """Fit stock scikit-learn and return it with its output."""
    entry = ALGORITHMS[algorithm]
    estimator = getattr(import_module(entry.module), algorithm)(**params)
    y = {"classification": data.labels, "regression": data.targets}.get(entry.task)
    estimator.fit(data.X, *([] if y is None else [y]))
    return estimator, getattr(estimator, entry.output)(data.held_out) if entry.output else None


Figure = Callable[[Cuml, Any, Any, Data], float]


def accuracy(backend: Cuml, estimator: Any, output: Any, data: Data) -> float:
    return float((np.ravel(output) == data.held_out_labels).mean())


def r2(backend: Cuml, estimator: Any, output: Any, data: Data) -> float:
    from sklearn.metrics import r2_score

    return float(r2_score(data.held_out_targets, np.ravel(output)))


def inertia(backend: Cuml, estimator: Any, output: Any, data: Data) -> float:
    centers = backend.to_host(estimator.cluster_centers_)
    return float(((data.held_out[:, None] - centers) ** 2).sum(axis=2).min(axis=1).mean())


def rand_of_labels(backend: Cuml, estimator: Any, output: Any, data: Data) -> float:
    """Agreement with the four groups as k-means from their own rows sees them."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    truth = KMeans(4, n_init=10, random_state=0).fit_predict(data.X)
    return float(adjusted_rand_score(truth, backend.to_host(estimator.labels_)))


def share_of_outliers(backend: Cuml, estimator: Any, output: Any, data: Data) -> float:
    return float((np.ravel(output) == -1).mean())


def lost(backend: Cuml, estimator: Any, output: Any, data: Data) -> float:
    """What a projection onto the components loses of the held-out rows, as a share."""
    components = backend.to_host(estimator.components_)
    mean = backend.to_host(getattr(estimator, "mean_", np.zeros(FEATURES, data.X.dtype)))
    rest = data.held_out - mean - (data.held_out - mean) @ components.T @ components
    return float((rest**2).sum() / ((data.held_out - mean) ** 2).sum())


def trust(backend: Cuml, estimator: Any, output: Any, data: Data) -> float:
    from sklearn.manifold import trustworthiness

    return float(trustworthiness(data.X, backend.to_host(estimator.embedding_), n_neighbors=5))


def nearest(backend: Cuml, estimator: Any, output: Any, data: Data) -> float:
    return float(np.asarray(output[0], dtype=np.float64).mean())


def spread(backend: Cuml, estimator: Any, output: Any, data: Data) -> float:
    """Mean squared norm of the projected rows over that of the rows: 1 but for chance."""
    return float((np.asarray(output) ** 2).sum() / (data.held_out**2).sum())


def checksum(backend: Cuml, estimator: Any, output: Any, data: Data) -> float:
    return float((np.asarray(output, dtype=np.float64) * np.arange(1, output.shape[1] + 1)).mean())


def covariance(backend: Cuml, estimator: Any, output: Any, data: Data) -> float:
    return float(np.abs(backend.to_host(estimator.covariance_)).sum())


@dataclass(frozen=True, slots=True)
class Case:
    """How an algorithm is judged here: parameters for both, the figure, and by how much the two may differ."""

    figure: Figure
    tolerance: float
    params: dict[str, Any] = field(default_factory=dict)
    relative: bool = False


SEEDED = {"random_state": 0}
CASES: dict[str, Case] = {
    "LogisticRegression": Case(accuracy, 0.01, {"max_iter": 1000, "tol": 1e-5}),
    "GaussianNB": Case(accuracy, 0.002),
    "BernoulliNB": Case(accuracy, 0.002),
    "SVC": Case(accuracy, 0.005),
    "LinearSVC": Case(accuracy, 0.02, {"max_iter": 5000}),
    "KNeighborsClassifier": Case(accuracy, 0.005),
    "RandomForestClassifier": Case(accuracy, 0.03, {"n_estimators": 50, "max_depth": 12, **SEEDED}),
    "LinearRegression": Case(r2, 0.001),
    "Ridge": Case(r2, 0.001),
    "Lasso": Case(r2, 0.001, {"alpha": 0.01, "tol": 1e-5, "max_iter": 10000}),
    "ElasticNet": Case(r2, 0.001, {"alpha": 0.01, "tol": 1e-5, "max_iter": 10000}),
    "KernelRidge": Case(r2, 0.005, {"kernel": "rbf", "gamma": 0.02}),
    "SVR": Case(r2, 0.005),
    "LinearSVR": Case(r2, 0.02, {"max_iter": 10000}),
    "KNeighborsRegressor": Case(r2, 0.005),
    "RandomForestRegressor": Case(r2, 0.03, {"n_estimators": 50, "max_depth": 12, "max_features": 0.5, **SEEDED}),
    "KMeans": Case(inertia, 0.01, {"n_clusters": 4, "n_init": 5, **SEEDED}, relative=True),
    "DBSCAN": Case(rand_of_labels, 0.005, {"eps": 3.0, "min_samples": 5}),
    "HDBSCAN": Case(rand_of_labels, 0.03, {"min_cluster_size": 50}),
    "AgglomerativeClustering": Case(rand_of_labels, 0.005, {"n_clusters": 4, "linkage": "single"}),
    "SpectralClustering": Case(rand_of_labels, 0.05, {"n_clusters": 4, "affinity": "nearest_neighbors", **SEEDED}),
    "IsolationForest": Case(share_of_outliers, 0.03, {"contamination": 0.1, **SEEDED}),
    "PCA": Case(lost, 0.001, {"n_components": 4}, relative=True),
    "IncrementalPCA": Case(lost, 0.01, {"n_components": 4, "batch_size": 500}, relative=True),
    "TruncatedSVD": Case(lost, 0.01, {"n_components": 4, **SEEDED}, relative=True),
    "TSNE": Case(trust, 0.03, SEEDED),
    "SpectralEmbedding": Case(trust, 0.05, {"n_neighbors": 15, **SEEDED}),
    "NearestNeighbors": Case(nearest, 0.002, relative=True),
    "GaussianRandomProjection": Case(spread, 0.1, {"n_components": 200, **SEEDED}),
    "StandardScaler": Case(checksum, 0.001),
    "MinMaxScaler": Case(checksum, 0.001),
    "MaxAbsScaler": Case(checksum, 0.001),
    "EmpiricalCovariance": Case(covariance, 0.001, relative=True),
    "MultinomialNB": Case(accuracy, 0.002),
}


def test_every_offered_algorithm_is_judged() -> None:
    assert set(CASES) == set(TARGETS)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("algorithm", CASES)
def test_the_quality_is_stock_scikit_learns_and_the_report_says_gpu(cuml, algorithm, dtype):
    case, data = CASES[algorithm], make_data(dtype)
    if algorithm == "MultinomialNB":  # counts
        data = Data(np.abs(data.X), np.abs(data.held_out), *(getattr(data, name) for name in Data.__slots__[2:]))
    if dtype == "float64" and algorithm in FLOAT32_ONLY:
        with pytest.raises(UnsupportedError, match="float32 only"):
            call(cuml, algorithm, data, case.params)
        return
    ours = call(cuml, algorithm, data, case.params)
    estimator, output = stock(algorithm, data, case.params)
    mine, theirs = case.figure(cuml, ours.estimator, ours.output, data), case.figure(cuml, estimator, output, data)
    assert abs(mine - theirs) <= case.tolerance * (abs(theirs) if case.relative else 1.0), (mine, theirs)
    for report in filter(None, (ours.fit, ours.predict)):
        assert (report.engine, report.accelerated, report.cause) == ("cuML", True, "")
        assert "allocations on the device" in report.evidence
    assert ours.peak_device_bytes is not None
    assert ours.peak_device_bytes >= data.X.nbytes


def test_multi_class_svc_takes_its_gamma_from_all_rows(cuml) -> None:
    data = make_data("float64")
    called = call(cuml, "SVC", data, {})
    assert called.estimator.gamma == "scale"
    inner = called.estimator._multiclass.multiclass_estimator.estimators_
    assert len(inner) == 3
    expected = 1.0 / (FEATURES * data.X.var())
    np.testing.assert_allclose([one._gamma for one in inner], expected, rtol=1e-6)


def test_k_means_stops_where_scikit_learns_stops(cuml) -> None:
    """The tolerance is relative to the variance: on data a hundred times as wide both take the same steps."""
    narrow = make_data("float64")
    for scale in (1.0, 100.0):
        X = narrow.X * scale
        data = Data(X, X[:10], *(getattr(narrow, name) for name in Data.__slots__[2:]))
        params = {"n_clusters": 12, "init": X[:12], "n_init": 1, "tol": 1e-3, "max_iter": 300}
        ours, (theirs, _) = call(cuml, "KMeans", data, params).estimator, stock("KMeans", data, params)
        assert ours.tol == 1e-3
        assert abs(ours.n_iter_ - theirs.n_iter_) <= 1


def test_the_peak_is_since_the_last_call(cuml) -> None:
    cuml.to_device(np.zeros(1))
    cuml.peak_device_bytes()
    held = cuml.to_device(np.zeros(50_000_000, dtype=np.float32))
    assert cuml.peak_device_bytes() >= held.nbytes
    nbytes = held.nbytes
    assert cuml.peak_device_bytes() >= nbytes  # it is still held
    del held
    cuml.peak_device_bytes()
    assert cuml.peak_device_bytes() < nbytes


def test_arrays_come_in_the_order_that_the_estimator_reads_and_go_back_whole(cuml) -> None:
    array = np.arange(12, dtype=np.float32).reshape(4, 3)
    for algorithm, order in (("PCA", "F_CONTIGUOUS"), ("KMeans", "C_CONTIGUOUS")):
        cuml.estimator(Problem(algorithm, {}, 100, 3, 0, "float32", 1))
        for given in (array, np.asfortranarray(array)):
            copied = cuml.to_device(given)
            assert copied.flags[order]
            np.testing.assert_array_equal(cuml.to_host(copied), array)


def test_the_time_of_a_fit_does_not_leak_into_predict(cuml) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400_000, 64), dtype=np.float32)
    params = {"n_clusters": 64, "init": X[:64], "n_init": 1, "max_iter": 50, "tol": 0.0}
    given = Problem("KMeans", params, *X.shape, 0, "float32", 1)
    directly, later = [], []
    for _ in range(6):
        estimator = cuml.estimator(given)
        train, few = cuml.to_device(X), cuml.to_device(X[:2000])
        watch = Stopwatch(cuml.synchronize)
        with watch.phase("fit"):
            estimator.fit(train)
        with watch.phase("predict"):
            estimator.predict(few)
        directly.append(watch.wall_s["predict"])
        time.sleep(0.05)
        with watch.phase("again"):
            estimator.predict(few)
        later.append(watch.wall_s["again"])
        assert watch.wall_s["fit"] > 5 * watch.wall_s["predict"]
    assert statistics.median(directly[1:]) < 3 * statistics.median(later[1:])


def test_a_copy_takes_as_long_as_its_bytes_over_the_bus(cuml) -> None:
    array = np.ones((64_000_000, 2), dtype=np.float32)  # 512 MB
    cuml.estimator(Problem("KMeans", {}, *array.shape, 0, "float32", 1))
    watch = Stopwatch(cuml.synchronize)
    for _ in range(2):  # the second time with pages and pools in place
        with watch.phase("in"):
            copied = cuml.to_device(array)
        with watch.phase("out"):
            back = cuml.to_host(copied)
        del copied
    np.testing.assert_array_equal(back[:3], array[:3])
    for phase in ("in", "out"):
        assert 0.3e9 < array.nbytes / watch.wall_s[phase] < 200e9, (phase, watch.wall_s)


def in_a_process(code: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().rpartition("\n")[2])


COLD = """
import json
import numpy as np
from backends._cuml.device import has_context
from backends.discovery import create
from backends.protocol import Problem
from suite.measure.passes import Stopwatch
backend = create(NAME)
backend.load(frozenset({"Ridge"}))
backend.start(2)
X = np.random.default_rng(0).standard_normal((2000, 20), dtype=np.float32)
y = X @ np.arange(20, dtype=np.float32)
backend.peak_device_bytes()
untouched, times, reports = not has_context(), [], []
for _ in range(3):
    estimator = backend.estimator(Problem("Ridge", {}, 2000, 20, 0, "float32", 2))
    watch = Stopwatch(backend.synchronize)
    with backend.observe(strict=True) as observation:
        with watch.phase("copy_in"):
            train = backend.to_device(X), backend.to_device(y)
        with watch.phase("fit"):
            estimator.fit(*train)
        report = observation.report()
        with watch.phase("predict"):
            estimator.predict(train[0])
        predicted = observation.report()
    times.append(sum(watch.wall_s.values()))
    reports.append([report.engine, report.accelerated, predicted.engine, predicted.accelerated, report.evidence])
print(json.dumps({"untouched": untouched, "times": times, "reports": reports}))
"""


@pytest.mark.parametrize(("name", "engine"), [("cuml", "cuML"), ("cuml-accel", "cuml.accel")])
def test_the_first_pass_pays_for_the_start_of_the_device(name, engine) -> None:
    seen = in_a_process(f"NAME = {name!r}\n{COLD}")
    assert seen["untouched"]
    cold, *warm = seen["times"]
    assert cold > 3 * max(warm)
    for report in seen["reports"]:
        assert report[:4] == [engine, True, engine, True]


ACCEL = """
import json
from backends.discovery import create
from backends.protocol import Problem
import numpy as np
backend = create("cuml-accel")
backend.load(frozenset({"SVC", "PCA"}))
backend.start(2)
X = np.random.default_rng(0).standard_normal((500, 5), dtype=np.float32)
y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
backend.to_device(X)
said = []
for labels in (y > 0, y):
    estimator = backend.estimator(Problem("SVC", {}, 500, 5, 3, "float32", 2))
    with backend.observe(strict=False) as observation:
        estimator.fit(X, labels)
        report = observation.report()
    said.append([report.engine, report.accelerated, report.cause])
print(json.dumps(said))
"""


def test_the_accelerator_says_what_it_left_to_scikit_learn() -> None:
    assert in_a_process(ACCEL) == [
        ["cuml.accel", True, ""],
        ["scikit-learn", False, "Multiclass `y` is not supported"],
    ]


def test_a_run_records_the_engine_the_copies_and_the_memory(tmp_path) -> None:
    command = [sys.executable, "-m", "suite", "run", "--workload", "kmeans-digits", "--dtype", "float32"]
    command += ["--backend", "sklearn", "--backend", "cuml", "--backend", "cuml-accel", "--processes", "1"]
    command += ["--budget", "60s", "--results", str(tmp_path), "--no-report"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = (folder for folder in tmp_path.iterdir() if folder.is_dir())
    (group,) = load(path).groups
    backends = {case.id: case.backend for case in group.group.cases}
    samples = [sample for one in group.rounds for sample in one.samples]
    engines = {(backends[sample.case], sample.engine_fit, sample.engine_predict) for sample in samples}
    assert engines == {
        ("sklearn", "scikit-learn", "scikit-learn"),
        ("cuml", "cuML", "cuML"),
        ("cuml-accel", "cuml.accel", "cuml.accel"),
    }
    for sample in samples:
        if backends[sample.case] == "cuml":
            assert min(sample.copy_in_s, sample.copy_out_s) > 0
            assert sample.peak_device_bytes
    for case, outcome in group.outcomes.items():
        assert outcome.status is Status.MEASURED, (backends[case], outcome)
