"""cuML's backends: the tables against its constructors and scikit-learn's, what is refused, and whether it can run.

The constructors are those of the wheel, as `scripts/refresh_cuml_contract.py` writes them down. What needs cuML itself,
but no GPU, runs where it is installed (`-m cuml_import`), in processes of its own; what needs a GPU is in `tests/gpu`.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backend_calls import problem

from backends import _cuda
from backends._cuml.accel_tables import NOT_PROXIED, RULES, SUBSTITUTES, WRONG, refuse_substitutes
from backends._cuml.targets import FLOAT32_ONLY, LACKS, ORDERS, TARGETS
from backends._installed import version
from backends.algorithms import ALGORITHMS
from backends.cuml import BUILDS, Cuml, translated
from backends.cuml_accel import CumlAccel
from backends.diagnosis import check_named
from backends.discovery import create
from backends.protocol import State, UnsupportedError

CONTRACT = json.loads(Path(__file__).with_name("contracts").joinpath("cuml.json").read_text())
#: What scikit-learn's own defaults would have cuML refuse: the tests give these instead.
NEEDED = {
    "AgglomerativeClustering": {"linkage": "single"},
    "SpectralClustering": {"affinity": "nearest_neighbors"},
    "TargetEncoder": {"smooth": 1.0},
}
needs_cuml = pytest.mark.skipif(find_spec("cuml") is None, reason="cuML is not installed")

#: What is left at cuML's default, and why that is scikit-learn's meaning: the shape of a result, memory and speed,
#: inner constants of the same value (t-SNE's momenta), parameters that the solver in use does not read, or a known
#: difference that the note of the target tells (the bins of the forests). A new one fails the test below.
_COMMON = {"verbose": "False", "output_type": "None"}
_QN = {"linesearch_max_iter": "100", "lbfgs_memory": "5"}
_NEIGHBORS = {"algo_params": "None", "metric_params": "None", "n_jobs": "None"}
_FOREST = {
    "max_leaves": "-1",
    "n_bins": "128",
    "min_impurity_decrease": "0.0",
    "max_batch_size": "4096",
    "n_streams": "4",
    "oob_score": "False",
}
_DESCENT = {"solver": "'auto'", "selection": "'cyclic'"}
LEFT_AT_DEFAULT: dict[str, dict[str, str]] = {
    "LogisticRegression": {**_QN, "linesearch_max_iter": "50", "l1_ratio": "None", "penalty_normalized": "True"},
    "SVC": {"max_iter": "-1", "nochange_steps": "1000", "random_state": "None"},
    "SVR": {"max_iter": "-1", "nochange_steps": "1000"},
    "LinearSVC": {**_QN, "n_streams": "1", "multi_class": "'ovr'"},
    "LinearSVR": _QN,
    "KNeighborsClassifier": _NEIGHBORS,
    "KNeighborsRegressor": _NEIGHBORS,
    "NearestNeighbors": _NEIGHBORS,
    "RandomForestClassifier": _FOREST,
    "RandomForestRegressor": _FOREST,
    "LinearRegression": {"algorithm": "'auto'"},
    "Ridge": {"tol": "0.0001", "max_iter": "None"},
    "Lasso": _DESCENT,
    "ElasticNet": _DESCENT,
    "KernelRidge": {"kernel_params": "None"},
    "KMeans": {
        "oversampling_factor": "2.0",
        "max_samples_per_batch": "1 << 15",
        "device_buffer_samples": "0",
        "init_size": "0",
    },
    "DBSCAN": {"calc_core_sample_indices": "True"},
    "HDBSCAN": {
        "p": "None",
        "gen_min_span_tree": "False",
        "prediction_data": "False",
        "build_algo": "'brute_force'",
        "build_kwds": "None",
        "device_ids": "None",
    },
    "AgglomerativeClustering": {"c": "15"},
    "SpectralClustering": {"eigen_tol": "'auto'"},
    "IsolationForest": {"max_depth": "None"},
    "PCA": {"copy": "True", "iterated_power": "15", "tol": "1e-07", "whiten": "False"},
    "IncrementalPCA": {"copy": "True", "whiten": "False"},
    "TruncatedSVD": {"n_iter": "15", "random_state": "None", "tol": "1e-07"},
    "TSNE": {
        "n_components": "2",
        "early_exaggeration": "12.0",
        "late_exaggeration": "1.0",
        "learning_rate": "200.0",
        "n_iter_without_progress": "300",
        "metric_params": "None",
        "perplexity_max_iter": "100",
        "exaggeration_iter": "250",
        "pre_momentum": "0.5",
        "post_momentum": "0.8",
        "square_distances": "True",
        "precomputed_knn": "None",
    },
    "TargetEncoder": {"n_folds": "4", "seed": "42", "split_method": "'interleaved'"},
    "UMAP": {
        "hash_input": "False",
        "force_serial_epochs": "None",
        "precomputed_knn": "None",
        "callback": "None",
        "build_algo": "'auto'",
        "build_kwds": "None",
        "device_ids": "None",
    },
}


@pytest.mark.parametrize("algorithm", TARGETS)
def test_every_parameter_that_is_given_exists(algorithm):
    target = TARGETS[algorithm]
    assert set(target.given()) <= set(CONTRACT["estimators"][target.estimator])
    assert len(target.given()) == len(set(target.given()))


@pytest.mark.parametrize("algorithm", TARGETS)
def test_every_parameter_of_scikit_learns_stands_in_one_column(algorithm):
    stock = getattr(import_module(ALGORITHMS[algorithm].module), algorithm)
    known = TARGETS[algorithm].known()
    assert len(known) == len(set(known))
    assert set(stock._get_param_names()) <= set(known)


@pytest.mark.parametrize("algorithm", TARGETS)
def test_what_is_left_at_cumls_default_is_known(algorithm):
    target = TARGETS[algorithm]
    contract = CONTRACT["estimators"][target.estimator]
    left = {name: value for name, value in contract.items() if name not in target.given()}
    common = {name: value for name, value in _COMMON.items() if name in contract}
    assert left == common | LEFT_AT_DEFAULT.get(algorithm, {})


def test_the_contract_is_of_what_the_tables_name():
    assert set(CONTRACT["estimators"]) == {target.estimator for target in TARGETS.values()}
    assert FLOAT32_ONLY | set(ORDERS) <= set(TARGETS)
    assert CONTRACT["wheel"].split("-")[0].replace("_", "-") in BUILDS


@pytest.mark.parametrize("backend", [Cuml(), CumlAccel()], ids=lambda backend: backend.name)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_has_an_offer_or_a_reason(backend, algorithm):
    offer = backend.offer(algorithm)
    assert bool(offer.estimator) != bool(offer.reason)
    assert "no such class" not in offer.reason
    assert offer.estimator.rpartition(".")[2] in ("", algorithm)
    assert offer.reason or list(backend.fates(algorithm)) or backend.name == "cuml-accel"


def test_what_is_lacking_is_not_offered():
    assert set(TARGETS) | set(LACKS) == set(ALGORITHMS)
    assert not set(TARGETS) & set(LACKS)


def test_the_accelerator_offers_what_the_wheel_stands_in_for():
    proxied = {name.rpartition(".")[2] for name in CONTRACT["accelerated"]}
    assert {name for name in ALGORITHMS if CumlAccel().offer(name).estimator} == (proxied & set(ALGORITHMS)) - set(
        WRONG
    )
    assert not NOT_PROXIED & proxied
    for table in (SUBSTITUTES, RULES, WRONG):
        assert set(table) <= proxied
    for algorithm, parameters in (*SUBSTITUTES.items(), *RULES.items()):
        stock = getattr(import_module(ALGORITHMS[algorithm].module), algorithm)
        assert set(parameters) <= set(stock._get_param_names())


def given(algorithm: str, /, params: dict[str, Any] | None = None, **shape: Any) -> dict[str, Any]:
    return translated(TARGETS[algorithm], problem(algorithm, NEEDED.get(algorithm, {}) | (params or {}), **shape))


@pytest.mark.parametrize("algorithm", TARGETS)
def test_all_that_the_tables_give_is_given(algorithm):
    params = {"smooth": 1.0} if algorithm == "TargetEncoder" else {}
    assert sorted(given(algorithm, params)) == sorted(TARGETS[algorithm].given())


CENTERS = np.zeros((8, 6))
TRANSLATED = [
    ("LogisticRegression", {}, {"solver": "qn", "penalty": "l2", "C": 1.0, "max_iter": 100}),
    ("LogisticRegression", {"C": np.inf}, {"penalty": None}),
    ("SVC", {}, {"decision_function_shape": "ovo", "cache_size": 1024.0}),
    ("SVC", {"cache_size": 1000.0}, {"cache_size": 1000.0}),
    ("LinearSVC", {}, {"penalized_intercept": True}),
    ("LinearSVR", {}, {"penalized_intercept": True, "penalty": "l2"}),
    ("KNeighborsClassifier", {"algorithm": "brute", "weights": None}, {"algorithm": "brute", "weights": "uniform"}),
    ("RandomForestClassifier", {"criterion": "log_loss"}, {"split_criterion": "entropy", "max_samples": 1.0}),
    ("RandomForestRegressor", {"max_depth": None}, {"split_criterion": "mse", "max_depth": None, "max_features": 1.0}),
    ("Lasso", {"tol": 1e-5}, {"tol": 1e-5, "max_iter": 1000}),
    ("KMeans", {}, {"init": "k-means++", "n_init": 1}),
    ("KMeans", {"init": "random"}, {"n_init": 10}),
    ("KMeans", {"init": "random", "n_init": 3}, {"n_init": 3}),
    ("KMeans", {"init": CENTERS}, {"init": CENTERS, "n_init": 1}),
    ("KMeans", {"init": CENTERS, "n_init": 7}, {"n_init": 1}),
    ("DBSCAN", {"eps": 0.1}, {"eps": 0.1, "algorithm": "brute", "max_mbytes_per_batch": 4000}),
    ("HDBSCAN", {}, {"min_samples": 4, "min_cluster_size": 5, "max_cluster_size": 0}),
    ("HDBSCAN", {"min_samples": 9}, {"min_samples": 8, "min_cluster_size": 5}),
    ("AgglomerativeClustering", {}, {"connectivity": "pairwise"}),
    ("PCA", {"n_components": 3}, {"n_components": 3, "svd_solver": "full"}),
    ("TruncatedSVD", {}, {"n_components": 2, "algorithm": "full"}),
    ("TSNE", {"perplexity": 5.0}, {"method": "fft", "n_neighbors": 16, "learning_rate_method": "adaptive"}),
    ("TSNE", {"method": "exact"}, {"method": "exact", "init": "pca"}),
]


@pytest.mark.parametrize(("algorithm", "params", "expected"), TRANSLATED)
def test_parameters_keep_their_meaning(algorithm, params, expected):
    actual = given(algorithm, params)
    for name, value in expected.items():
        assert actual[name] is value or actual[name] == value, name


REFUSED = [
    ("LogisticRegression", {"solver": "saga"}, "it has L-BFGS only"),
    ("LogisticRegression", {"l1_ratio": 0.5}, "an L1 penalty is not for lbfgs"),
    ("LogisticRegression", {"class_weight": {0: 2.0}}, "weights given by class"),
    ("SVC", {"max_iter": 100}, "it counts rounds of working sets"),
    ("SVR", {"max_iter": 100}, "it counts rounds of working sets"),
    ("LinearSVC", {"intercept_scaling": 2.0}, "its intercept is a feature of ones"),
    ("KNeighborsClassifier", {"algorithm": "kd_tree"}, "it has no trees"),
    ("KNeighborsRegressor", {"weights": len}, "a function would run on the host"),
    ("NearestNeighbors", {"metric": "hamming"}, "it has no such metric"),
    ("RandomForestClassifier", {"max_leaf_nodes": 5}, "not best leaf first"),
    ("RandomForestClassifier", {"max_samples": 50}, "a share of the rows only"),
    ("RandomForestRegressor", {"criterion": "absolute_error"}, "it has no such criterion"),
    ("Ridge", {"solver": "cholesky"}, "it has the eigenvectors"),
    ("Ridge", {"alpha": np.ones(2)}, "one number"),
    ("Lasso", {"positive": True}, "it cannot constrain"),
    ("ElasticNet", {"selection": "random"}, "its random order has no seed"),
    ("KMeans", {"algorithm": "elkan"}, "Lloyd's iterations only"),
    ("KMeans", {"init": lambda X, n, random_state: X[:n]}, "names or centres only"),
    ("DBSCAN", {"algorithm": "ball_tree"}, "it has no trees"),
    ("HDBSCAN", {"min_samples": 1}, "from 2 to 1024 only"),
    ("AgglomerativeClustering", {"linkage": "ward"}, "single linkage only"),
    ("SpectralClustering", {"affinity": "rbf"}, "no kernels"),
    ("PCA", {"n_components": 0.9}, "a number from 1 to 6 only"),
    ("PCA", {"n_components": "mle"}, "a number from 1 to 6 only"),
    ("PCA", {"svd_solver": "randomized"}, "eigenvectors of the covariance only"),
    ("PCA", {"whiten": True}, "it scales by the number of rows at hand"),
    ("TruncatedSVD", {"algorithm": "arpack"}, "eigenvectors of XᵀX only"),
    ("TSNE", {"learning_rate": 200.0}, "it doubles a given rate"),
    ("TSNE", {"init": CENTERS[:, :2]}, "it takes no given start"),
    ("SVC", {"kernal": "rbf"}, r"no parameter 'kernal'; did you mean 'kernel'\?"),
    ("KMeans", {"n_clusters": 0}, "The 'n_clusters' parameter of KMeans must be an int"),
]


@pytest.mark.parametrize(("algorithm", "params", "reason"), REFUSED)
def test_what_cannot_be_honoured_is_refused(algorithm, params, reason):
    with pytest.raises(UnsupportedError, match=reason):
        given(algorithm, params)


@pytest.mark.parametrize("algorithm", sorted(FLOAT32_ONLY))
@pytest.mark.parametrize("name", ["cuml", "cuml-accel"])
def test_a_problem_in_float64_is_not_solved_in_float32(name, algorithm):
    backend = create(name)
    if backend.offer(algorithm).estimator:
        with pytest.raises(UnsupportedError, match="computes in float32 only, not in float64"):
            backend.estimator(problem(algorithm, NEEDED.get(algorithm), dtype="float64"))


@pytest.mark.parametrize("algorithm", sorted(LACKS))
def test_what_it_lacks_is_refused_with_the_reason(algorithm):
    with pytest.raises(UnsupportedError) as raised:
        Cuml().estimator(problem(algorithm))
    assert str(raised.value) == LACKS[algorithm]


@pytest.mark.parametrize("n_features", [1, 2, 3, 7, 12, 30, 50, 97])
@pytest.mark.parametrize("max_features", [None, "sqrt", "log2", 0.33, 0.5, 1.0, 1])
def test_forests_draw_as_many_features_as_scikit_learns(n_features, max_features):
    """libcuml multiplies the share by the number of features in float32 and truncates."""
    from sklearn.tree import DecisionTreeRegressor

    X = np.random.default_rng(0).standard_normal((10, n_features))
    stock = DecisionTreeRegressor(max_features=max_features).fit(X, X[:, 0]).max_features_
    share = given("RandomForestRegressor", {"max_features": max_features}, n_features=n_features)["max_features"]
    assert max(1, int(np.float32(share) * np.float32(n_features))) == stock


ACCEL_REFUSED = [
    ("LogisticRegression", {"solver": "saga"}, "it runs L-BFGS instead"),
    ("SVC", {"max_iter": 9}, "it counts rounds of working sets"),
    ("LinearSVC", {}, "it leaves out the penalty of the intercept"),
    ("KNeighborsClassifier", {"algorithm": "ball_tree"}, "brute force instead"),
    ("RandomForestRegressor", {"max_leaf_nodes": 3}, "not best leaf first"),
    ("Ridge", {"solver": "cholesky"}, "eigenvectors of XᵀX"),
    ("Lasso", {"selection": "random"}, "its random order has no seed"),
    ("KMeans", {}, "starts by k-means|| instead"),
    ("KMeans", {"init": CENTERS, "algorithm": "elkan"}, "it runs lloyd instead"),
    ("PCA", {"svd_solver": "randomized"}, "eigenvectors of the covariance instead"),
    ("PCA", {"whiten": True}, "not of those fitted"),
    ("TruncatedSVD", {"algorithm": "randomized"}, "eigenvectors of XᵀX instead"),
    ("TSNE", {"method": "barnes_hut"}, "it interpolates by FFT instead"),
    ("SpectralEmbedding", {"eigen_solver": "amg"}, "it runs Lanczos instead"),
    ("SVR", {"max_iter": 100}, "it counts rounds of working sets"),
    ("KNeighborsRegressor", {"algorithm": "kd_tree"}, "it searches by brute force instead"),
    ("NearestNeighbors", {"algorithm": "ball_tree"}, "it searches by brute force instead"),
    ("RandomForestClassifier", {"max_leaf_nodes": 8}, "not best leaf first"),
    ("RandomForestClassifier", {"min_impurity_decrease": 0.1}, "the node's share of rows"),
    ("ElasticNet", {"selection": "random"}, "its random order has no seed"),
    ("HDBSCAN", {"algorithm": "kd_tree"}, "it searches by brute force instead"),
    ("SpectralClustering", {"eigen_solver": "lobpcg"}, "it runs Lanczos instead"),
    ("IncrementalPCA", {"whiten": True}, "not of those fitted"),
    ("TargetEncoder", {}, "it smooths by one row instead"),
]


def test_every_algorithm_with_a_substitution_is_tested():
    assert {algorithm for algorithm, *_ in ACCEL_REFUSED} == set(SUBSTITUTES)


@pytest.mark.parametrize(("algorithm", "params", "reason"), ACCEL_REFUSED)
def test_what_the_accelerator_would_quietly_replace_is_refused(algorithm, params, reason):
    stock = getattr(import_module(ALGORITHMS[algorithm].module), algorithm)(**params)
    with pytest.raises(UnsupportedError) as raised:
        refuse_substitutes(problem(algorithm, params), stock.get_params(deep=False))
    assert reason in str(raised.value)


@pytest.mark.parametrize("algorithm", sorted(set(SUBSTITUTES) - {"KMeans", "LinearSVC", "TargetEncoder"}))
def test_what_is_left_open_is_not_refused(algorithm):
    params = getattr(import_module(ALGORITHMS[algorithm].module), algorithm)().get_params(deep=False)
    try:
        refuse_substitutes(problem(algorithm), params)
    except UnsupportedError as error:
        pytest.fail(f"refused although nothing was asked for: {error}")


@pytest.mark.skipif(find_spec("cuml") is not None, reason="cuML is installed")
@pytest.mark.parametrize("name", ["cuml", "cuml-accel"])
def test_not_installed(name):
    (checked,) = check_named([name])
    assert checked.diagnosis.state is State.NOT_INSTALLED
    assert checked.diagnosis.cure == "pip install '.[cuml]' in a clone of the repository"
    assert create(name).probe() == checked.diagnosis


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """A cuML whose libcuml.so does not load, beside an older nvJitLink than it needs."""
    for name in ("cuml_cu13-26.10.0", "nvidia_nvjitlink-13.0.88"):
        (tmp_path / f"{name}.dist-info").mkdir()
    sources = {
        "cuml": "raise ImportError('libcuml.so: cannot open shared object file: No such file or directory')",
        "libcuvs": "",
        **dict.fromkeys(("libkvikio", "librmm", "libraft"), "def load_library(): pass"),
    }
    for package, source in sources.items():
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_the_build_decides_what_driver_is_needed(broken):
    diagnosis = Cuml().diagnose()
    assert diagnosis == _cuda.judge(_cuda.look(), BUILDS["cuml-cu13"], "26.10.0")
    if diagnosis.state is State.NO_DRIVER:
        assert "CUDA 13.0 or later" in diagnosis.cure


@pytest.mark.skipif(version("cuml-cu13") != "", reason="a build for CUDA 13 is installed")
def test_the_build_for_cuda_12_needs_less(broken):
    broken.joinpath("cuml_cu13-26.10.0.dist-info").rename(broken / "cuml_cu12-26.6.0.dist-info")
    assert Cuml().diagnose() == _cuda.judge(_cuda.look(), BUILDS["cuml-cu12"], "26.6.0")


def test_the_closer_look_names_the_library_that_is_missing(broken):
    diagnosis = Cuml().probe()
    assert diagnosis.state is State.LOAD_FAILURE
    assert diagnosis.detail.startswith("nvidia-nvjitlink is 13.0.88, libcuml needs 13.3: ")
    assert "libcuvs.so: cannot open shared object file" in diagnosis.detail
    assert diagnosis.cure == "pip install 'nvidia-nvjitlink>=13.3,<14'"
    broken.joinpath("nvidia_nvjitlink-13.0.88.dist-info").rename(broken / "nvidia_nvjitlink-13.5.37.dist-info")
    mended = Cuml().probe()
    assert mended.detail.startswith("OSError: ")
    assert mended.cure == "pip install --force-reinstall cuml-cu13==26.10.0"


def test_without_a_device_there_is_nothing_to_wait_for_or_to_count():
    backend = Cuml()
    backend.synchronize()
    assert backend.peak_device_bytes() is None
    with backend.observe(strict=False) as observation:
        report = observation.report()
    assert (report.accelerated, report.cause) == (False, "the call allocated nothing on the device")
    with backend.observe(strict=True) as observation, pytest.raises(UnsupportedError, match="allocated nothing"):
        observation.report()


def in_a_process(code: str) -> Any:
    """Run code that prints JSON as its last line, with cuML and the tests' helpers at hand."""
    root, here = Path(__file__).parents[2], Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"import json\nNEEDED = {NEEDED!r}\n{code}"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(root), str(here)])},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().rpartition("\n")[2])


