"""Finds backends: every module of this package that defines one, and those that other distributions register."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from backends._installed import metadata_folders
from backends.protocol import Backend, UnknownBackendError

#: A third party registers its backend under this entry-point group: `name = "module:ClassName"`.
GROUP = "evenhand.backends"

BUILT_IN = "built in"
LABEL = re.compile(r"[A-Za-z0-9_.+-]{1,40}")


@dataclass(frozen=True, slots=True)
class Found:
    """A backend that was found: its class, or the error with which a third party's module failed to load.

    `origin` is "built in" or the distribution that registered it.
    """

    name: str
    origin: str
    backend: type[Backend] | None
    error: str = ""


def find() -> dict[str, Found]:
    """Return every backend by name, the built-in ones first. A third-party one cannot replace a built-in one."""
    found = {cls.name: Found(cls.name, BUILT_IN, cls) for cls in _built_in()}
    for third_party in _registered(tuple(sys.path)):
        found.setdefault(third_party.name, third_party)
    return found


def create(spec: str) -> Backend:
    """Return the backend that the user typed as `name[:device][@label]`.

    Raises
    ------
    UnknownBackendError
        If there is no such backend, it has no such device, or it failed to load or to be made. One line.
    """
    unlabelled, at, label = spec.partition("@")
    if at and not LABEL.fullmatch(label):
        raise UnknownBackendError(f"backend {spec!r}: after the @ come letters, digits and any of _ . + -")
    name, colon, device = unlabelled.partition(":")
    known = find()
    if name not in known:
        raise UnknownBackendError(f"unknown backend {name!r}{_nearest(name, list(known))}")
    found = known[name]
    if found.backend is None:
        raise UnknownBackendError(f"backend {name!r} of {found.origin} does not load: {found.error}")
    if colon and device not in found.backend.devices:
        hint = _nearest(device, list(found.backend.devices))
        raise UnknownBackendError(f"backend {name!r} has no device {device!r}{hint}")
    try:
        made = found.backend(device)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise UnknownBackendError(f"backend {name!r} of {found.origin} cannot be made: {reason}") from error
    made.label = label
    return made


def _nearest(word: str, known: list[str]) -> str:
    from difflib import get_close_matches  # rarely needed, and it costs 2 ms

    near = get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; there is {', '.join(sorted(known))}"


def _built_in() -> Iterator[type[Backend]]:
    for file in sorted(Path(__file__).parent.glob("[!_]*.py")):
        yield from _defined_in(f"backends.{file.stem}")


def _defined_in(module_name: str) -> Iterator[type[Backend]]:
    for value in vars(import_module(module_name)).values():
        if _is_backend(value) and value.__module__ == module_name:
            yield value


def _is_backend(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Backend) and isinstance(getattr(value, "name", None), str)


@cache
def _registered(path: tuple[str, ...]) -> tuple[Found, ...]:
    """Return what the distributions on `path`, which is sys.path, register; looked for once: it takes 5 ms."""
    return tuple(_entries(path))


def _entries(path: tuple[str, ...]) -> Iterator[Found]:
    if not any(_registers(folder / "entry_points.txt") for folder in metadata_folders(path)):
        return
    from importlib.metadata import entry_points  # 60 ms, and most installations have no third-party backend

    for entry in entry_points(group=GROUP):
        origin = entry.dist.name if entry.dist else "an unknown distribution"
        try:
            cls = entry.load()
        except Exception as error:  # noqa: BLE001 - whatever a third party's module does, the others must go on
            yield Found(entry.name, origin, None, f"{type(error).__name__}: {error}".partition("\n")[0])
            continue
        if not (_is_backend(cls) and cls.name == entry.name):
            yield Found(entry.name, origin, None, f"{entry.value} is not a Backend named {entry.name!r}")
        elif lacking := _lacking(cls):
            yield Found(entry.name, origin, None, f"{entry.value} lacks {', '.join(lacking)}")
        else:
            yield Found(entry.name, origin, cls)


def _lacking(cls: type[Backend]) -> list[str]:
    """Return what a backend must define and does not, or not as texts."""
    told = {"title": [getattr(cls, "title", None)], "packages": getattr(cls, "packages", None), "devices": cls.devices}
    untold = [name for name, texts in told.items() if not _are_texts(texts)]
    return sorted(cls.__abstractmethods__) + untold


def _are_texts(value: object) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(one, str) for one in value)


def _registers(entry_points_file: Path) -> bool:
    try:
        return GROUP.encode() in entry_points_file.read_bytes()
    except OSError:
        return False
