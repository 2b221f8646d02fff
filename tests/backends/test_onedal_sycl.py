"""oneDAL on SYCL devices: what is missing where, and where oneDAL's SYCL build is installed, what really runs there."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backend_calls import make_data, problem

from backends import _opencl, onedal
from backends._onedal import sycl as module
from backends._onedal.sycl import ELSEWHERE, OneDalSycl
from backends._onedal.watch import watch
from backends.algorithms import ALGORITHMS
from backends.discovery import create
from backends.onedal import PREVIEW, PREVIEW_VARIABLE, STABLE, OneDal
from backends.protocol import Diagnosis, State, UnsupportedError

ROOT = Path(module.__file__).parents[2]
DEVICES = ("cpu-sycl", "gpu")
INSTALLED = module._has_sycl_build() and find_spec("dpnp") is not None
needs_sycl = pytest.mark.skipif(not INSTALLED, reason="scikit-learn-intelex-gpu is not installed")
needs_cpu = pytest.mark.skipif(not (INSTALLED and _opencl.runtime()), reason="oneDAL for SYCL on CPUs is not installed")
KNOWN = Diagnosis(State.READY, version="1.0")
CURE = "pip install scikit-learn-intelex-gpu==2026.2.0 dpctl==0.22.1 dpnp==0.20.0"

HOST = ("sklearnex/__init__.py", "onedal/__init__.py", "scikit_learn_intelex-2026.2.0.dist-info/METADATA")
SYCL = (*HOST, "onedal/_onedal_py_dpc.so", "scikit_learn_intelex_gpu-2026.2.0.dist-info/METADATA")
ARRAYS = (*SYCL, "dpctl/__init__.py", "dpnp/__init__.py")
OPENCL = (*ARRAYS, "lib/libintelocl.so")
#: (installed files, device) -> state, part of the detail, cure
SEEN = [
    ((), "gpu", "NOT_INSTALLED", "no module named sklearnex", CURE.replace("==2026.2.0", "")),
    (HOST, "gpu", "NOT_INSTALLED", "is installed for the host only", CURE),
    (HOST, "cpu-sycl", "NOT_INSTALLED", "scikit-learn-intelex-gpu adds SYCL", f"{CURE} intel-opencl-rt"),
    (SYCL, "cpu-sycl", "NOT_INSTALLED", "no module named dpctl", f"{CURE} intel-opencl-rt"),
    (ARRAYS[:-1], "gpu", "NOT_INSTALLED", "no module named dpnp", CURE),
    (ARRAYS, "cpu-sycl", "NO_DRIVER", "no OpenCL for CPUs (libintelocl.so)", "pip install intel-opencl-rt"),
    (OPENCL, "cpu-sycl", "READY", "", ""),
]


@pytest.mark.parametrize(("files", "device", "state", "detail", "cure"), SEEN)
def test_what_is_missing_is_told_from_the_files_that_are_there(tmp_path, files, device, state, detail, cure):
    """In an interpreter that sees these files and this repository alone; none of them could be imported."""
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("raise ImportError('imported')\n")
    code = f"""
