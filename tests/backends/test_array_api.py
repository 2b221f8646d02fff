"""scikit-learn on other libraries' arrays: the same results, on the device, and what is seen when they are not.

What needs dispatch runs in processes started as workers are, with the backend's variables: SciPy reads one of them when
it is imported. `array_api_strict` stands for a GPU here: its "device1" is no host, and its arrays refuse to become
NumPy's unless they are asked to.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import forked
import numpy as np
import pytest
from backend_calls import problem

from backends import _cuda
from backends._array_api import base
from backends._array_api.offers import DISPATCHED, HOST_ONLY, LIMITS
from backends._array_api.watch import Place, Watch, watched, watching
from backends.algorithms import ALGORITHMS
from backends.cupy import _Memory
from backends.discovery import create
from backends.protocol import State, UnsupportedError

ROOT = Path(base.__file__).parents[2]
SPECS = [
    "torch",
    "dpnp",
    *(
        pytest.param(spec, marks=pytest.mark.gpu)
        for spec in ("torch:cuda", "torch:xpu", "torch:mps", "cupy", "dpnp:gpu")
    ),
]
#: Parameters that make the results comparable, or the algorithm dispatch.
PARAMS = {
    "GaussianMixture": {"n_components": 3, "init_params": "random_from_data", "random_state": 0, "tol": 1e-6},
    "LogisticRegression": {"tol": 1e-6, "max_iter": 1000},
    "Nystroem": {"n_components": 10, "random_state": 0},
    "PCA": {"n_components": 3},
    "PoissonRegressor": {"tol": 1e-6, "max_iter": 1000},
}

#: Three classes and positive targets, mapped read-only, X in Fortran's order: what a worker hands to a backend.
PRELUDE = """
import contextlib, json, sys, tempfile
from pathlib import Path
import numpy as np
import sklearn.decomposition, sklearn.linear_model
with contextlib.suppress(ImportError):
    import torch
from backend_calls import make_data, problem
from backends.algorithms import ALGORITHMS
from backends.discovery import create

def mapped(dtype):
    data, folder = make_data(dtype), Path(tempfile.mkdtemp())
    noise = np.random.default_rng(1).standard_normal(len(data.X))
    arrays = {
        "X": np.asfortranarray(data.X),
        "classes": np.digitize(data.targets + noise, [-5, 5]).astype(np.int64),
        "targets": np.exp(data.targets / 10).astype(dtype),
    }
    for name, array in arrays.items():
        np.save(folder / name, array)
    return {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in arrays}

def fit(backend, algorithm, data, params, strict=True):
    estimator = backend.estimator(problem(algorithm, params, n_classes=3, dtype=data["X"].dtype.name))
    y = data["targets" if ALGORITHMS[algorithm].task == "regression" else "classes"]
    with backend.observe(strict=strict) as observation:
        X, y = backend.to_device(np.asarray(data["X"])), backend.to_device(np.asarray(y))
        backend.synchronize()
        estimator.fit(X, y)
        backend.synchronize()
        fitted = observation.report()
        output = getattr(estimator, ALGORITHMS[algorithm].output)(X)
        return estimator, fitted, observation.report(), backend.to_host(output)
"""

OFFERED = """
import sklearn
backend, stock = create(SPEC), create("sklearn")
backend.load(frozenset(PARAMS["names"]))
results = {}
for dtype in PARAMS["dtypes"]:
    data = mapped(dtype)
    for name in PARAMS["names"]:
        params = PARAMS["params"].get(name, {})
        backend.start(2)
        backend.peak_device_bytes()
        _, fitted, given, output = fit(backend, name, data, params)
        sklearn.set_config(array_api_dispatch=False)
        expected = fit(stock, name, data, params)[3]
        results[f"{name} {dtype}"] = {
            "fit": [fitted.accelerated, fitted.engine, fitted.cause, fitted.evidence],
            "output": [given.accelerated, given.engine, given.cause, given.evidence],
            "type": [type(output).__name__, output.dtype.name, expected.dtype.name],
            "differ": float(np.mean(output != expected)),
            "far": float(np.max(np.abs(np.abs(output) - np.abs(expected)) / np.abs(expected).max())),
            "peak": backend.peak_device_bytes(),
        }
