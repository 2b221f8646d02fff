"""Reads runs back and checks every line."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import msgspec

from suite.errors import UsageError
from suite.records.run import GroupRecord, Run
from suite.records.schema import (
    SCHEMA_VERSION,
    BackendLine,
    ColdLine,
    GroupLine,
    Line,
    OutcomeLine,
    RoundLine,
    RunInfo,
)

RUN_FILE = "run.json"
RECORDS_FILE = "records.jsonl"
#: Longer than any line that is ever written; garbage without line ends is refused before it fills the memory.
MAX_LINE_BYTES = 16 * 2**20
MAX_INFO_BYTES = 512 * 2**20

T = TypeVar("T")

_LINE_START = b'{"line":"'
_LINE_DECODER = msgspec.json.Decoder(Line)


class _Version(msgspec.Struct):
    """The one field of `run.json` that every version has."""

    schema_version: int


def read_info(path: Path) -> RunInfo:
    """Read and check the head of the run at `path`.

    Raises
    ------
    UsageError
        If there is no run, or its `run.json` is foreign, corrupt or of a newer version.
    """
    file = path / RUN_FILE
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_INFO_BYTES + 1)
    except FileNotFoundError:
        raise UsageError(
            f"{path} is not a run: it has no {RUN_FILE}; `python -m suite list runs` shows what there is"
        ) from None
    except OSError as error:
        raise UsageError(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from error
    if len(content) > MAX_INFO_BYTES:
        raise UsageError(f"{file} is larger than any {RUN_FILE} of Evenhand: it is not one, remove it or restore it")
    try:
        version = msgspec.json.decode(content, type=_Version).schema_version
        if version > SCHEMA_VERSION:
            raise UsageError(
                f"{file} was written by a newer Evenhand (records version {version}, this one reads up to "
                f"{SCHEMA_VERSION}): bring your clone up to date, and `pip install .` there"
            )
        return msgspec.json.decode(content, type=RunInfo)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(
            f"{file} is not a {RUN_FILE} of Evenhand or is damaged ({error}): restore it or remove {path}"
        ) from error


def load(path: Path, *, on_round: Callable[[RoundLine], object] | None = None) -> Run:
    """Read the run at `path`, line by line, and check every line. A torn last line is left out.

    Parameters
    ----------
    on_round
        Is given each round as it is read; the rounds are then not kept, which saves most of the memory.

    Raises
    ------
    UsageError
        If a file is missing, foreign, corrupt or newer: with the file, the line number and what to do.
    """
    with no_collection():
        return _assemble(path, read_info(path), on_round)


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep the garbage collector from walking a million records, which hold no cycles, again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _assemble(path: Path, info: RunInfo, on_round: Callable[[RoundLine], object] | None) -> Run:
    seen = _Seen()
    records = {
        group.id: GroupRecord(group=group, started=None, cold=[], rounds=[], outcomes={}) for group in info.plan.groups
    }
    backends: dict[str, BackendLine] = {}
    lines = _Lines(path / RECORDS_FILE)
    record: GroupRecord | None = None
    for line in lines:
        if seen.has(line):
            raise lines.error("it was recorded before")
        if isinstance(line, BackendLine):
            backends[line.backend] = line
            continue
        if record is None or record.group.id != line.group:  # most lines belong to the same group as the one before
            record = records.get(line.group)
            if record is None:
                raise lines.error(f"the group {line.group!r} is not in the plan of {RUN_FILE}")
        match line:
            case RoundLine():
                (on_round or record.rounds.append)(line)
            case ColdLine():
                record.cold.append(line)
            case OutcomeLine():
                record.outcomes[line.case] = line
            case GroupLine():
                record = records[line.group] = replace(record, started=line)
    return Run(path=path, info=info, backends=backends, groups=list(records.values()), torn=lines.torn)


class _Seen:
    """What a run has recorded so far: a sample that counted twice would narrow every interval.

    The rounds of a process are in order. Where a run is resumed its backends start anew; the same groups may begin and
    the same cases may end again, in processes with numbers of their own.
    """

    def __init__(self) -> None:
        self._rounds: dict[tuple[str, int], int] = {}
        self._cold: set[tuple[int, str]] = set()
        self._since_start: set[tuple[type[Line], str]] = set()

    def has(self, line: Line) -> bool:
        """Whether a line was recorded before; it is from now on."""
        match line:
            case RoundLine(group=group, process=process, round=number):
                before = self._rounds.get((group, process), number - 1)
                self._rounds[group, process] = number
                return number <= before
            case ColdLine(process=process, sample=sample):
                return _is_in(self._cold, (process, sample.case))
            case GroupLine(group=name) | OutcomeLine(case=name):
                return _is_in(self._since_start, (type(line), name))
            case BackendLine():
                self._since_start.clear()
                return False


def _is_in(known: set[T], key: T) -> bool:
    """Whether a key is known; it is from now on."""
    before = len(known)
    known.add(key)
    return len(known) == before


def sound_length(file: Path) -> int:
    """Return the length in bytes of `file` without a torn last line.

    Raises
    ------
    UsageError
        If its last line is neither sound nor torn.
    """
    lines = _Lines(file)
    for _ in lines:
        pass
    return lines.sound_bytes


class _Lines:
    """Iterates over the checked lines of a file; `torn` and `sound_bytes` hold once it has ended."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.number = 0
        self.sound_bytes = 0
        self.torn = False

    def __iter__(self) -> Iterator[Line]:
        decode = _LINE_DECODER.decode
        try:
            with self.file.open("rb") as stream:
                while text := stream.readline(MAX_LINE_BYTES):
                    self.number += 1
                    try:
                        line = decode(text)
                    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                        if not _is_torn(text, error):
                            raise self.error(str(error)) from error
                        self.torn = True
                        return
                    self.sound_bytes += len(text)
                    yield line
        except FileNotFoundError:
            raise UsageError(
                f"{self.file} is missing: the run is damaged, restore the file or remove the folder"
            ) from None
        except OSError as error:
            raise UsageError(f"cannot read {self.file}: {(error.strerror or str(error)).lower()}") from error

    def error(self, what: str) -> UsageError:
        """Say what is wrong with the current line."""
        return UsageError(
            f"{self.file}, line {self.number}: not a record of this run, or damaged ({what}): "
            "restore the file or remove the line"
        )


def _is_torn(text: bytes, error: Exception) -> bool:
    """Say whether a line that cannot be decoded was cut off in mid-write, which only the last one can be."""
    if text.endswith(b"\n") or len(text) == MAX_LINE_BYTES or isinstance(error, msgspec.ValidationError):
        return False
    return text[: len(_LINE_START)] == _LINE_START[: len(text)]