import json, sys
sys.path += [{str(tmp_path)!r}, {str(ROOT)!r}]
sys.prefix = {str(tmp_path)!r}
from backends.onedal import OneDal
seen = OneDal({device!r}).diagnose()
print(json.dumps([seen.state.name, seen.detail, seen.cure]))
assert not {{"onedal", "sklearnex", "dpctl", "dpnp", "numpy", "sklearn"}} & set(sys.modules)
"""
    environment = {name: value for name, value in os.environ.items() if name != _opencl.VARIABLE}
    command = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    found = json.loads(done.stdout)
    assert (found[0], found[2]) == (state, cure)
    assert detail in found[1]


def test_an_intel_gpu_is_looked_for_in_linux_own_list(tmp_path):
    assert module._gpu(KNOWN, tmp_path).state is State.NO_DEVICE
    card(tmp_path, "renderD128", "0x1002")
    assert "lists no Intel GPU" in module._gpu(KNOWN, tmp_path).detail
    card(tmp_path, "renderD129", "0x8086")
    closed = module._gpu(KNOWN, tmp_path)
    assert closed.state is State.NO_DEVICE
    assert closed.detail == "this user may not open the Intel GPU: /dev/dri/renderD129"
    assert "usermod -aG render" in closed.cure
    (tmp_path / "dev/dri").mkdir(parents=True)
    (tmp_path / "dev/dri/renderD129").touch()
    assert module._gpu(KNOWN, tmp_path) == Diagnosis(State.READY, version="1.0", device="Intel GPU renderD129")


def card(root: Path, node: str, vendor: str) -> None:
    folder = root / "sys/class/drm" / node / "device"
    folder.mkdir(parents=True)
    (folder / "vendor").write_text(f"{vendor}\n")


def test_the_runtime_is_found_by_what_its_distribution_lists(tmp_path, monkeypatch):
    library = tmp_path / "lib/libintelocl.so"
    record = tmp_path / "lib/python3/site/intel_opencl_rt-2026.2.0.dist-info/RECORD"
    record.parent.mkdir(parents=True)
    record.write_text("../../cl.cfg,sha256=x,1\n../../libintelocl.so,sha256=x,1\n")
    monkeypatch.setattr(sys, "path", [str(record.parents[1])])
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "elsewhere"))
    assert _opencl.runtime() == ""
    library.touch()
    assert _opencl.runtime() == str(library)


def test_the_device_chooses_the_class():
    for device in DEVICES:
        backend = create(f"onedal:{device}")
        assert (type(backend), backend.spec, backend.fork_safe) == (OneDalSycl, f"onedal:{device}", False)
    assert type(create("onedal")) is type(create("onedal:cpu")) is OneDal
    assert create("onedal").spec == "onedal"


@pytest.mark.parametrize("device", DEVICES)
def test_every_algorithm_has_an_offer_or_a_reason_and_none_that_the_host_lacks(device):
    backend, host = create(f"onedal:{device}"), create("onedal")
    for name in ALGORITHMS:
        offer = backend.offer(name)
        assert bool(offer.estimator) != bool(offer.reason), name
        if name not in ELSEWHERE[device]:
            assert offer.estimator == host.offer(name).estimator, name
            assert offer.reason == host.offer(name).reason, name
    assert set(ELSEWHERE[device]) <= STABLE | PREVIEW


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> OneDalSycl:
    pytest.importorskip("sklearnex", reason="scikit-learn-intelex is not installed")
    monkeypatch.setenv(PREVIEW_VARIABLE, "1")
    return OneDalSycl("gpu")


@pytest.mark.parametrize("algorithm", sorted(STABLE | PREVIEW))
def test_a_gpu_is_offered_what_oneDAL_says_it_supports_there(gpu, algorithm):  # noqa: N802
    """Ask the package's own conditions, which it also asks before it falls back: that needs no GPU."""
    offered = bool(gpu.offer(algorithm).estimator)
    asked = problem(algorithm)
    estimator = gpu.estimator(asked) if offered else onedal._offered(algorithm).cls()
    supported = getattr(estimator, "_onedal_gpu_supported", None)
    if supported is None:
        assert not offered
        return
    data = make_data()
    if "Neighbors" in algorithm or algorithm == "LocalOutlierFactor":
        given = (data.X, data.y(algorithm))
    elif ALGORITHMS[algorithm].task not in ("classification", "regression"):
        given = (data.X,)
    else:
        given = (data.X, data.y(algorithm), None)
    assert supported("fit", *given).get_status() == offered


@pytest.mark.parametrize("algorithm", ["SVC", "LogisticRegression"])
def test_a_gpu_is_not_asked_for_more_than_two_classes(gpu, algorithm):
    assert gpu.estimator(problem(algorithm, n_classes=2))
    with pytest.raises(UnsupportedError, match=f"oneDAL's {algorithm} on GPUs is for two classes, not 3"):
        gpu.estimator(problem(algorithm, n_classes=3))


