"""Finding backends: built-in ones, a third party's that is really installed, and what goes wrong."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from backends.diagnosis import check_all
from backends.discovery import BUILT_IN, create, find
from backends.protocol import State, UnknownBackendError

MODULE = """
from backends.protocol import Backend

class Tiny(Backend):
    name = "tiny"
    title = "Tiny"
    packages = ("evenhand-tiny",)
    devices = ("cpu", "gpu")
    diagnose = load = estimator = observe = lambda self, *args, **kwargs: None
"""
HALF = """
from backends.protocol import Backend

class Half(Backend):
    name = "half"
    title = "Half"
    load = estimator = diagnose = lambda self, *args, **kwargs: None
"""
TEXT = """
from evenhand_tiny import Tiny

class Text(Tiny):
    name = "text"
    packages = ("evenhand-tiny")
    devices = ("cpu", 0)
"""
ASK = """
import json, sys
from backends.discovery import find
found = find()
unwanted = {"numpy", "sklearn", "sklearnex", "msgspec", "pandas", "importlib.metadata"}
print(json.dumps({
    "modules": sorted(unwanted & set(sys.modules)),
    "found": {name: [it.origin, it.error, it.backend and it.backend.title] for name, it in found.items()},
}))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Install third-party backends with pip: a good one, one that does not import, something else, and half a one."""
    folder = tmp_path_factory.mktemp("third-party")
    wheel = _wheel(
        folder,
        {
            "evenhand_tiny.py": MODULE,
            "evenhand_broken.py": "import a_library_that_is_not_there\n",
            "evenhand_odd.py": "Odd = dict\n",
            "evenhand_half.py": HALF,
            "evenhand_text.py": TEXT,
        },
        {
            "tiny": "evenhand_tiny:Tiny",
            "broken": "evenhand_broken:Broken",
            "odd": "evenhand_odd:Odd",
            "half": "evenhand_half:Half",
            "text": "evenhand_text:Text",
        },
    )
    target = folder / "site"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--target", str(target), str(wheel)], check=True, timeout=120)
    return target


def test_built_in_backends_are_found():
    found = find()
    assert {"sklearn", "onedal"} <= set(found)
    assert found["sklearn"].origin == BUILT_IN
    assert found["sklearn"].backend.name == "sklearn"


def test_finding_imports_neither_engines_nor_metadata():
    assert _ask()["modules"] == []


def test_an_installed_third_party_backend_is_found(site):
    found = _ask(PYTHONPATH=str(site))["found"]
    assert found["tiny"] == ["evenhand-tiny", "", "Tiny"]
    assert found["sklearn"][0] == BUILT_IN


def test_a_third_party_backend_that_does_not_load_is_reported_with_its_error(site):
    found = _ask(PYTHONPATH=str(site))["found"]
    assert found["broken"][1] == "ModuleNotFoundError: No module named 'a_library_that_is_not_there'"
    assert found["odd"][1] == "evenhand_odd:Odd is not a Backend named 'odd'"
    assert found["half"][1] == "evenhand_half:Half lacks observe, packages"
    assert found["text"][1] == "evenhand_text:Text lacks packages, devices"


def test_a_diagnosis_that_is_none_is_a_failure_to_load(site, monkeypatch):
    monkeypatch.syspath_prepend(str(site))
    (tiny,) = [checked for checked in check_all() if checked.backend == "tiny"]
    assert tiny.diagnosis.state is State.LOAD_FAILURE
    assert tiny.diagnosis.detail == "its diagnosis is no Diagnosis but None"


def test_creating_one_that_does_not_load_says_why(site, monkeypatch):
    monkeypatch.syspath_prepend(str(site))
    with pytest.raises(
        UnknownBackendError, match=r"'broken' of evenhand-tiny does not load: ModuleNotFound.*not_there"
    ):
        create("broken")


def test_a_device_of_a_third_party(site, monkeypatch):
    monkeypatch.syspath_prepend(str(site))
    backend = create("tiny:gpu")
    assert (backend.device, backend.spec) == ("gpu", "tiny:gpu")
    assert create("tiny").spec == create("tiny:cpu").spec == "tiny"
    with pytest.raises(UnknownBackendError, match=r"'tiny' has no device 'gpus'; did you mean 'gpu'\?$"):
        create("tiny:gpus")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("sklaern", r"unknown backend 'sklaern'; did you mean 'sklearn'\?$"),
        ("onedal:", r"backend 'onedal' has no device ''; there is cpu, cpu-sycl, gpu$"),
        ("onedal:cuda", r"backend 'onedal' has no device 'cuda'; there is cpu, cpu-sycl, gpu$"),
        ("", r"unknown backend ''; there is .*onedal, .*sklearn"),
    ],
)
def test_a_wrong_name_is_one_line_with_the_nearest_right_one(spec, message):
    with pytest.raises(UnknownBackendError, match=message) as caught:
        create(spec)
    assert "\n" not in str(caught.value)


def _ask(**environment):
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def _wheel(folder: Path, modules: dict[str, str], entry_points: dict[str, str]) -> Path:
    """Write a wheel by hand, as the specification has it: nothing to build, nothing to download."""
    info = "evenhand_tiny-1.0.dist-info"
    entries = "\n".join(["[evenhand.backends]", *(f"{name} = {value}" for name, value in entry_points.items())])
    files = modules | {
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: evenhand-tiny\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": entries,
    }
    path = folder / "evenhand_tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"]))
    return path
