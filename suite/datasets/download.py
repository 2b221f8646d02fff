"""Files from the network, kept in the cache: resumed where they broke off, and what came is what was expected.

Nothing here needs more than the standard library, so that `list datasets` can ask what is there.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, build_opener

from suite import __version__
from suite.errors import DataUnavailableError, UsageError
from suite.units import format_bytes

USER_AGENT = f"evenhand/{__version__} (benchmark data; one connection, resumes)"
#: Answers that may be others a little later.
PASSING = (408, 425, 429, 500, 502, 503, 504)
#: Attempts in a row that bring nothing before it is given up.
TRIES = 4
TIMEOUT_S = 30.0
#: A server that asks for more patience is left alone.
LONGEST_WAIT_S = 120.0
BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A file on the network.

    `name` is its own in the folder of downloads. Without a `sha256` the digest of the first download is kept beside
    the file and holds from then on (unless `pinned` is false); `size` (bytes) is zero where it is not known.
    """

    url: str
    name: str
    sha256: str = ""
    size: int = 0
    pinned: bool = True


class _BrokenOffError(Exception):
    """An attempt brought less than the whole file; `passing` if another may do better, after `after_s` if it says."""

    def __init__(self, reason: str, *, passing: bool, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.passing = passing
        self.after_s = after_s


def downloads_dir() -> Path:
    """Return the folder of downloaded files in the cache."""
    from suite.datasets import cache_dir

    return cache_dir() / "downloads"


def fetch(remote: Remote, folder: Path, *, wait: Callable[[float], None] = time.sleep) -> Path:
    """Return the path of a file: what lies in the folder if it is the right one, else downloaded.

    Parameters
    ----------
    folder
        Where it is kept, see `downloads_dir`; a file that was put there by hand is as good as a downloaded one.
    wait
        Called with the seconds between two attempts.

    Raises
    ------
    DataUnavailableError
        If there is no network, or the server does not give the file.
    UsageError
        If there is no room, or its content is not what it should be: one line each.
    """
    path = folder / remote.name
    if not remote.url.startswith(("http://", "https://")):
        raise UsageError(f"{remote.name}: only http and https are fetched, not {remote.url!r}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder, remote.name):
            if path.exists():
                _pin(remote, path, _check(remote, path, f"remove {path} to download it again"))
            else:
                part = folder / f".{remote.name}.part"
                _transfer(remote, part, path, wait)
                _accept(remote, part, path)
    except OSError as error:
        what = (error.strerror or str(error)).lower()
        raise UsageError(
            f"cannot keep {remote.name} in {folder}: {what}; set EVENHAND_CACHE to another folder"
        ) from error
    return path


def is_there(name: str) -> bool:
    """Whether a file of this name was downloaded, or put there by hand."""
    return (downloads_dir() / name).exists()


def _transfer(remote: Remote, part: Path, path: Path, wait: Callable[[float], None]) -> None:
    """Bring the whole file to `part`, in as many attempts as bring something and a few that do not."""
    failures, came_any = 0, False
    while True:
        before = _size(part)
        try:
            return _receive(remote, part)
        except _BrokenOffError as error:
            came = _size(part) > before
            came_any |= came
            failures = 1 if came else failures + 1
            if failures >= TRIES or not (error.passing or came_any):
                raise DataUnavailableError(
                    f"cannot download {remote.name} from {remote.url}: {error}; "
                    f"try again later, or download it elsewhere and put it at {path}"
                ) from error
            wait(error.after_s or 2.0 ** (failures - 1))


def _receive(remote: Remote, part: Path) -> None:
    """Make one attempt: append what is missing, or begin anew where the server cannot resume."""
    request = Request(remote.url, headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})  # noqa: S310
    had = _size(part)
    validator = _validator_file(part).read_text() if _validator_file(part).exists() else ""
    if had and (validator or remote.sha256):
        request.add_header("Range", f"bytes={had}-")
        if validator:
            request.add_header("If-Range", validator)
    with _answers(remote, part):
        response = build_opener().open(request, timeout=TIMEOUT_S)
    with response:
        start, total = _extent(response.status, response.headers, had)
        _validator_file(part).write_text(_validator(response.headers))
        _check_room(remote, part.parent, total - start)
        with part.open("r+b" if start else "wb") as file:
            file.seek(start)
            _copy(response, file)
        came = _size(part)
        if total and came != total:
            raise _BrokenOffError(f"the connection broke off at {came} of {total} bytes", passing=True)


def _copy(response: http.client.HTTPResponse, file: IO[bytes]) -> None:
    while True:
        try:
            block = response.read(BLOCK_BYTES)
        except http.client.IncompleteRead as error:
            file.write(error.partial)
            return
        except (OSError, http.client.HTTPException) as error:
            raise _BrokenOffError(f"the connection broke off ({_reason(error)})", passing=True) from error
        if not block:
            return
        file.write(block)


@contextmanager
def _answers(remote: Remote, part: Path) -> Iterator[None]:
    """Tell apart what a request may end with before any byte has come."""
    try:
        yield
    except HTTPError as error:
        error.close()
        if error.code == 416:  # the part is longer than the file, or another one's
            part.unlink(missing_ok=True)
            raise _BrokenOffError("the file has changed on the server", passing=True) from error
        after_s = _retry_after(error.headers.get("Retry-After", ""))
        if after_s > LONGEST_WAIT_S:
            raise DataUnavailableError(
                f"{remote.url} asks to be left alone for {after_s:.0f} s (HTTP {error.code}); try again then"
            ) from error
        raise _BrokenOffError(
            f"the server says {error.code} {error.reason}", passing=error.code in PASSING, after_s=after_s
        ) from error
    except (URLError, OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        passing = isinstance(reason, ConnectionResetError | http.client.RemoteDisconnected)
        raise _BrokenOffError(f"no connection ({_reason(reason)})", passing=passing) from error


def _extent(status: int, headers: Mapping[str, Any], had: int) -> tuple[int, int]:
    """Return where the answer's bytes begin in the file, and the bytes of the whole file (zero if it is not said)."""
    length = int(headers.get("Content-Length") or 0)
    if status == http.HTTPStatus.PARTIAL_CONTENT:
        described = str(headers.get("Content-Range", ""))
        if described.startswith(f"bytes {had}-"):
            return had, had + length
        raise _BrokenOffError(f"the server sends the range {described!r} instead of what is missing", passing=False)
    return 0, length


def _accept(remote: Remote, part: Path, path: Path) -> None:
    """Put a complete download in its place if it is the right one; remove it if not."""
    try:
        digest = _check(remote, part, "it was removed; try again later, or tell the project if it stays so")
    except UsageError:
        part.unlink(missing_ok=True)
        raise
    finally:
        _validator_file(part).unlink(missing_ok=True)
    part.replace(path)
    _pin(remote, path, digest)


def _check(remote: Remote, file: Path, cure: str) -> str:
    """Return a file's SHA-256; raises UsageError if it or the size is not as published or as at the first download."""
    size = file.stat().st_size
    if remote.size and size != remote.size:
        raise UsageError(f"{remote.name} from {remote.url} has {size} bytes instead of {remote.size}; {cure}")
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    pin_file = _pin_file(file.parent / remote.name)
    wanted, since = remote.sha256, "as published"
    if not wanted and pin_file.exists():
        wanted, since = _pinned(pin_file), f"as at the first download (remove {pin_file} if the change is wanted)"
    if wanted and digest != wanted:
        raise UsageError(
            f"{remote.name} from {remote.url} has the SHA-256 {digest[:16]}… instead of {wanted[:16]}… {since}; {cure}"
        )
    return digest


def _pin(remote: Remote, path: Path, digest: str) -> None:
    """Keep the digest of the first copy beside the file."""
    pin_file = _pin_file(path)
    if remote.pinned and not pin_file.exists():
        pin = {"url": remote.url, "bytes": path.stat().st_size, "sha256": digest}
        pin_file.write_text(json.dumps(pin, indent=2) + "\n")


def digest_of(name: str) -> str:
    """Return the SHA-256 that is kept of a downloaded file, empty without one."""
    pin_file = _pin_file(downloads_dir() / name)
    return _pinned(pin_file) if pin_file.exists() else ""


def _pinned(pin_file: Path) -> str:
    try:
        return str(json.loads(pin_file.read_text())["sha256"])
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{pin_file} is damaged; remove it") from None


def _check_room(remote: Remote, folder: Path, missing: int) -> None:
    free = shutil.disk_usage(folder).free
    if missing > free:
        raise UsageError(
            f"{remote.name} needs {format_bytes(missing)}, but only {format_bytes(free)} are free in {folder}; "
            "set EVENHAND_CACHE to another folder"
        )


@contextmanager
def _alone(folder: Path, name: str) -> Iterator[None]:
    """Hold the lock on a file's name, so that two processes do not write to one part."""
    with (folder / f".{name}.lock").open("w") as lock:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _validator(headers: Mapping[str, Any]) -> str:
    """Return what tells that the file is still the same on the server: a strong ETag, else when it was changed."""
    tag = str(headers.get("ETag", ""))
    return tag if tag and not tag.startswith("W/") else str(headers.get("Last-Modified", ""))


def _retry_after(text: str) -> float:
    """Return the seconds that a Retry-After header asks for, zero without one."""
    with suppress(ValueError, TypeError):
        return max(0.0, float(text))
    with suppress(ValueError, TypeError):
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    return 0.0


def _reason(error: object) -> str:
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return str(words).lower() or type(error).__name__


def _validator_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.validator")


def _pin_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.pin.json")


def _size(path: Path) -> int:
    return path.stat().st_size if os.path.lexists(path) else 0
