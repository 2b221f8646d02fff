from __future__ import annotations

import getpass
import re
import socket
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from msgspec.json import encode
from record_samples import make_plan

from suite.records.begin import new_run, new_run_id, utc_text
from suite.records.names import text_without_names, without_names


def test_a_head_is_complete() -> None:
    info = new_run(make_plan(), command=["python", "-m", "suite", "run"])
    assert re.fullmatch(rf"\d{{8}}T\d{{6}}Z-{info.machine.id[:8]}-[0-9a-f]{{6}}", info.id)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", info.started_utc)
    assert info.python.startswith("CPython 3.")
    assert info.code
    assert "scikit-learn-intelex" in info.versions or "scikit-learn" in info.versions


def test_ids_sort_by_time_and_differ() -> None:
    now = datetime(2026, 1, 31, 1, 2, 3, tzinfo=timezone(timedelta(hours=5)))
    ids = {new_run_id("0123456789ab", now) for _ in range(100)}
    assert len(ids) == 100
    assert all(one.startswith("20260130T200203Z-01234567-") for one in ids)
    assert new_run_id("0" * 12, now) < new_run_id("f" * 12, now + timedelta(seconds=1))
    assert utc_text(datetime(2026, 1, 31, tzinfo=UTC)) == "2026-01-31T00:00:00Z"


def test_names_are_kept_only_if_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "secret-host")
    monkeypatch.setattr(getpass, "getuser", lambda: "jane")
    command = ["python", "-m", "suite", "run", "--results", "/scratch/jane/secret-host/results"]
    text = encode(new_run(make_plan(), command=command))
    assert b"secret-host" not in text
    assert b"jane" not in text
    info = new_run(make_plan(), command=command, with_names=True)
    assert (info.machine.host, info.machine.user, info.command) == ("secret-host", "jane", command)


@pytest.mark.parametrize(
    ("argument", "kept"),
    [
        ("run", "run"),
        ("kmeans*", "kmeans*"),
        ("/home/jane/src/my.toml", "my.toml"),
        ("--results=/home/jane/src/out/results", "--results=out/results"),
        ("/home/jane/src", "."),
        ("/home/jane", "~"),
        ("/home/jane/data/x.npy", "~/data/x.npy"),
        ("--config=/home/jane/c=d.toml", "--config=~/c=d.toml"),
        ("/home/janet/x", "/home/janet/x"),
        ("/scratch/jane/node7/x", "/scratch/$USER/$HOSTNAME/x"),
        ("relative/jane/x", "relative/$USER/x"),
        ("jane", "jane"),
        ("/", "/"),
    ],
)
def test_paths_in_the_command(argument: str, kept: str) -> None:
    here, home = Path("/home/jane/src"), Path("/home/jane")
    assert without_names([argument], here=here, home=home, user="jane", host="node7") == [kept]


def test_paths_within_a_text_lose_their_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "jane"))
    monkeypatch.setattr(getpass, "getuser", lambda: "jane")
    text = f'File "{tmp_path}/jane/.venv/lib/engine.py", line 3: cannot open /scratch/jane/x.so: 3/4 of 10 s'
    assert text_without_names(text) == (
        'File "~/.venv/lib/engine.py", line 3: cannot open /scratch/$USER/x.so: 3/4 of 10 s'
    )
