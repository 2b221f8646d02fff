"""scikit-learn after `patch_sklearn()`: what is replaced, what is not, and that both are told.

Patching is for good, so whatever is patched here runs in a process of its own, forked after patching as workers are.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import forked
import pytest
from backend_calls import problem
from test_processes import FORK, run

from backends.algorithms import ALGORITHMS
from backends.discovery import create
from backends.onedal import PREVIEW, PREVIEW_VARIABLE, STABLE
from backends.patched import Patched
from backends.protocol import State, UnsupportedError

pytest.importorskip("sklearnex", reason="scikit-learn-intelex is not installed")

#: Makes and loads the backend as a worker does; what follows prints JSON.
PATCHED = """
import json, warnings
warnings.simplefilter("ignore")
from backend_calls import call, make_data, problem
from backends.algorithms import ALGORITHMS
from backends.discovery import create
from backends.protocol import UnsupportedError
backend = create("patched")
backend.load(frozenset(ALGORITHMS))
data = make_data()

def said(name, /, strict=False, **params):
    try:
        called = call(backend, name, data, strict=strict, **params)
    except UnsupportedError as error:
        return {"refused": str(error)}
    reports = {"fit": called.fit, "output": called.output}
    return {
        name: [report.engine, report.accelerated, report.cause, report.evidence]
        for name, report in reports.items()
        if report
    }
"""


def patched(code: str, **variables: str) -> Any:
    environment = {name: value for name, value in os.environ.items() if name != PREVIEW_VARIABLE}
    return json.loads(forked.run(PATCHED, f"backend.start(2)\n{code}", environment=environment | variables))


REPLACED = """
from importlib import import_module
import sklearnex
found = {}
for name, entry in ALGORITHMS.items():
    cls = getattr(import_module(entry.module), name)
    found[name] = [cls.__module__, backend.offer(name).note, type(backend.estimator(problem(name))) is cls]
print(json.dumps({"map": sklearnex.get_patch_names(), "classes": found}))
"""


@pytest.mark.parametrize("previews", [False, True])
def test_what_is_offered_is_what_the_package_patches(previews):
    seen = patched(REPLACED, **({PREVIEW_VARIABLE: "1"} if previews else {}))
    replaced = {name.rpartition(".")[2] for name in seen["map"]} & set(ALGORITHMS)
    assert replaced == (STABLE | PREVIEW if previews else STABLE)
    for name, (module, note, is_unchanged_import) in seen["classes"].items():
        assert is_unchanged_import, name
        assert module.startswith(("sklearnex.", "daal4py.")) == (name in replaced), name
        expected = "not replaced" if name not in replaced else "preview" if name in PREVIEW else ""
        assert note == expected, name


def test_offers_of_all_algorithms_are_scikit_learns_own_paths(monkeypatch):
    monkeypatch.delenv(PREVIEW_VARIABLE, raising=False)
    for name, entry in ALGORITHMS.items():
        assert Patched().offer(name).estimator == f"{entry.module}.{name}"
    assert Patched().offer("SVCC").reason


def test_replaced_classes_are_accelerated_by_evidence():
    seen = patched('print(json.dumps([said("SVC", strict=True), said("KMeans", strict=True, n_clusters=3)]))')
    for name, (trained, inferred) in zip(
        ("svm.classification", "kmeans.clustering"), map(dict.values, seen), strict=True
    ):
        assert trained[:3] == inferred[:3] == ["oneDAL", True, ""]
        assert f"entered {name}.train" in trained[3]
        assert f"entered {name}.infer" in inferred[3]


def test_a_class_that_is_not_replaced_is_a_fallback_with_its_cause():
    seen = patched('print(json.dumps([said("GaussianNB"), said("Lasso"), said("GaussianNB", strict=True)]))')
    naive, lasso, strictly = seen
    assert naive["fit"] == ["scikit-learn", False, "patch_sklearn() does not replace GaussianNB", ""]
    assert lasso["fit"][2] == "patch_sklearn() does not replace Lasso without SKLEARNEX_PREVIEW=1"
    assert strictly == {"refused": naive["fit"][2]}


def test_strict_refuses_before_the_stock_class_is_called():
    code = """
from sklearn.naive_bayes import GaussianNB
estimator = backend.estimator(problem("GaussianNB"))
refused = ""
try:
    with backend.observe(strict=True):
        estimator.fit(data.X, data.labels)
except UnsupportedError as error:
    refused = str(error)