print(json.dumps(results))
"""


def run(code, spec="torch", **params):
    """Run code as a worker of this backend would, and return what it printed as JSON."""
    environment = os.environ | dict(create(spec).environment(2))
    code = f"SPEC, PARAMS = {spec!r}, {params!r}\n{code}"
    return json.loads(forked.run(PRELUDE, code, environment=environment, path=(ROOT,)))


@cache
def looked_at_closely(spec):
    return create(spec).probe()


@cache
def computed(spec):
    dtypes = ["float32"] if spec == "torch:mps" else ["float64", "float32"]
    return run(OFFERED, spec, names=list(DISPATCHED), params=PARAMS, dtypes=dtypes)


def results_of(spec):
    """Run every offered algorithm of a backend once, in both precisions where the device has them."""
    diagnosis = looked_at_closely(spec)
    if diagnosis.state is not State.READY:
        pytest.skip(f"{spec}: {diagnosis.state}: {diagnosis.detail}")
    return computed(spec)


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.mark.parametrize("spec", SPECS)
def test_every_offered_algorithm_runs_on_the_device_and_says_so(spec):
    for case, result in results_of(spec).items():
        for what in ("fit", "output"):
            accelerated, engine, cause, evidence = result[what]
            assert accelerated, f"{case}: {cause}"
            assert engine.startswith(create(spec).name)
            assert not cause
            assert "the data" not in evidence
            assert ("the output" if what == "output" else "_") in evidence
        assert result["type"][0] == "ndarray"
        assert result["type"][1] == result["type"][2], case  # in the precision of stock's
        host = create(spec).device == "cpu"
        assert (result["peak"] is None) == (host or spec in ("torch:mps", "dpnp:gpu")), case


@pytest.mark.parametrize("spec", SPECS)
def test_the_results_are_stocks(spec):
    for case, result in results_of(spec).items():
        name, _, dtype = case.partition(" ")
        if ALGORITHMS[name].task in ("classification", "clustering"):
            assert result["differ"] <= (0 if dtype == "float64" else 0.01), case
        else:
            assert result["far"] < (1e-6 if dtype == "float64" else 2e-3), case


@pytest.mark.parametrize("spec", SPECS)
def test_what_is_handed_to_the_host_is_said(spec):
    for case, result in results_of(spec).items():
        name = case.partition(" ")[0]
        evidence = result["fit"][3]
        assert ("small arrays" in evidence) == (name in ("LogisticRegression", "PoissonRegressor")), case
        assert ("one value a row" in evidence) == (name == "RidgeClassifier"), case
        assert "made NumPy's" not in result["output"][3], case


PROBABILITIES = """
backend, results = create(SPEC), {}
backend.load(frozenset(PARAMS["names"]))
backend.start(2)
data = mapped("float64")
X, y = (backend.to_device(np.asarray(data[name])) for name in ("X", "classes"))
for name in PARAMS["names"]:
    estimator = backend.estimator(problem(name, PARAMS["params"].get(name, {}), n_classes=3))
    with backend.observe(strict=True) as observation:
        estimator.fit(X, y)
        observation.report()
        given = backend.to_host(estimator.predict_proba(X))
        report = observation.report()
        results[name] = [report.accelerated, report.cause, report.evidence, float(abs(given.sum(axis=1) - 1).max())]
print(json.dumps(results))
"""


def test_probabilities_are_watched_as_predictions_are(torch):
    names = ["LogisticRegression", "GaussianNB", "LinearDiscriminantAnalysis"]
    for name, (accelerated, cause, evidence, off) in run(PROBABILITIES, "torch", names=names, params=PARAMS).items():
        assert accelerated, f"{name}: {cause}"
        assert "the output" in evidence
        assert off < 1e-9


STRICT = """
from importlib import import_module
import array_api_strict as strict
import sklearn
from backends._array_api.base import ArrayApi
from backends._array_api.offers import refuse
from backends.protocol import Diagnosis, State
from backends._array_api.watch import Place, watched, _strays

DEVICE = strict.Device("device1")
ARRAY = type(strict.asarray(0.0))

