"""Keeps runs: a run is a folder with `run.json` (its head) and `records.jsonl` (one line per thing recorded)."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import msgspec

from suite.errors import UsageError
from suite.records.find import RunHead, find_run, list_runs
from suite.records.reading import MAX_LINE_BYTES, RECORDS_FILE, RUN_FILE, load, read_info, sound_length
from suite.records.schema import Line, RunInfo

__all__ = [
    "RunHead",
    "RunStore",
    "StoreError",
    "check_folder",
    "find_run",
    "list_runs",
    "load",
    "mark_resumed",
    "read_info",
]

#: What must be free before measuring begins: a long run's records with room to spare.
MIN_FREE_BYTES = 16 * 2**20

_PROBE_BYTES = 64 * 2**10
_LINE_DECODER = msgspec.json.Decoder(Line)
_INFO_DECODER = msgspec.json.Decoder(RunInfo)
_ENCODER = msgspec.json.Encoder()


class StoreError(UsageError):
    """The records cannot be written any more; what was appended before is on disk and readable."""


def _why(error: OSError) -> str:
    """Say in a few words why the operating system refused, and what to do."""
    elsewhere = "choose another folder with --results"
    reasons = {
        errno.ENOSPC: f"the disk is full: free some space, or {elsewhere}",
        errno.EFBIG: f"the limit on the size of files (ulimit -f) is reached: raise it, or {elsewhere}",
        errno.EDQUOT: f"your disk quota is used up: free some space, or {elsewhere}",
        errno.EROFS: f"the file system is read-only: {elsewhere}",
        errno.EACCES: f"permission denied: {elsewhere}",
        errno.EPERM: f"permission denied: {elsewhere}",
        errno.ENOTDIR: f"a file stands where a folder should be: {elsewhere}",
        errno.EEXIST: f"a file stands where a folder should be: {elsewhere}",
    }
    return reasons.get(error.errno or 0, f"{(error.strerror or str(error)).lower()}: {elsewhere}")


def check_folder(root: Path) -> None:
    """Make sure that runs can be kept in `root`, which is made if it is missing.

    Raises
    ------
    UsageError
        If `root` is no folder, cannot be written, or has too little space.
    """
    probe = root / f".probe-{os.getpid()}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        try:
            _write_synced(probe, b"\0" * _PROBE_BYTES)
        finally:
            probe.unlink(missing_ok=True)
        free_bytes = shutil.disk_usage(root).free
    except OSError as error:
        raise UsageError(f"cannot keep results in {root}: {_why(error)}") from error
    if free_bytes < MIN_FREE_BYTES:
        raise UsageError(
            f"cannot keep results in {root}: {free_bytes / 2**20:.1f} MiB are free, {MIN_FREE_BYTES / 2**20:.0f} MiB "
            "are needed: free some space, or choose another folder with --results"
        )


def _write_synced(path: Path, content: bytes) -> None:
    """Write a file and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _write_info(folder: Path, info: RunInfo) -> None:
    """Replace `run.json` atomically: whoever reads it sees the old or the new one, whole."""
    content = _ENCODER.encode(info)
    _check_readable(_INFO_DECODER, content)
    draft = folder / f".{RUN_FILE}-{os.getpid()}"
    try:
        _write_synced(draft, msgspec.json.format(content, indent=1) + b"\n")
        draft.replace(folder / RUN_FILE)
    finally:
        draft.unlink(missing_ok=True)


def _check_readable(decoder: msgspec.json.Decoder[Line] | msgspec.json.Decoder[RunInfo], content: bytes) -> None:
    """Refuse what could not be read again: JSON has no NaN and no infinity, msgspec writes them as null."""
    try:
        decoder.decode(content)
    except msgspec.ValidationError as error:
        raise ValueError(f"cannot be recorded, because it could not be read again: {error}") from error


