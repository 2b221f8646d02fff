from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import msgspec
import pytest
from record_samples import BACKENDS, make_lines, make_outcome, make_plan, make_round, make_sample

from suite.errors import UsageError
from suite.records.begin import new_run
from suite.records.reading import MAX_LINE_BYTES
from suite.records.schema import ColdLine, RunInfo, Status
from suite.records.store import RunStore, StoreError, check_folder, load, mark_resumed, read_info

APPEND_FOREVER = """
import sys
from pathlib import Path
from msgspec.structs import replace
from suite.records.store import RunStore, load
store = RunStore.reopen(Path(sys.argv[1]))
line = load(store.path).groups[0].rounds[-1]
while True:
    line = replace(line, round=line.round + 1)
    store.append(line)
    print("appended", flush=True)
"""

HOLD = """
import sys
from pathlib import Path
from suite.records.store import RunStore
store = RunStore.reopen(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


def test_a_run_reads_back_as_it_was_written(run_path: Path, info: RunInfo) -> None:
    run = load(run_path)
    assert run.path == run_path
    assert run.path.name == info.id
    assert run.info == info
    assert not run.torn
    assert list(run.backends) == list(BACKENDS)
    first, second = run.groups
    started, *colds_and_rounds = make_lines("first")
    assert first.started == started
    assert [*first.cold, *first.rounds, *first.outcomes.values()] == colds_and_rounds
    assert first.ended
    assert second.started is None
    assert (second.cold, second.rounds, second.outcomes, second.ended) == ([], [], {}, False)


def test_the_last_outcome_and_start_count_and_all_rounds_are_kept(run_path: Path) -> None:
    with RunStore.reopen(run_path) as store:
        again = make_outcome("first", "onedal", Status.FAILED, "boom")
        store.append(load(run_path).backends["onedal"])  # which a resumed run starts anew
        store.append(msgspec.structs.replace(make_lines("first")[0], at_s=99.0))
        store.append(make_round("first", 0, process=1))
        store.append(again)
    first = load(run_path).groups[0]
    assert first.outcomes["first/onedal"] == again
    assert first.started is not None
    assert first.started.at_s == 99.0
    assert [(line.process, line.round) for line in first.rounds] == [(0, 0), (0, 1), (0, 2), (1, 0)]


def test_rounds_can_be_streamed(run_path: Path) -> None:
    seen = []
    run = load(run_path, on_round=seen.append)
    assert [line.round for line in seen] == [0, 1, 2]
    assert run.groups[0].rounds == []


def test_a_line_cut_anywhere_costs_only_itself(run_path: Path) -> None:
    records = run_path / "records.jsonl"
    whole = records.read_bytes()
    start = whole.rstrip(b"\n").rindex(b"\n") + 1
    for end in range(start, len(whole)):
        records.write_bytes(whole[:end])
        run = load(run_path)
        complete = end == len(whole) - 1
        assert run.torn == (start < end and not complete)
        assert ("first/onedal" in run.groups[0].outcomes) == complete
    for end in (start + 1, start + 40, len(whole) - 2, len(whole) - 1):
        records.write_bytes(whole[:end])
        with RunStore.reopen(run_path) as store:
            store.append(make_round("first", 7))
        run = load(run_path)
        assert not run.torn
        assert run.groups[0].rounds[-1].round == 7
        assert ("first/onedal" in run.groups[0].outcomes) == (end == len(whole) - 1)


def test_kill_9_loses_no_appended_line(run_path: Path) -> None:
    before = len(load(run_path).groups[0].rounds)
    child = subprocess.Popen([sys.executable, "-c", APPEND_FOREVER, run_path], stdout=subprocess.PIPE)
    assert child.stdout is not None
    appended = 0
    while appended < 500:
        appended += child.stdout.readline() == b"appended\n"
    os.kill(child.pid, signal.SIGKILL)
    appended += child.stdout.read().count(b"appended\n")
    child.wait()
    child.stdout.close()
    assert len(load(run_path).groups[0].rounds) >= before + appended
    RunStore.reopen(run_path).close()


def test_two_processes_cannot_continue_one_run(run_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, run_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"open\n"
        with pytest.raises(UsageError, match="being measured by another process"):
            RunStore.reopen(run_path)
        load(run_path)
        child.kill()
    RunStore.reopen(run_path).close()


def _measure(root: Path) -> Path:
    with RunStore.create(root, new_run(make_plan(), command=["run"])) as store:
        for line in make_lines("second"):
            store.append(line)
    return store.path


def test_runs_at_once_in_one_folder_do_not_harm_each_other(tmp_path: Path) -> None:
    root = tmp_path / "deep" / "results"
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        paths = list(pool.map(_measure, [root] * 8))
    assert len(set(paths)) == 8
    assert {path.name for path in root.iterdir()} == {path.name for path in paths}
    for path in paths:
        assert len(load(path).groups[1].rounds) == 3


def test_the_same_name_twice_is_refused(tmp_path: Path, info: RunInfo) -> None:
    RunStore.create(tmp_path, info).close()
    with pytest.raises(UsageError, match="there is already a run"):
        RunStore.create(tmp_path, info)


def test_what_could_not_be_read_again_is_not_written(run_path: Path, tmp_path: Path, info: RunInfo) -> None:
    sample = make_sample("first/sklearn", fit_s=float("nan"))
    with RunStore.reopen(run_path) as store, pytest.raises(ValueError, match=r"fit_s"):
        store.append(ColdLine(group="first", process=0, sample=sample))
    assert len(load(run_path).groups[0].cold) == 2
    endless = msgspec.structs.replace(info.plan.settings, budget_s=float("inf"))
    plan = msgspec.structs.replace(info.plan, settings=endless)
    with pytest.raises(ValueError, match="budget_s"):
        RunStore.create(tmp_path / "other", msgspec.structs.replace(info, plan=plan))


def test_a_line_that_would_not_be_read_is_not_written(run_path: Path) -> None:
    outcome = make_outcome("second", "onedal", Status.FAILED, reason="")
    longest = MAX_LINE_BYTES - len(msgspec.json.encode(outcome)) - 1
    with RunStore.reopen(run_path) as store:
        with pytest.raises(ValueError, match="a line of 16,777,216 bytes is longer than any that is read"):
            store.append(msgspec.structs.replace(outcome, reason="x" * (longest + 1)))
        store.append(msgspec.structs.replace(outcome, reason="x" * longest))
    assert len(load(run_path).groups[1].outcomes[outcome.case].reason) == longest


def test_a_file_in_the_way(tmp_path: Path, info: RunInfo) -> None:
    (tmp_path / "results").write_text("not a folder")
    for root in (tmp_path / "results", tmp_path / "results" / "below"):
        with pytest.raises(UsageError, match="a file stands where a folder should be"):
            RunStore.create(root, info)


@pytest.mark.skipif(sys.platform != "linux", reason="/sys is Linux's")
def test_no_permission(info: RunInfo) -> None:
    with pytest.raises(
        UsageError, match=r"cannot keep results in /sys/evenhand: (permission denied|the file system is read-only)"
    ):
        RunStore.create(Path("/sys/evenhand"), info)


def test_a_read_only_disk(disk: Path, info: RunInfo) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with pytest.raises(UsageError, match="the file system is read-only"):
        RunStore.create(disk / "results", info)


def test_a_disk_with_little_space(disk: Path, info: RunInfo) -> None:
    check_folder(disk)
    (disk / "filler").write_bytes(b"\0" * 10 * 2**20)
    with pytest.raises(UsageError, match=r"1\d\.\d MiB are free, 16 MiB are needed|[0-9.]+ MiB are free"):
        RunStore.create(disk, info)
    assert [path.name for path in disk.iterdir()] == ["filler"]


def test_a_full_disk_is_found_before(disk: Path, info: RunInfo) -> None:
    with pytest.raises(OSError, match="No space"):
        (disk / "filler").write_bytes(b"\0" * 30 * 2**20)
    with pytest.raises(UsageError, match="the disk is full"):
        RunStore.create(disk, info)


def test_a_disk_that_fills_while_appending(disk: Path, info: RunInfo) -> None:
    store = RunStore.create(disk, info)
    store.append(make_round("first", 0))
    with pytest.raises(OSError, match="No space"):
        (disk / "filler").write_bytes(b"\0" * 30 * 2**20)
    with pytest.raises(StoreError, match="the disk is full: free some space"):
        append_rounds(store, 1000)
    run = load(store.path)
    assert not run.torn
    kept = len(run.groups[0].rounds)
    assert [line.round for line in run.groups[0].rounds] == list(range(kept))
    (disk / "filler").unlink()
    store.append(make_round("first", kept))
    store.close()
    store.close()
    assert len(load(store.path).groups[0].rounds) == kept + 1


def append_rounds(store: RunStore, count: int) -> None:
    for number in range(1, count):
        store.append(make_round("first", number))


def test_what_was_partly_written_is_taken_back(tmp_path: Path, info: RunInfo) -> None:
    store = RunStore.create(tmp_path, info)
    store.append(make_round("first", 0))
    size = (store.path / "records.jsonl").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, before[1]))
    try:
        with pytest.raises(StoreError, match="cannot write to"):
            store.append(make_round("first", 1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (store.path / "records.jsonl").stat().st_size == size
    store.append(make_round("first", 2))
    store.close()
    assert [line.round for line in load(store.path).groups[0].rounds] == [0, 2]


def test_resuming_is_marked(run_path: Path) -> None:
    mark_resumed(run_path, at_utc="2026-01-01T00:00:00Z")
    head = mark_resumed(run_path, at_utc="2026-01-02T00:00:00Z", forced=["numpy: 1 then, 2 now"])
    assert head == read_info(run_path)
    assert head.resumed_utc == ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]
    assert head.forced == ["numpy: 1 then, 2 now"]
    assert sorted(path.name for path in run_path.iterdir()) == ["records.jsonl", "run.json"]
