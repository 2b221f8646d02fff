"""Backends in processes: a fork after `load`, and the threads that a worker may use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import forked
import pytest

from suite.measure.processes import worker_cpus

ROOT = Path(__file__).parents[2]

#: Loads as the parent of workers does, forks, and fits in the child with two threads; a child that hangs is killed.
FORK = """
import os, signal
from backend_calls import call, make_data
from backends.discovery import create
backend = create(NAME)
os.environ.update(backend.environment(2))
algorithms = ["LogisticRegression", "SVC", "KMeans", "PCA", "RandomForestClassifier", "KNeighborsClassifier", "Ridge"]
backend.load(frozenset(algorithms))
assert backend.fork_safe
data = make_data(rows=1000)
for algorithm in algorithms:
    child = os.fork()
    if child == 0:
        signal.alarm(40)
        backend.start(2)
        os._exit(0 if call(backend, algorithm, data).fit.accelerated else 1)
    _, status = os.waitpid(child, 0)
    assert status == 0, f"{algorithm}: {status}"
print(len(algorithms))
"""

#: CPU seconds that threads other than the main one spent in fits, with one thread allowed and then with two.
THREADS = """
import json, time
from backend_calls import make_data, problem
from backends.discovery import create

backend = create(NAME)
backend.load(frozenset({"KMeans"}))
X = make_data(rows=30000).X

def spent_by_others(threads, fits):
    backend.start(threads)
    estimator = backend.estimator(problem("KMeans", {"n_clusters": 30, "max_iter": 30, "tol": 0.0}, threads=threads))
    estimator.fit(X)
    process, own = time.process_time(), time.thread_time()
    for _ in range(fits):
        estimator.fit(X)
        others = (time.process_time() - process) - (time.thread_time() - own)
        if others > 0.05:
            break
    return others

print(json.dumps([spent_by_others(1, 3), spent_by_others(2, 100)]))  # under load, the second one's turn may come late
"""


#: What the threads of oneDAL follow, with OMP_NUM_THREADS=1 in the environment of the process.
BEGINNING = """
import json, os
import daal4py
from backend_calls import make_data, problem
from backends.discovery import create

def tasks():
    return {int(task) for task in os.listdir("/proc/self/task")}

def fit():
    backend = create("onedal")
    backend.start(2)
    params = {"n_clusters": 30, "max_iter": 30, "tol": 0.0}
    before = tasks()
    backend.estimator(problem("KMeans", params, threads=2)).fit(make_data(rows=30000).X)
    return len(tasks() - before)
"""
UNBOUND = "print(fit())"
BOUND = """
cpus = {min(os.sched_getaffinity(0))}
os.sched_setaffinity(0, cpus)
usual = daal4py.num_threads()
fit()
print(json.dumps([usual, all(os.sched_getaffinity(task) == cpus for task in tasks())]))
"""


def run(code, name):
    if name == "onedal":
        pytest.importorskip("sklearnex")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"NAME = {name!r}\n{code}"],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks safely")
@pytest.mark.parametrize("name", ["sklearn", "onedal"])
def test_a_process_that_only_loaded_may_be_forked(name):
    assert run(FORK, name).strip() == "7"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
@pytest.mark.parametrize(("code", "told"), [(UNBOUND, 1), (BOUND, [1, True])], ids=["variable", "affinity"])
def test_onedals_threads_ignore_the_variable_of_openmp_and_obey_affinity(code, told):
    pytest.importorskip("sklearnex")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    assert json.loads(forked.run(BEGINNING, code, environment=environment, path=(ROOT,))) == told


@pytest.mark.skipif(worker_cpus(2)[1:] == [], reason="needs two CPUs; it runs in CI")
@pytest.mark.parametrize("name", ["sklearn", "onedal"])
def test_the_number_of_threads_is_obeyed(name):
    with_one, with_two = json.loads(run(THREADS, name))
    assert with_one < 0.03
    assert with_two > 0.05