class RunStore:
    """Appends to one run. The file is locked while it is open, so that nobody else continues the same run."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def create(cls, root: Path, info: RunInfo) -> RunStore:
        """Begin the run `info` in the new folder `root / info.id`.

        Raises
        ------
        UsageError
            If `root` cannot keep it (see `check_folder`), or has a run of that name.
        ValueError
            If `info` could not be read again.
        """
        check_folder(root)
        path = root / info.id
        try:
            path.mkdir()
        except OSError as error:
            if error.errno == errno.EEXIST:
                raise UsageError(f"there is already a run {path}: start again for another name") from error
            raise UsageError(f"cannot keep results in {root}: {_why(error)}") from error
        try:
            descriptor = os.open(path / RECORDS_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o666)
            _lock(descriptor, path)
            _write_info(path, info)
        except OSError as error:
            shutil.rmtree(path, ignore_errors=True)
            raise UsageError(f"cannot keep results in {path}: {_why(error)}") from error
        return cls(path, descriptor)

    @classmethod
    def reopen(cls, path: Path) -> RunStore:
        """Continue the run at `path` on a fresh line; a torn last line is removed.

        Raises
        ------
        UsageError
            If it is no run, cannot be written, or is being measured by another process.
        """
        read_info(path)
        check_folder(path)
        records = path / RECORDS_FILE
        try:
            descriptor = os.open(records, os.O_RDWR | os.O_APPEND)
        except OSError as error:
            raise UsageError(f"cannot continue {path}: {_why(error)}") from error
        try:
            _lock(descriptor, path)
            length = sound_length(records)
            os.ftruncate(descriptor, length)
            if length and os.pread(descriptor, 1, length - 1) != b"\n":
                _write_whole(descriptor, b"\n")
        except OSError as error:
            os.close(descriptor)
            raise UsageError(f"cannot continue {path}: {_why(error)}") from error
        except UsageError:
            os.close(descriptor)
            raise
        return cls(path, descriptor)

    def append(self, line: Line) -> None:
        """Write one line with one system call: a killed process loses at most the line in flight.

        Raises
        ------
        StoreError
            If it cannot be written, on a full disk for instance; the file stays as it was.
        ValueError
            If the line could not be read again.
        """
        content = _ENCODER.encode(line)
        if len(content) >= MAX_LINE_BYTES:
            raise ValueError(f"cannot be recorded: a line of {len(content):,} bytes is longer than any that is read")
        _check_readable(_LINE_DECODER, content)
        try:
            _write_whole(self._descriptor, content + b"\n")
        except OSError as error:
            raise StoreError(f"cannot write to {self.path / RECORDS_FILE}: {_why(error)}") from error

    @property
    def empty(self) -> bool:
        """Whether nothing was recorded so far."""
        return os.fstat(self._descriptor).st_size == 0

    def discard_if_empty(self) -> None:
        """Remove the run if nothing was recorded in it."""
        if self.empty:
            self.close()
            shutil.rmtree(self.path, ignore_errors=True)

    def close(self) -> None:
        """Wait until everything is on the disk and release the run. May be called again."""
        if self._descriptor < 0:
            return
        descriptor, self._descriptor = self._descriptor, -1
        try:
            os.fsync(descriptor)
        except OSError as error:
            raise StoreError(f"cannot write to {self.path / RECORDS_FILE}: {_why(error)}") from error
        finally:
            os.close(descriptor)

    def __enter__(self) -> RunStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _lock(descriptor: int, path: Path) -> None:
    """Lock the records for this process alone; file systems without locks are used without.

    The kernel drops the lock when the process dies; programs that it started do not inherit the descriptor.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK):
            raise UsageError(f"{path} is being measured by another process: wait for it, or end it") from error
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS):
            raise


def _write_whole(descriptor: int, content: bytes) -> None:
    """Append all of `content` or nothing: what a full disk took of it is cut off again."""
    before = os.fstat(descriptor).st_size
    try:
        written = os.write(descriptor, content)
        if written < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError:
        os.ftruncate(descriptor, before)
        raise


def mark_resumed(path: Path, *, at_utc: str, forced: Sequence[str] = ()) -> RunInfo:
    """Note in `run.json` that the run was continued at `at_utc`, and against which objections; return the new head."""
    info = read_info(path)
    info = msgspec.structs.replace(info, resumed_utc=[*info.resumed_utc, at_utc], forced=[*info.forced, *forced])
    try:
        _write_info(path, info)
    except OSError as error:
        raise UsageError(f"cannot write to {path / RUN_FILE}: {_why(error)}") from error
    return info
