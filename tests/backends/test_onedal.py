"""oneDAL's backend: what it offers, what it refuses, and whether it can run here."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from backend_calls import call, problem

from backends import onedal as module
from backends._onedal import dispatch
from backends.algorithms import ALGORITHMS
from backends.onedal import SUBSTITUTES, OneDal
from backends.protocol import State, UnsupportedError

SUBSTITUTED = [
    ("KMeans", "algorithm", "elkan", "oneDAL runs lloyd instead of elkan"),
    ("KNeighborsClassifier", "algorithm", "ball_tree", "oneDAL has no ball tree"),
    ("KNeighborsRegressor", "leaf_size", 10, "oneDAL ignores leaf_size"),
    ("NearestNeighbors", "leaf_size", 10, "oneDAL ignores leaf_size"),
    ("LocalOutlierFactor", "algorithm", "ball_tree", "oneDAL has no ball tree"),
    ("DBSCAN", "leaf_size", 10, "oneDAL ignores leaf_size"),
    ("SVC", "max_iter", 100, "oneDAL counts rounds of working sets"),
    ("NuSVC", "max_iter", 100, "oneDAL counts rounds of working sets"),
    ("SVR", "max_iter", 100, "oneDAL counts rounds of working sets"),
    ("NuSVR", "max_iter", 100, "oneDAL counts rounds of working sets"),
    ("Lasso", "precompute", True, "oneDAL ignores precompute"),
    ("ElasticNet", "precompute", True, "oneDAL ignores precompute"),
]


@pytest.mark.parametrize(("algorithm", "parameter", "value", "reason"), SUBSTITUTED)
def test_what_onedal_would_quietly_replace_is_refused(onedal, algorithm, parameter, value, reason):
    with pytest.raises(UnsupportedError, match=rf"^{algorithm}\({parameter}={value!r}\): {reason}"):
        onedal.estimator(problem(algorithm, {parameter: value}))


def test_every_substitution_is_tested():
    assert {(name, parameter) for name, table in SUBSTITUTES.items() for parameter in table} == {
        (name, parameter) for name, parameter, *_ in SUBSTITUTED
    } | {(name, "algorithm") for name in ("KNeighborsRegressor", "NearestNeighbors")} | {
        (name, "leaf_size") for name in ("KNeighborsClassifier", "LocalOutlierFactor")
    }


def test_elkan_is_lloyd_indeed_and_only_a_message_tells(onedal, data):
    from sklearnex.cluster import KMeans

    fitted = {}
    for algorithm in ("lloyd", "elkan"):
        with onedal.observe(strict=False) as observation:
            fitted[algorithm] = KMeans(3, init=data.X[:3], n_init=1, algorithm=algorithm).fit(data.X)
            report = observation.report()
    assert fitted["elkan"].cluster_centers_.tobytes() == fitted["lloyd"].cluster_centers_.tobytes()
    assert "oneDAL does not support 'elkan', using 'lloyd' algorithm instead." in report.evidence


def test_a_gram_matrix_is_ignored_indeed(onedal, data):
    import numpy as np
    from sklearnex.preview.linear_model import Lasso

    nonsense = Lasso(0.1, precompute=np.eye(3), fit_intercept=False).fit(data.X, data.targets)
    without = Lasso(0.1, fit_intercept=False).fit(data.X, data.targets)
    assert nonsense.coef_.tobytes() == without.coef_.tobytes()


@pytest.mark.parametrize("algorithm", ["GaussianNB", "StandardScaler", "HistGradientBoostingClassifier", "HDBSCAN"])
def test_an_algorithm_it_does_not_accelerate_is_refused(onedal, algorithm):
    version = importlib.metadata.version("scikit-learn-intelex")
    with pytest.raises(UnsupportedError, match=f"^scikit-learn-intelex {version} does not accelerate {algorithm}$"):
        onedal.estimator(problem(algorithm))


def test_it_offers_what_its_own_patch_map_says(onedal):
    from sklearnex import get_patch_map

    patched = {name.rpartition(".")[2] for name in get_patch_map()}
    offered = set()
    for algorithm in ALGORITHMS:
        try:
            onedal.estimator(problem(algorithm))
        except UnsupportedError:
            continue
        offered.add(algorithm)
    assert offered == patched & set(ALGORITHMS)


def test_an_unknown_parameter_is_refused_with_the_nearest_one(onedal):
    with pytest.raises(UnsupportedError, match=r"Ridge of oneDAL has no parameter 'alhpa'; did you mean 'alpha'\?"):
        onedal.estimator(problem("Ridge", {"alhpa": 1.0}))


def test_a_value_that_the_class_does_not_allow_is_refused(onedal):
    with pytest.raises(UnsupportedError, match="KMeans of oneDAL: The 'n_clusters' parameter of KMeans must be an int"):
        onedal.estimator(problem("KMeans", {"n_clusters": -1}))


def test_parameters_are_kept_and_threads_set(onedal):
    params = {"n_estimators": 7, "max_depth": 3, "random_state": 5}
    actual = onedal.estimator(problem("RandomForestRegressor", params, threads=3)).get_params()
    assert params.items() <= actual.items()
    assert actual["n_jobs"] == 3


@pytest.mark.parametrize(
    ("algorithm", "params", "shape", "expected"),
    [
        ("PCA", {}, {"n_samples": 100, "n_features": 100}, {"svd_solver": "covariance_eigh"}),
        ("PCA", {}, {"n_samples": 99, "n_features": 100}, {"svd_solver": "full"}),
        ("PCA", {"svd_solver": "full"}, {"n_samples": 100, "n_features": 10}, {"svd_solver": "full"}),
        ("KNeighborsClassifier", {}, {"n_features": 10}, {"algorithm": "kd_tree"}),
        ("KNeighborsClassifier", {}, {"n_features": 11}, {"algorithm": "brute"}),
        ("KNeighborsClassifier", {"metric": "manhattan"}, {"n_features": 3}, {"algorithm": "auto"}),
        ("SVC", {}, {}, {"cache_size": 1000.0}),
    ],
)
def test_the_solver_is_chosen_where_the_problem_leaves_it_open(onedal, algorithm, params, shape, expected):
    assert expected.items() <= onedal.estimator(problem(algorithm, params, **shape)).get_params().items()


def test_a_wide_pca_runs_accelerated_where_auto_would_fall_back(onedal):
    import numpy as np

    wide = np.random.default_rng(0).standard_normal((30, 600))
    estimator = onedal.estimator(problem("PCA", {"n_components": 3}, n_samples=30, n_features=600))
    with onedal.observe(strict=True) as observation:
        estimator.fit(wide)
        assert observation.report().accelerated


def test_its_version_is_the_distributions(onedal):
    import sklearnex

    diagnosis = onedal.diagnose()
    assert diagnosis.state is State.READY
    assert diagnosis.version == importlib.metadata.version("scikit-learn-intelex")
    assert sklearnex.__version__ != diagnosis.version  # the module's own is nonsense


def test_the_closer_look_agrees(onedal):
    assert onedal.probe() == replace(onedal.diagnose(), device=f"CPU with {onedal.simd()}")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_the_vector_instructions_are_the_best_that_it_has_for_the_processor(onedal):
    import daal4py  # noqa: F401 - what is asked

    facts = dict(line.partition(":")[::2] for line in Path("/proc/cpuinfo").read_text().splitlines())
    known = {name.strip(): value.split() for name, value in facts.items()}
    best = {"avx2": "AVX2"} | ({"avx512f": "AVX-512"} if "GenuineIntel" in known["vendor_id"] else {})
    assert onedal.simd() == [name for flag, name in best.items() if flag in known["flags"]][-1]


def test_nothing_is_said_of_instructions_where_the_library_is_another(monkeypatch):
    monkeypatch.setattr(dispatch, "LIBRARY", "libonedal_core.so.none")
    assert dispatch.simd() == ""


def test_a_missing_library_is_a_load_failure_with_its_name(onedal, tmp_path, monkeypatch):
    """Moved away from the libraries that it finds by its relative path, the real extension does not load."""
    shutil.copytree(Path(find_spec("daal4py").origin).parent, tmp_path / "daal4py")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    diagnosis = onedal.probe()
    assert diagnosis.state is State.LOAD_FAILURE
    assert "cannot open shared object file" in diagnosis.detail
    assert diagnosis.cure == f"pip install --force-reinstall scikit-learn-intelex=={diagnosis.version}"


def test_not_installed(tmp_path):
    """In an interpreter that sees nothing but this repository."""
    root = Path(module.__file__).parents[1]
    code = f"import sys; sys.path.append({str(root)!r})\nfrom backends.onedal import OneDal\nprint(OneDal().diagnose())"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "NOT_INSTALLED" in done.stdout
    assert "pip install '.[onedal]' in a clone of the repository" in done.stdout


@pytest.mark.parametrize(("platform", "machine"), [("linux", "aarch64"), ("darwin", "arm64"), ("darwin", "x86_64")])
def test_a_machine_for_which_there_is_no_build(monkeypatch, platform, machine):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("", "", "", "", machine)))
    diagnosis = OneDal().diagnose()
    assert diagnosis.state is State.WRONG_ARCHITECTURE
    assert diagnosis.detail == f"oneDAL has no build for {platform} on {machine}"


def test_diagnosing_imports_no_engine():
    code = """
import sys
from backends.discovery import create
for name in ("sklearn", "onedal"):
    create(name).diagnose()
assert not {"numpy", "sklearn", "sklearnex", "onedal", "daal4py", "importlib.metadata"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_onedal_and_stock_solve_the_same_problem(onedal, sklearn, data):
    import numpy as np

    for algorithm, attribute in (("LinearRegression", "coef_"), ("Ridge", "coef_"), ("LogisticRegression", "coef_")):
        theirs = getattr(call(onedal, algorithm, data).estimator, attribute)
        ours = getattr(call(sklearn, algorithm, data).estimator, attribute)
        np.testing.assert_allclose(theirs, ours, rtol=2e-2)


def test_what_is_offered_is_what_the_package_has(onedal):
    for algorithm in ALGORITHMS:
        real = module._offered(algorithm)
        offer = onedal.offer(algorithm)
        assert bool(offer.estimator) == (real is not None), algorithm
        if real is None:
            assert offer.reason
        else:
            assert (offer.note == "preview") == real.preview, algorithm
            assert import_module(offer.estimator.rpartition(".")[0]).__dict__[algorithm] is real.cls
