from __future__ import annotations

import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from suite.records.versions import code_digest, git_state, installed_versions


def git(tree: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org", "-C", str(tree), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout with the suite's folders."""
    for folder in ("backends", "suite/measure", "suite/report"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "code.py").write_text("x = 1\n")
    (tmp_path / "pyproject.toml").write_text("")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_versions_of_the_core_and_of_what_is_asked() -> None:
    found = installed_versions(["pytest", "no-such-distribution", "numpy"])
    assert found["pytest"] == version("pytest")
    assert found["numpy"] == version("numpy")
    assert {"evenhand", "scipy", "scikit-learn"} <= found.keys()
    assert "no-such-distribution" not in found


def test_git_state(tree: Path) -> None:
    state = git_state(tree)
    assert state is not None
    assert state.commit == git(tree, "rev-parse", "HEAD")
    assert not state.dirty
    (tree / "results").mkdir()
    (tree / "results" / "run.json").write_text("")
    assert git_state(tree) == state
    (tree / "backends" / "mine.py").write_text("")
    dirty = git_state(tree)
    assert dirty is not None
    assert dirty.dirty


def test_no_checkout_and_no_git(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert git_state(tree / "suite") is None
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert git_state(tree) is None


def test_an_empty_repository(tree: Path) -> None:
    shutil.rmtree(tree / ".git")
    git(tree, "init", "-q")
    assert git_state(tree) is None


def test_the_digest_is_of_what_determines_figures(tree: Path) -> None:
    before = code_digest(tree)
    assert len(before) == 16
    (tree / "suite" / "report" / "code.py").write_text("x = 2\n")
    (tree / "backends" / "notes.txt").write_text("x")
    assert code_digest(tree) == before
    (tree / "suite" / "measure" / "code.py").write_text("x = 2\n")
    changed = code_digest(tree)
    assert changed != before
    (tree / "suite" / "measure" / "code.py").rename(tree / "suite" / "measure" / "other.py")
    assert code_digest(tree) not in (before, changed)
