from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from suite.errors import UsageError
from suite.records.find import find_run, list_runs
from suite.records.schema import RunInfo
from suite.records.store import RunStore

NAMES = ("20260101T000000Z-aaaa-01", "20260101T000000Z-aaaa-02", "20260301T000000Z-bbbb-03")
REFERENCE = "20270101T000000Z-cccc-04"


@pytest.fixture
def root(tmp_path: Path, info: RunInfo) -> Path:
    root = tmp_path / "results"
    for name in NAMES:
        RunStore.create(root, msgspec.structs.replace(info, id=name)).close()
    RunStore.create(root / "reference", msgspec.structs.replace(info, id=REFERENCE)).close()
    (root / "holiday photos").mkdir()
    (root / "notes.txt").write_text("foreign")
    return root


def test_runs_are_listed_by_time_and_reference_runs_last(root: Path) -> None:
    assert [head.path.name for head in list_runs(root)] == [*NAMES, REFERENCE]
    assert all(head.info is not None and head.info.id == head.path.name for head in list_runs(root))


def test_a_damaged_run_is_listed_with_what_is_wrong(root: Path) -> None:
    (root / NAMES[0] / "run.json").write_text("{")
    first, second = list_runs(root)[:2]
    assert first.info is None
    assert "is damaged" in first.problem
    assert second.info is not None
    assert second.problem == ""


def test_nothing_to_list(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("text", "name"), [(NAMES[1], NAMES[1]), ("202603", NAMES[2]), ("latest", NAMES[2]), ("2027", REFERENCE)]
)
def test_names_beginnings_and_latest(root: Path, text: str, name: str) -> None:
    assert find_run(root, text).name == name


def test_paths(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = root / NAMES[0]
    for text in (path, path / "run.json", path / "records.jsonl"):
        assert find_run(root / "elsewhere", str(text)) == path
    monkeypatch.chdir(path)
    assert find_run(root, ".").resolve() == path


def test_a_reference_run_may_be_the_only_one(root: Path) -> None:
    assert find_run(root / "reference", "latest").name == REFERENCE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("202601", f"begins the names of 2 runs: {NAMES[0]}, {NAMES[1]}; type more"),
        ("20260301T000000Z-bbbb-04", f"did you mean '{NAMES[2]}'"),
        ("", "there is no run ''"),
        ("x" * 5000, "there is no run"),
        ("holiday photos", "there is no run"),
        ("nul\0", "there is no run"),
    ],
)
def test_what_is_not_found_is_explained(root: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        find_run(root, text)
    assert message in str(raised.value)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there are no runs in"):
        find_run(tmp_path, "latest")
