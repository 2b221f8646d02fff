"""Where a report may go: links, pipes, devices and standard output, each of which stays what it is."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from report_samples import make_analysis

from suite.cli import main
from suite.errors import UsageError
from suite.report.export_figures import write_figures
from suite.report.html import write_report
from suite.report.place import write_whole

REFERENCE = Path(__file__).parents[2] / "results" / "reference"
MARKDOWN = ("report", "--results", str(REFERENCE), "--format", "md")
#: Numbers of the device that is always full, on Linux.
FULL = (1, 7)


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """Return a device of our own that takes no byte."""
    path = tmp_path / "full"
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(*FULL))
        path.open("wb").close()
    except (AttributeError, OSError):
        pytest.skip("may make no device here")
    return path


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write_report([make_analysis()], pipe)
    reader.join(30)
    assert read[0].startswith(b"<!DOCTYPE html>")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_is_followed(tmp_path: Path, exists: bool) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "page.html", tmp_path / "link.html"
    if exists:
        target.write_text("old")
    link.symlink_to(target)
    write_whole(b"new", link)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert [path.name for path in target.parent.iterdir()] == ["page.html"]


def test_a_link_to_itself_is_one_line(tmp_path: Path) -> None:
    link = tmp_path / "link.html"
    link.symlink_to(link)
    with pytest.raises(UsageError, match="cannot write the report"):
        write_whole(b"new", link)
    assert link.is_symlink()


@pytest.mark.parametrize("linked", [False, True])
def test_a_full_device_is_one_line_and_stays_one(
    full: Path, tmp_path: Path, linked: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    place = full
    if linked:
        place = tmp_path / "link"
        place.symlink_to(full)
    assert main([*MARKDOWN, "-o", str(place)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert (
        line
        == f"evenhand: error: cannot write the report '{place}': No space left on device; choose another place "
        + ("with -o")
    )
    assert stat.S_ISCHR(full.stat().st_mode)
    assert place.is_symlink() == linked


def test_figures_go_through_a_pipe_too(tmp_path: Path) -> None:
    pipe = tmp_path / "means.svg"
    os.mkfifo(pipe)
    reader = threading.Thread(target=pipe.read_bytes, daemon=True)
    reader.start()
    write_whole(b"<svg/>", pipe)
    reader.join(30)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("place", ["-", "/dev/stdout"])
def test_markdown_goes_to_standard_output_alone(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    if not Path(place).exists() and place != "-":
        pytest.skip("no such path here")
    monkeypatch.chdir(tmp_path)
    assert main([*MARKDOWN, "-o", place, "--title", "Of today"]) == 0
    out = capfdbinary.readouterr().out.decode()
    assert out.startswith("## Of today\n")
    assert out.splitlines()[-1].startswith("| ")
    assert list(tmp_path.iterdir()) == []


def test_the_page_goes_to_standard_output_too(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write_report([make_analysis()], Path("-"))
    assert capfdbinary.readouterr().out.startswith(b"<!DOCTYPE html>")


def test_standard_output_that_is_full_is_one_line(full: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "suite", *MARKDOWN, "-o", "-"]
    with full.open("wb") as out:
        done = subprocess.run(
            command, cwd=REFERENCE.parents[1], stdout=out, stderr=subprocess.PIPE, text=True, timeout=120, check=False
        )
    assert done.returncode == 2
    wanted = "evenhand: error: cannot write the report to standard output: No space left on device"
    assert done.stderr.startswith(wanted)
    assert done.stderr.count("\n") == 1


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = [sys.executable, "-m", "suite", *MARKDOWN, "-o", "-"]
    reading, writing = os.pipe()
    os.close(reading)
    with io.FileIO(writing, "wb") as out:
        done = subprocess.run(
            command, cwd=REFERENCE.parents[1], stdout=out, stderr=subprocess.PIPE, text=True, timeout=120, check=False
        )
    assert (done.returncode, done.stderr) == (0, "")


def test_figures_do_not_fit_into_standard_output() -> None:
    pytest.importorskip("vl_convert")
    with pytest.raises(UsageError, match="svg is several files, which standard output cannot hold: give a folder"):
        write_figures([make_analysis()], [], Path("-"), "svg")