print(json.dumps([refused, isinstance(estimator, GaussianNB), hasattr(estimator, "theta_")]))
"""
    assert patched(code) == ["patch_sklearn() does not replace GaussianNB", True, False]


def test_what_a_stock_class_uses_inside_is_evidence_and_no_acceleration():
    """scikit-learn's mixture starts from `cluster.KMeans`, and that is oneDAL's after the patch."""
    (fit, _) = patched('print(json.dumps(said("GaussianMixture", n_components=2)))').values()
    assert fit[:3] == ["scikit-learn", False, "patch_sklearn() does not replace GaussianMixture"]
    assert "entered kmeans.clustering.train" in fit[3]


def test_previews_are_the_users_to_switch_on():
    code = 'print(json.dumps([said("Lasso", alpha=0.1), said("LogisticRegression", solver="newton-cg")]))'
    lasso, newton = patched(code, **{PREVIEW_VARIABLE: "1"})
    assert lasso["fit"][:2] == newton["fit"][:2] == ["oneDAL preview", True]
    lasso, newton = patched(code)
    assert lasso["fit"][:2] == newton["fit"][:2] == ["scikit-learn", False]
    assert Patched().environment(2) == {}


def test_elkan_is_refused_where_the_patch_would_run_lloyd():
    code = 'print(json.dumps([said("KMeans", algorithm="elkan"), said("MiniBatchKMeans")]))'
    elkan, other = patched(code)
    assert elkan == {"refused": "KMeans(algorithm='elkan'): oneDAL runs lloyd instead of elkan"}
    assert other["fit"][0] == "scikit-learn"


def test_liblinear_is_stock_code_whatever_the_patch_says():
    code = 'print(json.dumps([said("LogisticRegression", strict=s, solver="liblinear") for s in (False, True)]))'
    seen, strictly = patched(code)
    cause = "solver 'liblinear' is scikit-learn's own code"
    assert seen["fit"][:3] == ["scikit-learn", False, cause]
    assert strictly == {"refused": f"oneDAL would fall back to scikit-learn: {cause}"}


def test_a_precomputed_gram_matrix_is_honoured_where_the_class_stays_stock():
    assert patched('print(json.dumps(said("Lasso", precompute=True)))')["fit"][0] == "scikit-learn"
    refused = patched('print(json.dumps(said("Lasso", precompute=True)))', **{PREVIEW_VARIABLE: "1"})
    assert refused == {"refused": "Lasso(precompute=True): oneDAL ignores precompute"}


def test_no_solver_is_chosen_and_the_threads_are_given():
    code = """
made = [backend.estimator(problem(name, threads=3, n_features=5)) for name in ("PCA", "KNeighborsClassifier", "SVC")]
print(json.dumps([[one.get_params()["n_jobs"] for one in made], made[0].svd_solver, made[1].algorithm,
                  made[2].cache_size]))
"""
    assert patched(code) == [[3, 3, 3], "auto", "auto", 200]


def test_refused_parameters_name_who_refuses():
    code = """
reasons = []
for name, params in (("Ridge", {"alhpa": 1.0}), ("GaussianNB", {"var_smoothing": -1.0})):
    try:
        backend.estimator(problem(name, params))
    except UnsupportedError as error:
        reasons.append(str(error))
print(json.dumps(reasons))
"""
    unknown, invalid = patched(code)
    assert unknown == "Ridge of scikit-learn patched by Intel has no parameter 'alhpa'; did you mean 'alpha'?"
    assert invalid.startswith("GaussianNB of scikit-learn patched by Intel: The 'var_smoothing' parameter")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks safely")
def test_a_patched_process_may_be_forked():
    assert run(FORK, "patched").strip() == "7"


def test_nothing_is_patched_before_load():
    code = """
from backends.discovery import create
from backends.patched import Patched
import sklearn.svm
backend = create("patched")
backend.diagnose(), backend.probe(), list(backend.fates("SVC")), backend.offer("SVC"), backend.environment(2)
assert sklearn.svm.SVC.__module__ == "sklearn.svm._classes", sklearn.svm.SVC
backend.load(frozenset({"SVC"}))
assert sklearn.svm.SVC.__module__ == "sklearnex.svm._classes", sklearn.svm.SVC
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_it_is_measured_only_where_it_is_named_and_diagnosed_like_onedal():
    backend = create("patched")
    assert backend.aside
    assert backend.diagnose() == create("onedal").diagnose()
    assert backend.probe().state is State.READY
    with pytest.raises(UnsupportedError, match="has no SVCC"):
        backend.estimator(problem("SVCC"))


@pytest.mark.parametrize("algorithm", ["KMeans", "GaussianNB", "PoissonRegressor", "HDBSCAN"])
def test_fates_tell_what_is_refused_and_the_threads_where_there_are_any(algorithm):
    told = {fate.parameter for fate in Patched().fates(algorithm)}
    assert told == {"KMeans": {"algorithm", "n_jobs"}, "HDBSCAN": {"n_jobs"}}.get(algorithm, set())