class Strict(ArrayApi):
    name = title = module = "array_api_strict"
    packages = ()
    def _diagnose_library(self): return Diagnosis(State.READY)
    def _import_bridge(self): pass
    def _place(self):
        return Place("strict device1", ARRAY, lambda array: array.device == DEVICE, ("__array__", "__dlpack__"), False)
    def to_device(self, array): return strict.asarray(np.array(array), device=DEVICE)
    def _to_numpy(self, array): return np.asarray(array.to_device(strict.Device("CPU_DEVICE")))

backend = Strict()
backend.start(1)
"""

STRICT_OFFERED = """
results = {}
data = mapped("float64")
for name in PARAMS["names"]:
    _, fitted, given, _ = fit(backend, name, data, PARAMS["params"].get(name, {}))
    results[name] = [fitted.accelerated and given.accelerated, fitted.cause + given.cause]
print(json.dumps(results))
"""

STRICT_OTHERS = """
import inspect
data = mapped("float64")
X, results = backend.to_device(np.abs(data["X"])), {}
for name in PARAMS["names"]:
    entry = ALGORITHMS[name]
    y = backend.to_device(data["targets" if entry.task == "regression" else "classes"])
    estimator = getattr(import_module(entry.module), name)()
    try:
        estimator.fit(X, y)
        output = getattr(estimator, entry.output)(X) if entry.output else None
    except Exception as error:
        results[name] = type(error).__name__
        continue
    strays = list(_strays(estimator, backend._place()))
    results[name] = strays[0] if strays else "" if output is None or backend._place().has(output) else "the output"
print(json.dumps(results))
"""


def test_what_is_offered_stays_on_a_device_that_is_no_host():
    pytest.importorskip("array_api_strict")
    results = run(STRICT + STRICT_OFFERED, names=list(DISPATCHED), params=PARAMS)
    assert {name: cause for name, (accelerated, cause) in results.items() if not accelerated} == {}
    assert set(results) == set(DISPATCHED)


def test_what_is_not_offered_cannot_stay_there():
    """When scikit-learn learns to dispatch another algorithm, this fails, and it can be offered."""
    pytest.importorskip("array_api_strict")
    results = run(STRICT + STRICT_OTHERS, names=list(HOST_ONLY))
    assert [name for name, why in results.items() if not why] == []


SNEAKY = """
from backends.protocol import UnsupportedError
from sklearn.base import BaseEstimator
from sklearn.utils._array_api import get_namespace_and_device, move_to

class Sneaky(BaseEstimator):
    '''Leaves arrays on the device, but has them computed by NumPy: `taken` says what it takes to the host.'''
    def __init__(self, taken="data"):
        self.taken = taken
    def fit(self, X, y=None):
        xp, _, device = get_namespace_and_device(X)
        if self.taken == "data":
            self.mean_ = xp.asarray(move_to(X, xp=np, device="cpu").mean(axis=0), device=device)
        elif self.taken == "nothing":
            self.mean_ = xp.mean(X, axis=0)
        else:
            self.mean_ = xp.mean(X, axis=0) + 0 * float(move_to(X[:, 0], xp=np, device="cpu").sum())
        return self
    def transform(self, X):
        return X - self.mean_

def sneak(backend, taken, strict):
    estimator = watched(Sneaky, "transform")(taken)
    estimator._watch = backend._watching()
    with backend.observe(strict=strict) as observation:
        X = backend.to_device(mapped("float64")["X"])
        try:
            estimator.fit(X)
        except UnsupportedError as error:
            return [None, "", str(error), ""]
        report = observation.report()
        return [report.accelerated, report.engine, report.cause, report.evidence]