CONSTRUCT = """
import inspect
from importlib import import_module
from backend_calls import problem
from backends._cuml.targets import TARGETS
from backends.discovery import create
backend = create("cuml")
backend.load(frozenset(TARGETS))
backend.start(2)
backend.synchronize()
made, signatures = {}, {}
for name, target in TARGETS.items():
    module, _, cls = target.estimator.rpartition(".")
    signature = inspect.signature(getattr(import_module(module), cls))
    signatures[target.estimator] = {key: repr(one.default) for key, one in signature.parameters.items()}
    estimator = backend.estimator(problem(name, NEEDED.get(name), dtype="float32", n_classes=3))
    made[name] = {key: repr(value) for key, value in estimator.get_params().items()}
print(json.dumps([made, signatures]))
"""


@pytest.mark.cuml_import
@needs_cuml
def test_every_estimator_is_constructed_with_what_is_given():
    made, signatures = in_a_process(CONSTRUCT)
    assert set(made) == set(TARGETS)
    for algorithm, params in made.items():
        expected = given(algorithm, dtype="float32", n_classes=3)
        assert {name: repr(value) for name, value in expected.items()}.items() <= params.items(), algorithm
    for estimator, parameters in CONTRACT["estimators"].items():
        if not estimator.startswith("cuml.preprocessing."):  # their wrapper takes *args
            evaluated = {name: repr(ast.literal_eval(value)) for name, value in parameters.items() if "<<" not in value}
            assert evaluated.items() <= signatures[estimator].items(), estimator
            assert parameters.keys() == signatures[estimator].keys()


