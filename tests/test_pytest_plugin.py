"""The plugin of pytest, in real processes of pytest on `tests/benchmarks`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

pytest.importorskip("pytest_benchmark")

ROOT = Path(__file__).parent.parent
WORKLOAD = "linear_regression-diabetes"
CASE = f"{WORKLOAD}-S-float64-C"

BACKENDS = """
from backends.protocol import Diagnosis, State, UnsupportedError
from backends.sklearn import Sklearn

class Worse:
    def __init__(self, stock):
        self.stock = stock

    def __getattr__(self, name):
        return getattr(self.stock, name)

    def fit(self, *args):
        self.stock.fit(*args)

    def predict(self, X):
        return self.stock.predict(X) * 0.9

class Odd(Sklearn):
    name, title = "odd", "an odd engine"
    devices = ("worse", "absent", "refuses")

    def diagnose(self):
        if self.device == "absent":
            return Diagnosis(State.NOT_INSTALLED, "no module named odd", "pip install odd")
        return super().diagnose()

    def estimator(self, problem):
        if self.device == "refuses":
            raise UnsupportedError("odd has no LinearRegression")
        return Worse(super().estimator(problem))
"""

Pytest = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run_pytest(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Pytest:
    """Run pytest with the plugin installed, and with engines that are odd on purpose."""
    site = tmp_path / "site"
    (site / "odd-1.dist-info").mkdir(parents=True)
    (site / "odd_engine.py").write_text(BACKENDS)
    entries = "[evenhand.backends]\nodd = odd_engine:Odd\n[pytest11]\nevenhand = suite.pytest_plugin\n"
    (site / "odd-1.dist-info" / "entry_points.txt").write_text(entries)
    (site / "odd-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1\n")
    cache = tmp_path_factory.getbasetemp() / "plugin-cache"
    path = os.pathsep.join(map(str, (site, ROOT, ROOT / "tests" / "plugins")))
    environment = os.environ | {"PYTHONPATH": path, "EVENHAND_CACHE": str(cache), "COLUMNS": "200"}
    # The second is set where pytest-xdist runs this test, the last where other tests measure previews.
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "SKLEARNEX_PREVIEW"):
        environment.pop(name, None)

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)

    return run


def outcomes(file: Path) -> dict[str, tuple[str, str]]:
    """Return by case how the test ended, and what it said."""
    found = {}
    for case in ET.parse(file).getroot().iter("testcase"):
        ending = next((one for one in case if one.tag in ("failure", "skipped", "error")), None)
        name = case.attrib["name"].partition("[")[2].removesuffix("]")
        found[name] = ("passed", "") if ending is None else (ending.tag, ending.attrib["message"])
    return found


def test_workloads_are_benchmarks_with_their_quality(run_pytest: Pytest, tmp_path: Path) -> None:
    asked = ("sklearn", "slowed:5", "odd:worse", "odd:absent", "odd:refuses", "faulty:nan", "faulty:load")
    options = [f"--evenhand-backend={spec}" for spec in asked]
    limits = ("--benchmark-only", "--benchmark-max-time=0.1", f"--evenhand-workload={WORKLOAD}")
    files = (f"--benchmark-json={tmp_path / 'out.json'}", f"--junit-xml={tmp_path / 'out.xml'}")
    done = run_pytest("tests/benchmarks", *limits, *options, *files)
    assert done.returncode == 1, done.stdout + done.stderr
    found = outcomes(tmp_path / "out.xml")
    assert found[f"{CASE}-sklearn"] == ("passed", "")
    assert found[f"{CASE}-slowed-5"] == ("passed", "")
    ending, text = found[f"{CASE}-odd-worse"]
    assert ending == "failure"
    assert "odd:worse does not reach the quality of stock scikit-learn: r2 0." in text
    assert found[f"{CASE}-faulty-nan"][0] == "failure"
    assert "the result is not usable: 110 of 110 values of output not finite" in found[f"{CASE}-faulty-nan"][1]
    absent = "odd:absent: not installed: no module named odd (to have it: pip install odd)"
    assert found[f"{CASE}-odd-absent"] == ("skipped", absent)
    assert found[f"{CASE}-odd-refuses"] == ("skipped", "odd has no LinearRegression")
    assert found[f"{CASE}-faulty-load"][0] == "skipped"
    assert "libengine.so" in found[f"{CASE}-faulty-load"][1]

    saved = {one["extra_info"]["backend"]: one for one in json.loads((tmp_path / "out.json").read_text())["benchmarks"]}
    assert {*saved} == {"sklearn", "slowed:5"}  # what lost parity was not timed
    extra = saved["slowed:5"]["extra_info"]
    assert (extra["parity"], extra["metric"], extra["engine_fit"]) == ("identical", "r2", "scikit-learn")
    assert extra["quality"] == extra["quality_reference"] > 0.3
    assert (extra["rows"], extra["features"], extra["cause"]) == (332, 10, "")
    assert saved["sklearn"]["group"] == saved["slowed:5"]["group"] == f"{WORKLOAD}/S/float64/C"
    assert all(one["stats"]["rounds"] >= 5 for one in saved.values())

    command = [sys.executable, "-m", "pytest_benchmark", "compare", str(tmp_path / "out.json")]
    compared = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert compared.returncode == 0, compared.stderr
    assert f"test_workload[{CASE}-slowed-5]" in compared.stdout


def test_a_fallback_fails_and_is_not_timed(run_pytest: Pytest, tmp_path: Path) -> None:
    """Patching leaves Lasso to scikit-learn unless previews are asked for."""
    pytest.importorskip("sklearnex")
    files = (f"--benchmark-json={tmp_path / 'out.json'}", f"--junit-xml={tmp_path / 'out.xml'}")
    done = run_pytest("tests/benchmarks", "--evenhand-backend=patched", "--evenhand-workload=lasso-diabetes", *files)
    assert done.returncode == 1, done.stdout + done.stderr
    ((ending, text),) = outcomes(tmp_path / "out.xml").values()
    assert ending == "failure"
    assert "patched fell back to scikit-learn" in text
    assert "patch_sklearn() does not replace Lasso" in text
    assert not (tmp_path / "out.json").exists() or not (tmp_path / "out.json").read_text()


def test_parity_is_against_stock_also_where_this_process_is_patched(run_pytest: Pytest, tmp_path: Path) -> None:
    pytest.importorskip("sklearnex")
    file = tmp_path / "out.json"
    options = ("--evenhand-backend=patched", f"--evenhand-workload={WORKLOAD}", "--benchmark-max-time=0.1")
    done = run_pytest("tests/benchmarks", *options, f"--benchmark-json={file}")
    assert done.returncode == 0, done.stdout + done.stderr
    (saved,) = json.loads(file.read_text())["benchmarks"]
    assert "oneDAL" in saved["extra_info"]["engine_fit"]
    assert saved["extra_info"]["parity"] == "equal"  # identical bits would be oneDAL's own beside themselves


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ((), "benchmarks of workloads run with --benchmark-only or --evenhand-backend NAME"),
        (("-p", "no:benchmark", "--evenhand-backend=sklearn", f"--evenhand-workload={WORKLOAD}"), "pytest-benchmark"),
    ],
    ids=["not asked for", "without pytest-benchmark"],
)
def test_otherwise_it_is_skipped(run_pytest: Pytest, options: tuple[str, ...], reason: str) -> None:
    done = run_pytest("tests/benchmarks", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert reason in done.stdout
    assert "1 skipped" in done.stdout


def test_it_imports_nothing_where_it_is_not_used(run_pytest: Pytest, tmp_path: Path) -> None:
    heavy = ("numpy", "msgspec", "backends", "suite.errors", "suite.pytest_plugin.session")
    test = f"import sys\n\ndef test_it():\n    assert [name for name in {heavy} if name in sys.modules] == []\n"
    (tmp_path / "test_alone.py").write_text(f"{test}    assert 'suite.pytest_plugin' in sys.modules\n")
    done = run_pytest("--rootdir", tmp_path, "-c", "/dev/null", "-p", "no:hypothesispytest", tmp_path / "test_alone.py")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--evenhand-backend=sklaern"], "unknown backend 'sklaern'; did you mean 'sklearn'?"),
        (["--evenhand-workload=kmeens"], "did you mean 'kmeans'?"),
        (["--evenhand-size=XXL"], "invalid choice: 'XXL'"),
        (["--evenhand-backend=patched", "--evenhand-backend=onedal"], "patched replaces scikit-learn's classes"),
        (["--evenhand-workload=lasso@latency"], "only workloads that time fit"),
    ],
)
def test_a_wrong_option_is_told(run_pytest: Pytest, options: list[str], message: str) -> None:
    done = run_pytest("tests/benchmarks", "--benchmark-only", *options)
    assert done.returncode == 4
    assert message in done.stderr
    assert "Traceback" not in done.stderr