cases = [(taken, strict) for taken in ("nothing", "column", "data") for strict in (False, True)]
print(json.dumps({f"{taken} {strict}": sneak(backend, taken, strict) for taken, strict in cases}))
"""


def test_a_copy_of_the_data_to_the_host_is_a_fallback_though_the_results_lie_on_the_device():
    pytest.importorskip("array_api_strict")
    seen = run(STRICT + SNEAKY)
    assert seen["nothing False"] == seen["nothing True"] == [True, "strict device1", "", seen["nothing True"][3]]
    assert "made NumPy's" not in seen["nothing False"][3]
    assert seen["column False"][0] is seen["column True"][0] is True
    assert "made NumPy's: one value a row (1 times, at most 400 values)" in seen["column False"][3]
    assert seen["data False"][:3] == [False, "scikit-learn", "scikit-learn took 400 × 6 values to the host"]
    assert seen["data True"][0] is None
    assert seen["data True"][2] == "scikit-learn would compute on the host: it takes 400 × 6 values"


def test_a_copy_of_the_data_to_numpy_on_the_host_is_told(torch):
    code = "from backends._array_api.watch import watched\nbackend = create(SPEC)\n"
    seen = run(code + "backend.load(frozenset())\nbackend.start(1)\n" + SNEAKY)
    assert seen["data False"][0] is True
    assert seen["data False"][3].endswith("made NumPy's: the data (1 times, at most 400 × 6 values)")
    assert "made NumPy's" not in seen["nothing False"][3]


FORCED = """
backend = create(SPEC)
backend.load(frozenset({"PCA"}))
from backends.protocol import UnsupportedError
data = mapped("float64")
_, fitted, given, output = fit(backend, "PCA", data, {}, strict=False)
try:
    fit(backend, "PCA", data, {}, strict=True)
    refused = ""
except UnsupportedError as error:
    refused = str(error)
reports = [[it.accelerated, it.engine, it.cause] for it in (fitted, given)]
print(json.dumps({"reports": reports, "type": type(output).__name__, "refused": refused}))
"""


def test_without_dispatch_the_numpy_results_are_a_fallback(torch):
    """The worker has not been started: nothing has switched the dispatch on, and scikit-learn says nothing."""
    seen = run(FORCED)
    (fit_accelerated, fit_engine, fit_cause), (accelerated, _, cause) = seen["reports"]
    assert (fit_accelerated, accelerated, fit_engine) == (False, False, "scikit-learn")
    assert fit_cause == "mean_ is a numpy.ndarray, no torch.Tensor on cpu"
    assert cause == "the output is a numpy.ndarray, no torch.Tensor on cpu"
    assert seen["type"] == "ndarray"
    assert seen["refused"] == "scikit-learn would compute on the host: array API dispatch is off"


CONVERSIONS = """
import torch
from backends._array_api.watch import Watch, watching
backend = create(SPEC)
before = {name: torch.Tensor.__dict__.get(name) for name in ("numpy", "tolist", "__dlpack__", "__array__")}
tensor, seen = torch.ones((5, 3)), {}
ways = {
    "asarray": lambda: np.asarray(tensor), "numpy": lambda: tensor.numpy(), "tolist": lambda: tensor.tolist(),
    "dlpack": lambda: np.from_dlpack(tensor), "scalar": lambda: (tensor.sum().item(), float(tensor[0, 0])),
    "cpu": lambda: tensor.cpu(), "double": lambda: tensor.to(torch.float64), "slice": lambda: tensor[1:],
}
with backend.observe(strict=False) as watch:
    for name, way in ways.items():
        watch.data = (5, 3)
        way()
        watch.data = None
        seen[name] = len(watch.copies)
        watch.copies.clear()
    tensor.numpy()
    seen["outside"] = len(watch.copies)
