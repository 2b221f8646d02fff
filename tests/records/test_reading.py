from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.json import encode
from record_samples import make_lines, make_round

from suite.errors import UsageError
from suite.records.reading import MAX_LINE_BYTES, load, read_info
from suite.records.schema import Line


def damage(path: Path, line: bytes, *, at: int = 3) -> Path:
    """Put a line in the place of the at-th."""
    records = path / "records.jsonl"
    lines = records.read_bytes().splitlines(keepends=True)
    records.write_bytes(b"".join([*lines[: at - 1], line + b"\n", *lines[at:]]))
    return records


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"garbage", "malformed"),
        (b"", "truncated"),
        (b"\0" * 500, "malformed"),
        (b'{"line":"round"', "truncated"),
        (b"[1, 2]", "Expected `object`, got `array`"),
        (b'{"a": 1}', "missing required field `line`"),
        (b'{"line": "photo"}', "Invalid value 'photo'"),
        (b'{"line": "round", "group": "first"}', "missing required field"),
        (
            encode(make_round("first", 0)).replace(b'"fit_s":0.25', b'"fit_s":"fast"'),
            r"Expected `float`, got `str`.*fit_s",
        ),
        (encode(make_round("third", 0)), "the group 'third' is not in the plan"),
        (b'{"line":"round","group":"\xff\xfe"}', "utf-8"),
        (b'{"line":"outcome","settings":' + b"[" * 100_000, "line 3"),
    ],
)
def test_a_damaged_line_is_named(run_path: Path, line: bytes, what: str) -> None:
    records = damage(run_path, line)
    with pytest.raises(UsageError, match=what) as raised:
        load(run_path)
    message = str(raised.value)
    assert message.startswith(f"{records}, line 3: ")
    assert "restore the file or remove the line" in message
    assert "\n" not in message


def test_garbage_without_an_end_is_refused_before_it_is_read(run_path: Path) -> None:
    records = run_path / "records.jsonl"
    with records.open("r+b") as file:
        file.truncate(50 * MAX_LINE_BYTES)
    with pytest.raises(UsageError, match=r"records.jsonl, line \d+: "):
        load(run_path)
    with records.open("wb") as file:
        file.write(b'{"line":"' + b"x" * MAX_LINE_BYTES)
    with pytest.raises(UsageError, match="line 1: "):
        load(run_path)


def test_a_foreign_last_line_is_not_taken_for_a_torn_one(run_path: Path) -> None:
    with (run_path / "records.jsonl").open("ab") as file:
        file.write(b'{"other":1')
    with pytest.raises(UsageError, match=r"line 11: .*truncated"):
        load(run_path)


def test_missing_and_unreadable_files(run_path: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is not a run: it has no run\.json; .*list runs"):
        load(tmp_path)
    with pytest.raises(UsageError, match=r"is not a run"):
        load(tmp_path / "nothing")
    (run_path / "records.jsonl").unlink()
    with pytest.raises(UsageError, match=r"records\.jsonl is missing"):
        load(run_path)
    (run_path / "records.jsonl").mkdir()
    with pytest.raises(UsageError, match=r"cannot read .*is a directory"):
        load(run_path)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"null", b"\xff\xfe", b'{"schema_version": "1"}', b'{"schema_version": 1}']
)
def test_a_foreign_head(run_path: Path, content: bytes) -> None:
    (run_path / "run.json").write_bytes(content)
    with pytest.raises(
        UsageError, match=r"run\.json is not a run\.json of Evenhand or is damaged \(.*restore it or remove"
    ):
        load(run_path)


@pytest.mark.parametrize("line", make_lines("first"), ids=lambda line: type(line).__name__)
def test_a_line_that_is_there_already_is_named(run_path: Path, line: Line) -> None:
    """A sample that counted twice would narrow the interval."""
    records = run_path / "records.jsonl"
    with records.open("ab") as file:
        file.write(encode(line) + b"\n")
    with pytest.raises(UsageError, match=r"line 11: .*it was recorded before"):
        load(run_path)


def test_a_file_that_was_joined_to_itself_is_refused(run_path: Path) -> None:
    """Its second half begins as a resumed run does: backends, then a group again; but in processes of the first."""
    records = run_path / "records.jsonl"
    records.write_bytes(records.read_bytes() * 2)
    with pytest.raises(UsageError, match=r"line 14: .*it was recorded before"):
        load(run_path)


def test_a_newer_head_tells_to_upgrade(run_path: Path) -> None:
    (run_path / "run.json").write_text(json.dumps({"schema_version": 99, "shape": "unknown"}))
    with pytest.raises(UsageError, match=r"records version 99, this one reads up to 2\): bring your clone up to date"):
        load(run_path)


def test_fields_of_a_later_addition_are_ignored(run_path: Path) -> None:
    file = run_path / "run.json"
    head = json.loads(file.read_text())
    before = read_info(run_path)
    file.write_text(json.dumps({**head, "weather": "fine"}))
    assert read_info(run_path) == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(tail=b"\n\n")
@given(tail=st.binary(max_size=60))
def test_any_tail_is_read_or_refused_in_one_line(run_path: Path, tail: bytes) -> None:
    records = run_path / "records.jsonl"
    sound = b"".join(line for line in records.read_bytes().splitlines(keepends=True)[:5])
    records.write_bytes(sound + tail)
    try:
        torn = load(run_path).torn
    except UsageError as error:
        message = str(error)
        assert f"{records}, line " in message
    else:
        assert torn == bool(tail)
