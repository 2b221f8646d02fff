"""The real command line, forked from a process that has imported already what every run imports.

Hundreds of tests run it; each would spend two seconds of a CPU on importing pandas, SciPy and scikit-learn. All else is
as with `python -m suite`: a process of its own, its arguments, folder, environment and streams. What starting costs and
imports, interrupts and kills are tested with processes that are started in full.
"""

import importlib
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parent
PRELOADED = ("pandas", "scipy.stats", "sklearn.metrics", "suite.cli", "suite.measure.run", "suite.report.html")
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([*PRELOADED])


def run(arguments, *, cwd, env, timeout):
    """Run `python -m suite` with these arguments to its end, as `subprocess.run` with captured text does."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = CONTEXT.Process(target=_suite, args=(arguments, str(cwd), dict(env), str(out), str(err)))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(arguments, timeout, out.read_text(), err.read_text())
        texts = (path.read_text(encoding="utf-8") if path.exists() else "" for path in (out, err))
        return subprocess.CompletedProcess(arguments, process.exitcode, *texts)


def _suite(arguments, cwd, env, out, err):
    """Become `python -m suite`."""
    for number, path in ((1, out), (2, err)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    ours = [entry for entry in sys.path if entry and TESTS not in (Path(entry), *Path(entry).parents)]
    sys.path[:] = [cwd, *filter(None, env.get("PYTHONPATH", "").split(os.pathsep)), *ours]
    importlib.invalidate_caches()
    sys.argv = ["suite", *arguments]
    sys.orig_argv = [sys.executable, "-m", "suite", *arguments]
    try:
        runpy.run_module("suite", run_name="__main__", alter_sys=True)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