after = {name: torch.Tensor.__dict__.get(name) for name in before}
print(json.dumps(seen | {"restored": all(after[name] is before[name] for name in before)}))
"""


def test_each_way_to_numpy_is_seen_once_and_no_other(torch):
    seen = run(CONVERSIONS)
    assert seen.pop("restored")
    ways = ("asarray", "numpy", "tolist", "dlpack")
    assert seen == dict.fromkeys(seen, 0) | dict.fromkeys(ways, 1)


def test_only_what_leaves_the_device_counts():
    strict = pytest.importorskip("array_api_strict")
    here, host = strict.Device("device1"), strict.Device("CPU_DEVICE")
    array = strict.asarray(np.ones((4, 2)), device=here)
    watch = Watch(Place("strict device1", type(array), lambda it: it.device == here, ("to_device",), on_host=False))
    with watching(watch, strict=False):
        watch.data = (4, 2)
        array.to_device(here)
        strict.asarray(np.ones(5)).to_device(here)
        array[0, 0].to_device(host)
        assert watch.copies == []
        array.to_device(host)
        assert watch.copies == [((4, 2), (4, 2))]


@pytest.mark.parametrize("name", ["torch", "cupy", "dpnp"])
def test_every_algorithm_is_offered_or_has_a_reason(name):
    backend = create(name)
    assert set(DISPATCHED) | set(HOST_ONLY) == set(ALGORITHMS)
    assert not set(DISPATCHED) & set(HOST_ONLY)
    for algorithm in ALGORITHMS:
        offer = backend.offer(algorithm)
        assert bool(offer.estimator) != bool(offer.reason)
        if offer.estimator:
            module, _, cls = offer.estimator.rpartition(".")
            assert hasattr(import_module(module), cls)
    assert backend.offer("Nonsense").reason


def test_the_limits_are_of_parameters_that_there_are():
    for algorithm, limits in LIMITS.items():
        known = getattr(import_module(ALGORITHMS[algorithm].module), algorithm)().get_params()
        assert set(limits) <= set(known)
        assert {fate.parameter for fate in create("torch").fates(algorithm)} >= set(limits)


@pytest.mark.parametrize(
    ("algorithm", "params", "reason"),
    [
        ("KMeans", {}, "KMeans does not dispatch: scikit-learn: its iterations are compiled code"),
        ("GaussianMixture", {}, r"GaussianMixture\(init_params='kmeans'\): k-means does not dispatch"),
        ("GaussianMixture", {"init_params": "random", "warm_start": True}, "warm_start=True"),
        ("LinearDiscriminantAnalysis", {"solver": "lsqr"}, "solver='lsqr'.*only the SVD"),
        ("LinearDiscriminantAnalysis", {"store_covariance": True}, "store_covariance=True"),
        ("LogisticRegression", {"solver": "newton-cholesky"}, "only L-BFGS dispatches"),
        ("LogisticRegression", {"l1_ratio": 0.5}, r"l1_ratio=0.5\): L-BFGS.*has the L2 penalty only"),
        ("LogisticRegression", {"penalty": "l1"}, "penalty='l1'"),
        ("PCA", {"svd_solver": "arpack"}, "svd_solver='arpack'.*ARPACK takes NumPy arrays only"),
        ("PCA", {"svd_solver": "randomized"}, "power_iteration_normalizer='auto'.*QR, where it takes LU"),
        ("PCA", {"copy": False}, "copy=False"),
        ("PoissonRegressor", {"solver": "newton-cholesky"}, "only L-BFGS dispatches"),
        ("Ridge", {"solver": "cholesky"}, "Ridge.solver='cholesky'.: only the SVD dispatches"),
        ("Ridge", {"positive": True}, "positive=True"),
        ("Ridge", {"alhpa": 1.0}, "Ridge of PyTorch .array API. has no parameter 'alhpa'; did you mean 'alpha'"),
        ("RidgeClassifier", {"class_weight": "balanced"}, "class_weight='balanced'.*computed by NumPy"),
        ("StandardScaler", {"with_mean": "yes"}, "The 'with_mean' parameter"),
    ],
)
def test_what_would_go_to_numpy_is_refused(torch, algorithm, params, reason):
    with pytest.raises(UnsupportedError, match=reason):
        create("torch").estimator(problem(algorithm, params))


@pytest.mark.parametrize(
    ("algorithm", "params", "shape", "expected"),
    [
        ("PCA", {}, {"n_samples": 100, "n_features": 100}, {"svd_solver": "covariance_eigh"}),
        ("PCA", {}, {"n_samples": 99, "n_features": 100}, {"svd_solver": "full"}),
        ("PCA", {"svd_solver": "randomized", "power_iteration_normalizer": "QR"}, {}, {"svd_solver": "randomized"}),
        ("PCA", {"svd_solver": "auto", "n_components": 3}, {"n_samples": 400}, {"svd_solver": "auto"}),
        ("Ridge", {}, {}, {"solver": "svd"}),
        ("Ridge", {"solver": "auto"}, {}, {"solver": "auto"}),
        ("RidgeClassifier", {}, {}, {"solver": "svd"}),
        ("LogisticRegression", {}, {}, {"solver": "lbfgs", "l1_ratio": 0.0}),
    ],
)
def test_a_solver_that_dispatches_is_chosen_where_the_problem_leaves_it_open(torch, algorithm, params, shape, expected):
    assert expected.items() <= create("torch").estimator(problem(algorithm, params, **shape)).get_params().items()


def test_an_automatic_choice_that_would_become_the_randomised_solver_is_refused(torch):
    params = {"svd_solver": "auto", "n_components": 5}
    with pytest.raises(UnsupportedError, match="randomised"):
        create("torch").estimator(problem("PCA", params, n_samples=5000, n_features=600))


def test_arrays_among_the_parameters_lie_with_the_data(torch):
    centers = np.zeros((3, 6))
    params = {"n_components": 3, "init_params": "random", "means_init": centers}
    given = create("torch").estimator(problem("GaussianMixture", params, dtype="float32")).get_params()["means_init"]
    assert (type(given), given.dtype, tuple(given.shape)) == (torch.Tensor, torch.float32, (3, 6))
    assert type(create("torch").estimator(problem("GaussianNB", {"priors": [0.5, 0.5]})).priors) is torch.Tensor


def test_no_float64_where_the_device_has_none(torch):
    backend = create("torch:mps")
    with pytest.raises(UnsupportedError, match=r"^torch mps has no float64 on this device$"):
        backend.estimator(problem("Ridge"))
    assert backend.estimator(problem("Ridge", dtype="float32")).get_params()["solver"] == "svd"
    assert create("torch").estimator(problem("Ridge"))


def test_the_host_shares_its_memory_in_its_order(torch, tmp_path):
    backend = create("torch")
    np.save(tmp_path / "X.npy", np.asfortranarray(np.arange(12.0).reshape(4, 3)))
    array = np.asarray(np.load(tmp_path / "X.npy", mmap_mode="r"))
    tensor = backend.to_device(array)
    assert tensor.data_ptr() == array.ctypes.data
    assert (tensor.stride(), tensor.dtype) == ((1, 4), torch.float64)
    np.testing.assert_array_equal(backend.to_host(tensor), array)
    assert backend.to_host(array) is array
    np.testing.assert_array_equal(backend.to_host(backend.to_device(array[::-1])), array[::-1])
    assert backend.to_device(np.arange(3)).dtype == torch.int64
    with pytest.raises(UnsupportedError, match="PyTorch has no tensors of object"):
        backend.to_device(np.array(["a", "b"], dtype=object))
    assert backend.peak_device_bytes() is None
    backend.synchronize()


def test_cupys_memory_is_counted_from_its_hooks():
    memory = _Memory()
    memory.malloc_postprocess(device_id=0, size=500, mem_size=512, mem_ptr=1, pmem_id=1)
    memory.malloc_postprocess(device_id=0, size=100, mem_size=512, mem_ptr=2, pmem_id=2)
    memory.free_postprocess(device_id=0, mem_size=512, mem_ptr=1, pmem_id=1)
    assert (memory.used_bytes, memory.peak_bytes) == (512, 1024)


def test_calls_are_watched_only_while_someone_observes():
    from sklearn.preprocessing import StandardScaler

    watch = Watch(Place("numpy cpu", np.ndarray, lambda _: True, exits=(), on_host=True))
    scaler = watched(StandardScaler, "transform")()
    scaler._watch = watch
    scaler.fit(np.ones((3, 2)))
    with watching(watch, strict=False) as observation:
        assert observation.report().cause == "no call was seen"
        scaler.fit(np.ones((3, 2)))
        assert observation.report().evidence == "numpy.ndarray on cpu: mean_, var_, scale_"
        assert observation.report().accelerated is False
    assert watched(StandardScaler, "transform") is type(scaler)
    assert (type(scaler).__name__, type(scaler).__module__) == ("StandardScaler", StandardScaler.__module__)


#: Loads as the parent of workers does, forks, and fits in the child with two threads; a child that hangs is killed.
FORK = """
import os, signal
backend = create(SPEC)
algorithms = ["PCA", "LogisticRegression", "Ridge"]
create("sklearn").load(frozenset(algorithms))
before = os.listdir("/proc/self/task")  # OpenBLAS and pyarrow start threads, and cope with a fork
backend.load(frozenset(algorithms))
assert backend.fork_safe
assert os.listdir("/proc/self/task") == before
data = mapped("float64")
for algorithm in algorithms:
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        backend.start(2)
        os._exit(0 if fit(backend, algorithm, data, {})[1].accelerated else 1)
    _, status = os.waitpid(child, 0)
    assert status == 0, f"{algorithm}: {status}"