def test_what_oneDAL_lacks_on_a_device_is_refused_with_the_reason(gpu):  # noqa: N802
    with pytest.raises(UnsupportedError, match="oneDAL has it for CPUs only"):
        gpu.estimator(problem("SVR"))
    with pytest.raises(UnsupportedError, match="not for a CPU through SYCL"):
        OneDalSycl("cpu-sycl").estimator(problem("LogisticRegression"))
    with pytest.raises(UnsupportedError, match=r"KMeans.*lloyd instead of elkan"):
        gpu.estimator(problem("KMeans", {"algorithm": "elkan"}))


def test_newton_cg_is_no_preview_on_a_gpu(gpu, onedal):
    assert gpu.estimator(problem("LogisticRegression")).solver == "newton-cg"
    gpu.estimator(problem("LogisticRegression"))
    assert gpu._engine == "oneDAL"
    onedal.estimator(problem("LogisticRegression", {"solver": "newton-cg"}))
    assert onedal._engine == "oneDAL preview"


HOST_CALL = "Dispatching function 'svm.train' with policy <onedal._onedal_py_dpc.host_policy object at 0x1>"
SYCL_CALL = HOST_CALL.replace("host_policy", "data_parallel_policy")


def test_oneDALs_own_code_on_the_host_is_a_fallback_of_an_offloaded_call():  # noqa: N802
    logger = logging.getLogger("sklearnex")
    with watch("oneDAL on SYCL CPU", strict=False, offloaded_to="CPU") as observation:
        logger.debug(SYCL_CALL)
        assert observation.report().accelerated
        logger.debug(SYCL_CALL)
        logger.debug(HOST_CALL)
        report = observation.report()
    assert (report.engine, report.accelerated) == ("oneDAL on the host", False)
    assert report.cause == "oneDAL runs svm.train on the host, not on the CPU through SYCL"


def test_strict_stops_before_the_host_computes():
    with (
        watch("oneDAL on SYCL CPU", strict=True, offloaded_to="CPU"),
        pytest.raises(UnsupportedError, match=r"runs svm\.train on the host"),
    ):
        logging.getLogger("sklearnex").debug(HOST_CALL)


def test_a_cpu_is_no_gpu():
    with watch("oneDAL on SYCL GPU", strict=False, offloaded_to="GPU") as observation:
        logging.getLogger("sklearnex").info("sklearn.svm.SVC.fit: running accelerated version on CPU")
        logging.getLogger("sklearnex").debug(SYCL_CALL)
        report = observation.report()
    assert (report.accelerated, report.cause) == (False, "oneDAL says that it runs on CPU, not on the GPU")


@pytest.mark.skipif(INSTALLED, reason="needs an installation for the host only")
def test_the_host_build_alone_does_not_load_for_a_device():
    pytest.importorskip("sklearnex")
    code = "from backends.discovery import create\ncreate('onedal:cpu-sycl').load(frozenset())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr.strip().rpartition("\n")[2] == "ModuleNotFoundError: No module named 'dpnp'"
    assert create("onedal:cpu-sycl").probe().state is State.NOT_INSTALLED


# What follows runs oneDAL through SYCL.

#: Makes and starts the backend as a worker does; what follows prints JSON.
STARTED = """
import json, os, sys, warnings
warnings.simplefilter("ignore")
from backends.discovery import create
backend = create("onedal:cpu-sycl")
os.environ.update(backend.environment(2))
backend.load(frozenset({"SVC", "KMeans", "PCA", "LogisticRegression", "KNeighborsRegressor"}))
backend.start(2)
import numpy as np
from backend_calls import make_data, problem
data = make_data()
X, y = backend.to_device(data.X), backend.to_device(data.labels)
"""