ACCEL = """
from backend_calls import call, make_data, problem
from backends.algorithms import ALGORITHMS
from backends.discovery import create
from backends.protocol import UnsupportedError
backend = create("cuml-accel")
backend.load(frozenset(ALGORITHMS))
data, made, refused, fell, strict = make_data(), [], {}, {}, {}
for name in ALGORITHMS:
    params = NEEDED.get(name, {}) | ({"init": data.X[:8]} if name == "KMeans" else {})
    params |= {"fit_intercept": False} if name == "LinearSVC" else {}
    try:
        backend.estimator(problem(name, params, dtype="float32"))
        made.append(name)
    except UnsupportedError as error:
        refused[name] = str(error)
calls = {"PCA": {"n_components": "mle"}, "Ridge": {"positive": True}, "Lasso": {"precompute": True}}
for name, params in calls.items():
    called = call(backend, name, data, **params)
    fell[name] = [[it.engine, it.accelerated, it.cause] for it in (called.fit, called.output)]
    try:
        call(backend, name, data, strict=True, **params)
    except UnsupportedError as error:
        strict[name] = str(error)
svc = backend.estimator(problem("SVC"))
with backend.observe(strict=True):
    try:
        svc.fit(data.X, data.labels + (data.targets > 9))
    except UnsupportedError as error:
        strict["SVC"] = str(error)
fitted = hasattr(svc._cpu, "support_")
print(json.dumps({"made": made, "refused": refused, "fell": fell, "strict": strict, "fitted": fitted}))
"""