print(json.dumps(len(algorithms)))
"""

#: CPU seconds that threads other than the main one spent in fits, with one thread allowed and then with two.
THREADS = """
import time
backend = create(SPEC)
backend.load(frozenset({"PCA"}))
X = backend.to_device(np.random.default_rng(0).standard_normal((20000, 200)))

def spent_by_others(threads, fits):
    backend.start(threads)
    estimator = backend.estimator(problem("PCA", threads=threads, n_samples=20000, n_features=200))
    estimator.fit(X)
    process, own = time.process_time(), time.thread_time()
    for _ in range(fits):
        estimator.fit(X)
        others = (time.process_time() - process) - (time.thread_time() - own)
        if others > 0.05:
            break
    return others

spent_by_others(1, 3)  # a pool's threads spin for a moment when they begin
print(json.dumps([spent_by_others(1, 3), spent_by_others(2, 100)]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks safely")
def test_a_process_that_only_loaded_torch_may_be_forked(torch):
    assert run(FORK) == 3


def test_a_gpus_process_is_not_forked():
    assert not create("torch:cuda").fork_safe
    assert not create("cupy").fork_safe
    assert not create("dpnp").fork_safe
    assert create("torch").fork_safe == (sys.platform == "linux")


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two CPUs")
def test_the_number_of_threads_is_obeyed(torch):
    with_one, with_two = run(THREADS)
    assert with_one < 0.03
    assert with_two > 0.05


def diagnose(spec, site, *, closer=False):
    """Diagnose where this folder's packages are found first; return state, detail, cure, version and device."""
    code = f"""
import json, sys
from backends.discovery import create
from dataclasses import astuple
answer = astuple(create({spec!r}).{"probe" if closer else "diagnose"}())
assert not {{"torch", "cupy", "dpnp", "numpy", "sklearn"}} & set(sys.modules)
print(json.dumps(answer))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": f"{site}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def make_torch(site, *, cuda=None, hip=None, xpu=None, has="2.13.0"):
    """Lay a torch that must not be imported, whose version.py is as PyTorch's builds write it."""
    (site / "torch").mkdir()
    (site / "torch" / "__init__.py").write_text("raise ImportError('it was imported')")
    (site / "torch" / "version.py").write_text(
        f"from typing import Optional\n\n__all__ = ['__version__', 'cuda', 'hip', 'xpu']\n__version__ = {has!r}\n"
        f"debug = False\ncuda: Optional[str] = {cuda!r}\nhip: Optional[str] = {hip!r}\nxpu: Optional[str] = {xpu!r}\n"
    )
    return site


def test_torch_is_ready_on_the_cpu_and_computes(torch, tmp_path):
    assert diagnose("torch", tmp_path) == ["ready", "", "", torch.__version__, "CPU"]
    assert diagnose("torch", tmp_path, closer=True)[0] == "ready"


@pytest.mark.skipif(_cuda.look().cuda is not None, reason="there is an NVIDIA driver")
@pytest.mark.parametrize(
    ("spec", "build", "state", "about"),
    [
        (
            "torch:cuda",
            {"has": "2.13.0+cpu"},
            "library fails to load",
            "torch 2.13.0+cpu is built without CUDA or ROCm",
        ),
        ("torch:cuda", {"cuda": "12.8"}, "no driver", "there is no NVIDIA driver"),
        ("torch:xpu", {"cuda": "12.8"}, "library fails to load", "torch 2.13.0 is built without XPU"),
        ("torch", {"cuda": "13.0"}, "ready", ""),
    ],
)
def test_a_build_is_told_by_its_file(tmp_path, spec, build, state, about):
    answer = diagnose(spec, make_torch(tmp_path, **build))
    assert answer[0] == state
    assert answer[1].startswith(about)
    assert bool(answer[2]) == (state != "ready")
    assert answer[3] == build.get("has", "2.13.0")


def test_a_torch_that_does_not_load_is_found_by_the_closer_look(tmp_path):
    make_torch(tmp_path)
    assert diagnose("torch", tmp_path)[0] == "ready"
    state, detail, *_ = diagnose("torch", tmp_path, closer=True)
    assert (state, detail) == ("library fails to load", "ImportError: it was imported")


@pytest.mark.skipif(Path("/sys/class/kfd").exists(), reason="there is AMD's driver")
def test_a_rocm_build_without_amds_driver(tmp_path):
    state, detail, cure, *_ = diagnose("torch:cuda", make_torch(tmp_path, hip="6.4.43484"))
    assert (state, detail) == ("no driver", "there is no AMD compute driver (/sys/class/kfd/kfd/topology/nodes)")
    assert "amdgpu" in cure


def test_amds_gpus_are_told_from_cpus(tmp_path, monkeypatch):
    """The properties are as Linux's amdkfd writes them: a CPU's node has no target."""
    monkeypatch.setattr(base, "_KFD", tmp_path)
    assert base.judge_rocm("6.4", "2.13").state is State.NO_DEVICE
    for node, target in (("0", 0), ("1", 90010)):
        (tmp_path / node).mkdir()
        (tmp_path / node / "properties").write_text(
            f"cpu_cores_count 64\nsimd_count 416\ngfx_target_version {target}\n"
        )
    diagnosis = base.judge_rocm("6.4", "2.13")
    assert (diagnosis.state, diagnosis.device) == (State.READY, "AMD gfx90a, ROCm 6.4")


def test_intels_gpus_are_told_by_their_maker(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(base, "_DRM", tmp_path)
    assert base.intel_gpus() == 0
    for node, vendor in (("renderD128", "0x8086"), ("renderD129", "0x10de")):
        (tmp_path / node / "device").mkdir(parents=True)
        (tmp_path / node / "device" / "vendor").write_text(f"{vendor}\n")
    assert base.intel_gpus() == 1
    monkeypatch.setattr(sys, "platform", "win32")
    assert base.intel_gpus() is None


@pytest.mark.skipif(sys.platform == "darwin", reason="it may have MPS")
def test_mps_is_apples(torch):
    diagnosis = create("torch:mps").diagnose()
    assert diagnosis.state is State.WRONG_ARCHITECTURE
    assert diagnosis.detail.startswith("MPS needs macOS on arm64; this is linux")


@pytest.mark.skipif(_cuda.look().cuda is not None, reason="there is an NVIDIA driver")
@pytest.mark.parametrize(
    ("folders", "state", "about"),
    [
        (["cupy_cuda13x-14.2.0"], "no driver", "there is no NVIDIA driver"),
        (["cupy_rocm_7_0-14.2.0"], "no driver", "there is no AMD compute driver"),
        (["cupy_cuda12x-14.2.0", "cupy_cuda13x-14.2.0"], "library fails to load", "several builds are installed"),
    ],
)
def test_cupys_build_is_told_by_its_distribution(tmp_path, folders, state, about):
    if find_spec("cupy") is not None:
        pytest.skip("a CuPy is installed")
    (tmp_path / "cupy").mkdir()
    (tmp_path / "cupy" / "__init__.py").write_text("raise ImportError('it was imported')")
    for folder in folders:
        (tmp_path / f"{folder}.dist-info").mkdir()
    answer = diagnose("cupy", tmp_path)
    assert answer[0] == state
    assert answer[1].startswith(about)
    if "13x" in folders[0]:
        assert "CUDA 13.0" in answer[2]


def test_an_older_scikit_learn_dispatches_less(tmp_path):
    (tmp_path / "scikit_learn-1.8.2.dist-info").mkdir()
    for spec in ("torch", "cupy", "dpnp"):
        state, detail, cure, *_ = diagnose(spec, tmp_path)
        assert state == "library fails to load"
        assert detail == "scikit-learn 1.8.2 is installed; 1.9 or later dispatches all that is offered"
        assert cure == "pip install -U 'scikit-learn>=1.9'"


@pytest.mark.parametrize("name", ["torch", "cupy", "dpnp"])
def test_not_installed(name):
    """In an interpreter that sees nothing but this repository and scikit-learn's metadata."""
    code = f"""
import sys
sys.path.append({str(ROOT)!r})
import backends._array_api.base as ours
ours.version = lambda _: "1.9.1"
from backends.discovery import create
print(create({name!r}).diagnose())
"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "NOT_INSTALLED" in done.stdout
    assert "pip install" in done.stdout