def started(code: str, **variables: str) -> Any:
    paths = [str(ROOT), str(Path(__file__).parent)]
    done = subprocess.run(
        [sys.executable, "-c", STARTED + code],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)} | variables,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def table() -> dict[tuple[str, str], dict[str, Any]]:
    """Return what the script finds of every algorithm and dtype."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/check_sycl.py"), "--json"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return {(row["algorithm"], row["dtype"]): row for row in json.loads(done.stdout)}


@needs_cpu
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("algorithm", sorted(STABLE | PREVIEW))
def test_what_is_offered_runs_through_sycl_and_agrees_and_nothing_else_would(table, algorithm, dtype):
    row = table[algorithm, dtype]
    assert row["offered"] == bool(create("onedal:cpu-sycl").offer(algorithm).estimator)
    assert row["ok"], row
    assert ("data_parallel_policy" in row["fit"]) == row["offered"], row
    if row["offered"] and ALGORITHMS[algorithm].output and algorithm != "MaxAbsScaler":
        assert "data_parallel_policy" in row["output"], row


@needs_cpu
def test_arrays_stay_on_the_device_in_their_order_until_they_are_fetched():
    code = """
fixed = np.asfortranarray(data.X)
fixed.flags.writeable = False
there = backend.to_device(fixed)
svc = backend.estimator(problem("SVC")).fit(X, y)
found = svc.predict(X)
both = backend.to_host((found, 3))
print(json.dumps({
    "order": [bool(there.flags.f_contiguous), bool(X.flags.c_contiguous)],
    "same": backend.to_host(there).tobytes("A") == fixed.tobytes("A"),
    "types": [type(one).__name__ for one in (there, found, svc.dual_coef_, *both)],
    "queue": found.sycl_queue == backend._queue,
    "right": float((both[0] == data.labels).mean()),
    "host": type(backend.to_host(data.X)) is np.ndarray,
}))
"""
    seen = started(code)
    assert seen["order"] == [True, True]
    assert seen["types"] == ["dpnp_array", "dpnp_array", "dpnp_array", "ndarray", "int"]
    assert seen["same"]
    assert seen["queue"]
    assert seen["host"]
    assert seen["right"] > 0.9


OBSERVE = """
def seen_of(estimator, targets, *, strict=False):
    with backend.observe(strict=strict) as observation:
        try:
            estimator.fit(X, targets)
        except Exception as error:
            return [type(error).__name__, str(error)]
        fit = observation.report()
        (estimator.predict if hasattr(estimator, "predict") else estimator.transform)(X)
        return [[one.engine, one.accelerated, one.cause, one.evidence] for one in (fit, observation.report())]
"""


@needs_cpu
def test_the_evidence_is_the_policy_and_the_device():
    seen = started(OBSERVE + 'print(json.dumps(seen_of(backend.estimator(problem("SVC")), y, strict=True)))')
    for (engine, accelerated, cause, evidence), name in zip(seen, ("train", "infer"), strict=True):
        assert (engine, accelerated, cause) == ("oneDAL on SYCL CPU", True, "")
        assert f"entered svm.classification.{name}; data_parallel_policy; SYCL on " in evidence


@needs_cpu
def test_a_fallback_to_stock_is_told_and_stopped():
    code = """
wide = {"n_components": 2, "svd_solver": "randomized"}
print(json.dumps([seen_of(backend.estimator(problem("PCA", wide)), None, strict=strict) for strict in (False, True)]))
"""
    (fit, _), strictly = started(OBSERVE + code)
    assert fit[:2] == ["scikit-learn", False]
    assert "Only 'covariance_eigh' and 'full' solvers" in fit[2]
    assert strictly[0] == "UnsupportedError"


@needs_cpu
def test_where_arrays_do_not_stay_on_the_device_oneDAL_may_compute_on_the_host():  # noqa: N802
    """Without the array API: SYCL is asked for, and accelerated it says, but the policy is the host's."""
    code = """
import sklearnex
from sklearnex.linear_model import LogisticRegression
from sklearnex.neighbors import KNeighborsRegressor
with sklearnex.config_context(array_api_dispatch=False, target_offload="auto"):
    seen = [seen_of(LogisticRegression(), y), seen_of(KNeighborsRegressor(), y)]
    strictly = seen_of(LogisticRegression(), y, strict=True)
print(json.dumps([*seen, strictly]))
"""
    logistic, neighbours, strictly = started(OBSERVE + code)
    assert logistic[0][:2] == logistic[1][:2] == ["oneDAL on the host", False]
    assert neighbours[0][:2] == ["oneDAL on SYCL CPU", True]
    assert neighbours[1][:2] == ["oneDAL on the host", False]
    assert neighbours[1][2] == "oneDAL runs neighbors.search.infer_search on the host, not on the CPU through SYCL"
    assert strictly[0] == "UnsupportedError"