@pytest.mark.cuml_import
@needs_cuml
def test_the_accelerator_says_what_it_leaves_to_scikit_learn():
    seen = in_a_process(ACCEL)
    assert seen["made"] == [name for name in ALGORITHMS if CumlAccel().offer(name).estimator]
    assert set(seen["made"]) | set(seen["refused"]) == set(ALGORITHMS)
    for (fit, output), word in zip(seen["fell"].values(), ("mle", "positive", "precompute"), strict=True):
        assert fit[:2] == output[:2] == ["scikit-learn", False]
        assert word in fit[2]
        assert output[2] == "Estimator not fit on GPU"
    assert list(seen["strict"]) == ["PCA", "Ridge", "Lasso", "SVC"]
    assert seen["strict"]["SVC"] == "cuml.accel would run SVC.fit on the CPU: Multiclass `y` is not supported"
    assert not seen["fitted"]


NO_GPU = """
import numpy as np
from backends.discovery import create
from backends.protocol import UnsupportedError
said = {}
for name in ("cuml", "cuml-accel"):
    backend = create(name)
    backend.load(frozenset({"PCA"}))
    backend.start(1)
    try:
        backend.to_device(np.zeros((3, 2)))
        said[name] = ""
    except UnsupportedError as error:
        said[name] = str(error)
print(json.dumps(said))
"""


@needs_cuml
@pytest.mark.cuml_import
@pytest.mark.skipif(_cuda.look().devices != (), reason="there is a GPU")
def test_without_a_gpu_the_first_copy_says_so():
    assert [said.partition(":")[0] for said in in_a_process(NO_GPU).values()] == [
        "there is no GPU that CUDA can use"
    ] * 2


@pytest.mark.cuml_import
@needs_cuml
def test_the_closer_look_agrees():
    assert Cuml().probe() == Cuml().diagnose()
