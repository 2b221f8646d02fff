"""Other interpreters: engines that cannot share an environment are measured side by side all the same.

A worker may run under any Python that has what a worker needs. It gets our code through a folder of links, and nothing
else of our environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

import backends
import suite
from backends.discovery import create
from backends.protocol import Diagnosis, State
from suite.errors import UsageError

#: What a worker imports beside its engine. scikit-learn is the vocabulary of parameters, for every engine.
NEEDED = ("msgspec", "numpy", "sklearn", "threadpoolctl")
OLDEST = (3, 11)
#: Even an import of a large engine from a cold disk takes less.
ANSWER_TIMEOUT_S = 300.0

_PROBE = """
import sys
from importlib.util import find_spec
missing = [name for name in sys.argv[1:] if find_spec(name) is None]
print(*sys.version_info[:2])
print(*missing)
"""
_INSTALLED = """
import json, sys
from suite.measure.worker import interpreter, versions
print(json.dumps({"Python": interpreter()} | versions(sys.argv[1:])))
"""


def executable(interpreters: Mapping[str, str], spec: str) -> str:
    """Return the Python that runs this backend's workers: the one named for it, else ours."""
    return str(python_of(interpreters[spec])) if spec in interpreters else sys.executable


def python_of(path: str) -> Path:
    """Return the interpreter that is meant by its own path or by the folder of its environment.

    `~` and variables are put in; links stay, for they make an environment.
    """
    place = Path(os.path.expandvars(path)).expanduser().absolute()
    return next((python for python in (place / "bin" / "python", place / "python") if python.is_file()), place)


def check(option: str, path: str) -> None:
    """Make sure that workers can run under an interpreter.

    Raises
    ------
    UsageError
        If it is none, is too old, or lacks what a worker needs: one line that begins with the option that names it.
    """
    where, python = f"{option}{path}", python_of(path)
    if python.is_dir():
        raise UsageError(f"{where}: there is no Python interpreter in this folder: name an environment, or its Python")
    try:
        done = _run([str(python), "-c", _PROBE, *NEEDED], os.environ)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"{where}: cannot be run: {_why(error)}") from None
    lines = done.stdout.splitlines()
    try:
        version = tuple(int(part) for part in lines[0].split())
    except (IndexError, ValueError):
        raise UsageError(f"{where}: this is no Python interpreter") from None
    if version < OLDEST:
        found, oldest = (".".join(map(str, pair)) for pair in (version, OLDEST))
        raise UsageError(f"{where}: Python {found} is too old, a worker needs {oldest} or later")
    if missing := lines[1].replace("sklearn", "scikit-learn"):
        cure = f"{python} -m pip install {missing}"
        raise UsageError(f"{where}: a worker needs {missing.replace(' ', ', ')} there: {cure}")


def environment(links: Path) -> dict[str, str]:
    """Return the variables with which another interpreter finds our code, through links made in `links`."""
    links.mkdir(exist_ok=True)
    for package in (backends, suite):
        link = links / package.__name__
        if not link.is_symlink():
            link.symlink_to(Path(package.__path__[0]).resolve(), target_is_directory=True)
    return {"PYTHONPATH": os.pathsep.join([str(links), *filter(None, [os.environ.get("PYTHONPATH")])])}


def diagnose(spec: str, path: str, *, closer: bool = False) -> Diagnosis:
    """Ask a backend under another interpreter whether it can run there; never raises.

    `closer` asks for the look that may take seconds (`Backend.probe`).
    """
    try:
        done = _run_with_ours(path, "-m", "backends.diagnosis", spec, *(["--closer"] if closer else []))
    except (OSError, subprocess.TimeoutExpired) as error:
        return Diagnosis(State.LOAD_FAILURE, detail=f"{path} cannot be run: {_why(error)}")
    try:
        return msgspec.json.decode(done.stdout.rpartition("\n")[2], type=Diagnosis)
    except msgspec.MsgspecError:
        last = done.stderr.strip().rpartition("\n")[2] or f"it ended with code {done.returncode}"
        return Diagnosis(State.LOAD_FAILURE, detail=f"{path} does not answer: {last}")


def installed(spec: str, path: str) -> dict[str, str]:
    """Return the versions there of Python and of what a backend is made of; empty where it does not answer."""
    try:
        done = _run_with_ours(path, "-c", _INSTALLED, *create(spec).packages)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    with suppress(msgspec.MsgspecError):
        return msgspec.json.decode(done.stdout, type=dict[str, str])
    return {}


def _run_with_ours(path: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run another interpreter where it finds our code."""
    with tempfile.TemporaryDirectory() as folder:
        return _run([str(python_of(path)), "-P", *arguments], os.environ | environment(Path(folder, "links")))


def _run(command: Sequence[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, env=variables, check=False, timeout=ANSWER_TIMEOUT_S, errors="replace"
    )


def _why(error: OSError | subprocess.TimeoutExpired) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "it does not answer"
