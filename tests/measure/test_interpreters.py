"""Two environments in one run: each backend under its own interpreter, over the same protocol, side by side."""

from __future__ import annotations

import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path

import pytest
from run_process import RunProcess

from backends.protocol import State
from suite.analyse import analyse
from suite.errors import UsageError
from suite.measure import interpreters
from suite.records.schema import Status

OTHER_SKLEARN = "1.8.0"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has nothing but Python."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=False, symlinks=True)
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with another scikit-learn, and with nothing of ours but what a worker needs."""
    folder = tmp_path_factory.mktemp("other")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    wanted = [f"scikit-learn=={OTHER_SKLEARN}", "msgspec", "threadpoolctl"]
    install = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-compile", *wanted]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"another environment cannot be installed here: {done.stderr.strip()[-200:]}")
    return python


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """The folder of the packages of an environment that finds ours after its own."""
    venv.create(tmp_path / "linked", with_pip=False, symlinks=True)
    (site,) = tmp_path.glob("linked/lib/python*/site-packages")
    (site / "ours.pth").write_text("\n".join(entry for entry in sys.path if entry.endswith("site-packages")))
    return site


def test_a_run_goes_on_under_other_versions_there_by_force_only(cli: RunProcess, packages: Path) -> None:
    env = f"sklearn={packages.parents[2]}"
    done = cli.run("--backend", "sklearn", "--env", env, "--budget", "1s", workload="ridge-diabetes")
    assert done.returncode == 0, done.stderr
    assert "0 groups" in cli.run("--resume", cli.folder().name, "--dry-run").stdout
    newer = packages / "joblib-99.dist-info"
    newer.mkdir()
    (newer / "METADATA").write_text("Metadata-Version: 2.1\nName: joblib\nVersion: 99\n")
    reason = f"sklearn: joblib: {version('joblib')} then, 99 now"
    refused = cli.run("--resume", cli.folder().name)
    assert refused.returncode == 2
    assert f"cannot be continued: {reason}; --force" in refused.stderr
    assert cli.run("--resume", cli.folder().name, "--force").returncode == 0
    assert cli.loaded().info.forced == [reason]


def test_two_environments_are_measured_side_by_side(cli: RunProcess, other: Path) -> None:
    done = cli.run("--backend", "onedal", "--env", f"sklearn={other}", "--budget", "4s", workload="ridge-diabetes")
    assert done.returncode == 0, done.stderr
    run = cli.loaded()
    versions = {spec: line.versions["scikit-learn"] for spec, line in run.backends.items()}
    assert versions["sklearn"] == OTHER_SKLEARN
    assert versions["onedal"] != OTHER_SKLEARN
    (record,) = run.groups
    assert {outcome.status for outcome in record.outcomes.values()} == {Status.MEASURED}
    assert all(len(line.chosen()) == 2 for line in record.rounds)
    (note,) = [note for note in analyse(run).notes if "environment of its own" in note]
    assert note.startswith("sklearn ran in an environment of its own, under Python 3")
    assert f"with scikit-learn {OTHER_SKLEARN}" in note
    engines = {report.engine for outcome in record.outcomes.values() for report in outcome.engines}
    assert engines == {"scikit-learn", "oneDAL"}


def test_what_is_missing_there_is_said_and_the_rest_goes_on(cli: RunProcess, other: Path) -> None:
    done = cli.run("--backend", "onedal", "--env", f"onedal={other}", "--budget", "2s", workload="ridge-diabetes")
    assert done.returncode == 1, done.stderr
    outcomes = cli.outcomes()
    assert outcomes["sklearn"].status is Status.MEASURED
    assert outcomes["onedal"].status is Status.UNAVAILABLE
    assert "not installed" in outcomes["onedal"].reason


def test_a_backend_is_diagnosed_where_it_runs(other: Path) -> None:
    for named in (other, other.parent.parent):  # itself, or the folder of its environment
        assert interpreters.diagnose("sklearn", str(named), closer=True).version == OTHER_SKLEARN
    assert interpreters.diagnose("onedal", str(other)).state is State.NOT_INSTALLED


def test_an_interpreter_without_what_a_worker_needs(empty: Path) -> None:
    with pytest.raises(UsageError, match="a worker needs msgspec, numpy, scikit-learn, threadpoolctl there"):
        interpreters.check("--env sklearn=", str(empty))
    diagnosis = interpreters.diagnose("sklearn", str(empty))
    assert (diagnosis.state, diagnosis.detail) == (State.NOT_INSTALLED, "no module named sklearn")


BAD = {
    "no such file": ("sklearn=/no/such/python", "--env sklearn=/no/such/python: cannot be run: No such file"),
    "no interpreter": ("sklearn=/bin/true", "--env sklearn=/bin/true: this is no Python interpreter"),
    "no interpreter in it": ("sklearn=/", "--env sklearn=/: there is no Python interpreter in this folder"),
    "no path": ("sklearn", "'sklearn' is not of the form NAME=ENV"),
    "no backend": (f"sklaern={sys.executable}", "unknown backend 'sklaern'; did you mean 'sklearn'?"),
    "not measured": (f"onedal={sys.executable}", "--env onedal: this backend is not measured; add --backend onedal"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line(cli: RunProcess, case: str) -> None:
    env, message = BAD[case]
    done = cli.run("--backend", "sklearn", "--env", env)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
