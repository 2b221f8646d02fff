"""What README and CONTRIBUTING say is so: paths exist, commands parse, examples run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest

from backends.protocol import Backend, Problem, State, UnsupportedError
from suite.records.schema import Settings
from suite.workloads import catalogue
from suite.workloads.custom import load
from suite.workloads.entry import Size

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def code_after(text: str, marker: str) -> str:
    """Return the first code block after a marker."""
    return re.split(r"^```.*\n", text.split(marker, 1)[1], maxsplit=2, flags=re.MULTILINE)[1]


@pytest.mark.parametrize("text", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_paths_exist(text: str) -> None:
    named = re.findall(r"`((?:backends|suite|tests|scripts)/[\w./]*)`", text)
    assert len(named) > 5
    assert [path for path in named if not (ROOT / path).exists()] == []
    links = re.findall(r"\]\((?!https:)([\w.]+)(?:#([\w-]+))?\)", text)
    for file, anchor in links:
        target = (ROOT / file).read_text(encoding="utf-8")
        assert not anchor or anchor in {
            title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.*)$", target, re.M)
        }


def test_readme_has_the_two_commands() -> None:
    assert code_after(README, "<!-- run command -->").rstrip().endswith("python -m suite run")
    set_up, _, last = code_after(README, "<!-- test command -->").rstrip().rpartition(" && ")
    assert set_up.startswith("python3 -m venv .venv && .venv/bin/pip install")
    assert last == ".venv/bin/python -m pytest"


@pytest.mark.parametrize("line", re.findall(r"-m suite ([^#\n`]+)", README))
def test_commands_of_the_readme_are_understood(line: str) -> None:
    verb, *options = shlex.split(line)
    shown = subprocess.run(
        [sys.executable, "-m", "suite", verb, "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    for option in options:
        if option.startswith("-"):
            assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", shown), option


def test_verdict_thresholds_are_those_of_the_code() -> None:
    defaults = {field.name: field.default for field in msgspec.structs.fields(Settings)}
    assert "with 99 % confidence" in README
    assert defaults["confidence"] == 0.99
    assert "within ±1 %" in README
    assert defaults["same_within"] == 0.01


def test_backend_example_runs() -> None:
    names: dict[str, object] = {"__name__": "example"}
    exec(compile(code_after(CONTRIBUTING, "## Add a backend"), "CONTRIBUTING.md", "exec"), names)
    example = names["Example"]
    assert isinstance(example, type)
    assert issubclass(example, Backend)
    backend = example()
    assert backend.diagnose().state is State.NOT_INSTALLED
    problem = Problem("NoSuch", {}, n_samples=1, n_features=1, n_classes=0, dtype="float64", threads=1)
    with pytest.raises(UnsupportedError):
        backend.estimator(problem)
    with backend.observe(strict=False) as observation:
        assert observation.report().engine == "example"


def test_workload_example_is_like_the_one_in_the_catalogue() -> None:
    names: dict[str, object] = {}
    exec("from suite.workloads.entry import *\nfrom suite.workloads.shapes import *", names)
    example = eval(code_after(CONTRIBUTING, "## Add a workload"), names)
    [real] = [workload for workload in catalogue() if workload.name == example.name]
    assert (example.algorithm, example.task, example.params) == (real.algorithm, real.task, real.params)
    assert (example.about, example.why) == (real.about, real.why)
    assert (example.quality.metric, list(example.data)) == (real.quality.metric, list(real.data))


def test_workload_file_example_is_understood(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(code_after(CONTRIBUTING, "Paths are relative to the file."), encoding="utf-8")
    rows = (f"{row / 7},{row % 5},{'yes' if row % 3 else 'no'}" for row in range(60))
    (tmp_path / "my.csv").write_text("\n".join(["one,two,label", *rows, ""]), encoding="utf-8")
    forest, clusters = load(file)
    assert (forest.name, clusters.name) == ("my-forest", "many-clusters")
    assert list(clusters.data) == [Size.S, Size.M]
    assert clusters.data[Size.M].n_train == 500_000


def test_every_version_of_the_test_environment_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pinned if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    assert {"numpy", "pytest", "scikit-learn", "mypy"} <= {line.split("==")[0] for line in pinned}


def test_the_matrix_of_engines_is_what_the_backends_say() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "engine_matrix.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_the_extras_that_cures_name_exist() -> None:
    named = {
        extra
        for file in [*(ROOT / "backends").rglob("*.py"), *(ROOT / "suite").rglob("*.py")]
        for extra in re.findall(r"how_to_install\([\"']([\w-]+)[\"']\)", file.read_text())
    }
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {"cuml", "onedal", "xgboost-cuda", "parquet", "science"} <= named <= set(extras)


def test_no_index_is_asked_for_us() -> None:
    """There we are not: the name may be another's."""
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    documents += [file for folder in ("suite", "backends") for file in (ROOT / folder).rglob("*.py")]
    asked = r"pip install[^`\n]* '?evenhand"
    assert [file.name for file in documents if re.search(asked, file.read_text(encoding="utf-8"))] == []
