"""Finds runs in a results folder, by what a user types."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from suite.errors import UsageError
from suite.records.reading import RECORDS_FILE, RUN_FILE, read_info
from suite.records.schema import RunInfo

#: Under a results folder: the folder of committed reference runs.
REFERENCE_FOLDER = "reference"

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class RunHead:
    """One entry of a list of runs: its head, or (`info` is None) what is wrong with it."""

    path: Path
    info: RunInfo | None
    problem: str = ""


def list_runs(root: Path) -> list[RunHead]:
    """Return the runs in `root`, the oldest first, then those in `root/reference`.

    Only heads are read. Folders without a `run.json` are not runs and are left out; a damaged run is listed as such.
    """
    return [_head(path) for path in _folders(root)]


def find_run(root: Path, text: str) -> Path:
    """Return the folder of the run that `text` means: a name, the unique beginning of one, `latest`, or a path.

    Raises
    ------
    UsageError
        If no run or more than one is meant; the message names the candidates or the nearest name.
    """
    path = Path(text).parent if Path(text).name in (RUN_FILE, RECORDS_FILE) else Path(text)
    if text and _is_run(path):
        return path
    folders = list(_folders(root))
    if not folders:
        raise no_runs(root)
    if text == "latest":
        own = [path for path in folders if path.parent == root]
        return (own or folders)[-1]
    names = {path.name: path for path in folders}
    if text in names:
        return names[text]
    matches = [name for name in names if text and name.startswith(text)]
    if len(matches) == 1:
        return names[matches[0]]
    if matches:
        shown = ", ".join(matches[:_SHOWN]) + (", ..." if len(matches) > _SHOWN else "")
        raise UsageError(f"{text!r} begins the names of {len(matches)} runs: {shown}; type more of the one you mean")
    nearest = difflib.get_close_matches(text, names, n=1, cutoff=0)[0]
    raise UsageError(
        f"there is no run {text!r} in {root}: did you mean {nearest!r}? `python -m suite list runs` shows all"
    )


def no_runs(root: Path) -> UsageError:
    """Return the error for a place without runs."""
    return UsageError(f"there are no runs in {root}: `python -m suite run` makes one, --results names another folder")


def _folders(root: Path) -> Iterator[Path]:
    """Yield the folders of runs by name, which begins with the time; what cannot be looked into holds none."""
    for folder in (root, root / REFERENCE_FOLDER):
        try:
            children = sorted(folder.iterdir())
        except OSError:
            continue
        yield from (child for child in children if _is_run(child))


def _is_run(path: Path) -> bool:
    try:
        return (path / RUN_FILE).is_file()
    except OSError:
        return False


def _head(path: Path) -> RunHead:
    try:
        return RunHead(path, read_info(path))
    except UsageError as error:
        return RunHead(path, None, str(error))