@needs_cpu
def test_the_start_of_kmeans_is_that_of_the_problem():
    code = """
params = {"n_clusters": 3, "init": data.X[:3], "n_init": 1, "max_iter": 1}
kmeans = backend.estimator(problem("KMeans", params)).fit(X)
print(json.dumps(backend.to_host(kmeans.cluster_centers_).tolist()))
"""
    X = make_data().X
    nearest = ((X[:, None] - X[:3]) ** 2).sum(axis=2).argmin(axis=1)
    expected = [X[nearest == one].mean(axis=0) for one in range(3)]
    np.testing.assert_allclose(started(code), expected, rtol=1e-10)


@needs_cpu
def test_the_runtime_of_this_environment_is_shown_to_opencl_in_the_worker(monkeypatch):
    monkeypatch.delenv(_opencl.VARIABLE, raising=False)
    assert started(f"print(json.dumps(os.environ[{_opencl.VARIABLE!r}]))") == _opencl.runtime()
    mine = {_opencl.VARIABLE: _opencl.runtime() + ":libother.so"}
    assert started(f"print(json.dumps(os.environ[{_opencl.VARIABLE!r}]))", **mine) == mine[_opencl.VARIABLE]


@needs_cpu
def test_the_device_has_as_many_units_as_the_process_has_cpus():
    code = "print(json.dumps([backend._queue.sycl_device.max_compute_units, len(os.sched_getaffinity(0))]))"
    units, cpus = started(code)
    assert units == cpus
    pinned = f"import os\nos.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n{STARTED}{code}"
    done = subprocess.run(
        [sys.executable, "-c", pinned],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)])},
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    assert json.loads(done.stdout) == [1, 1]


@needs_cpu
def test_the_closer_look_names_the_device(monkeypatch):
    monkeypatch.delenv(_opencl.VARIABLE, raising=False)
    backend = create("onedal:cpu-sycl")
    diagnosis = backend.probe()
    assert diagnosis.state is State.READY
    assert "opencl" in diagnosis.device
    assert diagnosis.version == backend.diagnose().version


@needs_cpu
def test_an_opencl_that_shows_no_cpu_is_no_device(monkeypatch):
    monkeypatch.setenv(_opencl.VARIABLE, "/nowhere/libintelocl.so")
    diagnosis = create("onedal:cpu-sycl").probe()
    assert (diagnosis.state, diagnosis.detail) == (
        State.NO_DEVICE,
        "SYCL sees no CPU: the OpenCL runtime does not load",
    )


@needs_sycl
@pytest.mark.skipif(any(Path("/sys/class/drm").glob("renderD*")), reason="there is a GPU")
def test_without_a_gpu_the_queue_cannot_be_made():
    assert create("onedal:gpu").diagnose().state is State.NO_DEVICE
    assert create("onedal:gpu").probe() == create("onedal:gpu").diagnose()
    code = "from backends.discovery import create\nb = create('onedal:gpu')\nb.load(frozenset())\nb.start(2)"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "SCIPY_ARRAY_API": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stderr.strip().endswith("SyclQueueCreationError: SYCL Device 'gpu' could not be created.")


@needs_sycl
@pytest.mark.gpu
@pytest.mark.skipif(create("onedal:gpu").diagnose().state is not State.READY, reason="there is no Intel GPU")
def test_a_real_gpu_agrees():
    command = [sys.executable, str(ROOT / "scripts/check_sycl.py"), "--device", "gpu"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
