"""A file of pytest-benchmark becomes a run of times alone; a bad one is one clear line."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
from msgspec import structs

from suite.analyse import analyse
from suite.analyse.changes import compare_sides
from suite.analyse.rows import Parity, Verdict
from suite.analyse.sides import Side
from suite.errors import UsageError
from suite.records.pytest_benchmark import import_file, read
from suite.records.schema import Status
from suite.records.store import load
from suite.report.changes import cells
from suite.report.markdown import to_markdown
from suite.report.table import to_text

TIMES = [0.0021, 0.0019, 0.0020, 0.0035, 0.0020]


def stats(times: list[float], *, data: bool = True) -> dict:
    """Return the fields of `stats` that matter here, and one that does not."""
    found = {"min": min(times), "max": max(times), "mean": sum(times) / len(times), "stddev": 0.0006}
    found |= {"median": median(times), "rounds": len(times), "iterations": 3, "ops": 1.0}
    return found | ({"data": times} if data else {})


FILE = {
    "machine_info": {
        "node": "secret-host",
        "machine": "x86_64",
        "system": "Linux",
        "release": "6.1",
        "python_implementation": "CPython",
        "python_version": "3.11.7",
        "python_build": ["main", "today"],
        "cpu": {"brand_raw": "Some CPU", "count": 8, "flags": ["avx2"]},
    },
    "commit_info": {"id": "abc123", "dirty": True, "branch": "main"},
    "benchmarks": [
        {"group": None, "name": "test_sort", "fullname": "t.py::test_sort", "params": None, "stats": stats(TIMES)},
        {"name": "test_sum[1]", "fullname": "t.py::test_sum[1]", "stats": stats(TIMES, data=False)},
    ],
    "datetime": "2026-03-01T12:00:00.123456+02:00",
    "version": "5.1.0",
}


def changed(*path: str | int, to: object) -> bytes:
    """Return the file with one value replaced."""
    whole = copy.deepcopy(FILE)
    place: object = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(whole).encode()


def without(*path: str | int) -> bytes:
    """Return the file without one key."""
    whole = copy.deepcopy(FILE)
    place: object = whole
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return json.dumps(whole).encode()


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    (tmp_path / "bench.json").write_text(json.dumps(FILE))
    folder, count = import_file(tmp_path / "bench.json", tmp_path / "results", command=["python", "-m", "suite"])
    assert count == 2
    return folder


def test_every_benchmark_is_a_case_with_its_raw_data(imported: Path) -> None:
    run = load(imported)
    assert run.info.imported == "pytest-benchmark 5.1.0"
    assert run.info.started_utc == "2026-03-01T10:00:00Z"
    assert run.info.id.startswith("20260301T100000Z-")
    sort, total = run.groups
    assert [line.samples[0].fit_s for line in sort.rounds] == TIMES
    assert {line.samples[0].fit_loops for line in sort.rounds} == {3}
    assert [line.samples[0].fit_s for line in total.rounds] == [median(TIMES)]
    (outcome,) = total.outcomes.values()
    assert outcome.status is Status.MEASURED
    assert outcome.reason == "no raw data: the one sample is the median of 5 rounds"
    assert outcome.quality == []
    assert outcome.settings["rounds"] == 5
    assert (run.info.git and run.info.git.commit) == "abc123"


def test_names_of_hosts_are_not_kept(imported: Path) -> None:
    assert all("secret-host" not in file.read_text() for file in imported.iterdir())


def test_nothing_is_claimed_of_it(imported: Path) -> None:
    analysis = analyse(load(imported))
    assert [row.fit_s for row in analysis.rows] == [median(TIMES)] * 2
    assert {row.verdict for row in analysis.rows} == {Verdict.NONE}
    assert {row.parity for row in analysis.rows} == {Parity.UNKNOWN}
    assert {(row.task, row.size, row.metric, row.cpu_over_wall, row.quality) for row in analysis.rows} == {
        ("", "", "", None, None)
    }
    assert analysis.means == []
    for text in (to_text(analysis), to_markdown([analysis])):
        assert "not side by side" in " ".join(text.split())
        assert "preprocessing" not in text
        assert "speed-ups over" not in text
        assert "at equal quality" not in text


def test_comparing_does_not_pair(imported: Path) -> None:
    run = load(imported)
    later = replace(run, path=Path("later"), info=structs.replace(run.info, id="later"))
    changes = compare_sides(Side(run), Side(later))
    assert changes.warnings
    assert {(change.paired, change.verdict) for change in changes.changes} == {(False, Verdict.NONE)}
    assert [cells(change)[0] for change in changes.changes] == ["t.py::test_sort", "t.py::test_sum[1]"]


def test_the_same_file_is_imported_once(imported: Path) -> None:
    with pytest.raises(UsageError, match="was imported before, as "):
        import_file(imported.parent.parent / "bench.json", imported.parent, command=[])


def test_a_byte_order_mark_is_no_part_of_it(imported: Path) -> None:
    """PowerShell writes one."""
    marked = imported.parent.parent / "marked.json"
    marked.write_bytes(b"\xef\xbb\xbf" + json.dumps(FILE).encode())
    with pytest.raises(UsageError, match="was imported before, as "):
        import_file(marked, imported.parent, command=[])
    folder, count = import_file(marked, imported.parent.parent / "elsewhere", command=[])
    assert (folder.name, count) == (imported.name, 2)


BAD = {
    "empty": (b"", "is not JSON"),
    "text": (b"hello", "is not JSON"),
    "binary": (b"\x80\x81\x00", "is not JSON"),
    "cut off": (json.dumps(FILE).encode()[:-20], "is not JSON"),
    "bytes that are no text": (json.dumps(FILE).encode().replace(b"test_sort", b"test_\xff"), "is not JSON"),
    "half a character": (changed("benchmarks", 0, "fullname", to="x\ud800"), "is not JSON"),
    "NaN": (changed("benchmarks", 0, "stats", "median", to=float("nan")), "is not JSON"),
    "infinity": (changed("benchmarks", 0, "stats", "data", to=[float("inf")]), "is not JSON"),
    "beyond all floats": (json.dumps(FILE).encode().replace(b"0.0035", b"1e999"), "t"),
    "a list": (b"[]", "Expected `object`, got `array`"),
    "deep": (b"[" * 100_000 + b"]" * 100_000, "t"),
    "deep in what is not read": (changed("benchmarks", 0, "params", to="@").replace(b'"@"', b"[" * 100_000), "t"),
    "no benchmarks": (without("benchmarks"), "missing required field `benchmarks`"),
    "none in it": (changed("benchmarks", to=[]), "there is no benchmark in it"),
    "no name": (without("benchmarks", 1, "fullname"), "missing required field `fullname` - at `$.benchmarks[1]`"),
    "no median": (without("benchmarks", 0, "stats", "median"), "`median` - at `$.benchmarks[0].stats`"),
    "no date": (without("datetime"), "missing required field `datetime`"),
    "negative": (changed("benchmarks", 0, "stats", "data", 2, to=-0.1), ">= 0.0 - at `$.benchmarks[0].stats.data[2]`"),
    "huge": (changed("benchmarks", 0, "stats", "data", 2, to=1e200), "<= 1000000000.0"),
    "huge integer": (changed("benchmarks", 0, "stats", "rounds", to=10**400), "t"),
    "text for a time": (changed("benchmarks", 0, "stats", "median", to="fast"), "Expected `float`, got `str`"),
    "truth for a time": (changed("benchmarks", 0, "stats", "median", to=True), "Expected `float`, got `bool`"),
    "number for a name": (changed("benchmarks", 0, "fullname", to=5), "Expected `str`, got `int`"),
    "empty name": (changed("benchmarks", 0, "fullname", to=""), "length >= 1"),
    "long name": (changed("benchmarks", 0, "fullname", to="x" * 10_000), "length <= 2000"),
    "bidi name": (changed("benchmarks", 0, "fullname", to="a\u202eb"), "the invisible character U+202E"),
    "line ends in a name": (changed("benchmarks", 0, "fullname", to="a\nb"), "the invisible character U+000A"),
    "control in the CPU": (changed("machine_info", "cpu", "brand_raw", to="a\x1b[31m"), "U+001B"),
    "the same name twice": (changed("benchmarks", 1, "fullname", to="t.py::test_sort"), "is there 2 times"),
    "fewer times than rounds": (changed("benchmarks", 0, "stats", "rounds", to=9), "has 5 times of 9 rounds"),
    "no time": (changed("datetime", to="yesterday"), "Invalid RFC3339"),
    "before all computers": (changed("datetime", to="0001-01-01T00:00:00+14:00"), "cannot be"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_one_line(content: bytes, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(content, "'bad.json'")
    text = str(caught.value)
    assert text.startswith("'bad.json'")
    assert message in text
    assert "\n" not in text
    assert len(text) < 400
    assert text.isprintable()


def test_a_date_without_a_zone_is_utc(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_bytes(changed("datetime", to="2019-03-01T12:00:00.5"))
    folder, _ = import_file(tmp_path / "old.json", tmp_path, command=[])
    assert load(folder).info.started_utc == "2019-03-01T12:00:00Z"


def test_too_many_samples_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suite.records.pytest_benchmark.MAX_SAMPLES", 4)
    with pytest.raises(UsageError, match="5 samples, more than 4"):
        read(json.dumps(FILE).encode(), "x")


def test_a_file_too_large_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate((256 << 20) + 1)
    with pytest.raises(UsageError, match="larger than 256 MiB"):
        import_file(tmp_path / "large.json", tmp_path, command=[])
    assert list(tmp_path.iterdir()) == [tmp_path / "large.json"]
