"""Keeps the names of user and host out of what is recorded: in commands, reasons and tracebacks."""

from __future__ import annotations

import getpass
import re
import socket
from collections.abc import Sequence
from pathlib import Path

#: An absolute path within a text.
_PATH = re.compile(r"""/[^\s'":,;()<>|]+""")


def text_without_names(text: str) -> str:
    """Return a text with every absolute path in it as `without_names` has it."""
    return _PATH.sub(lambda match: without_names([match[0]])[0], text)


def without_names(
    command: Sequence[str],
    *,
    here: Path | None = None,
    home: Path | None = None,
    user: str | None = None,
    host: str | None = None,
) -> list[str]:
    """Return the command with paths relative to `here` or to `~`, and other folders named after user or host masked.

    The parameters default to what holds for this process.
    """
    here = here or Path.cwd()
    home = home or _home()
    user = _user() if user is None else user
    host = socket.gethostname() if host is None else host
    masks = {name: mask for name, mask in ((user, "$USER"), (host, "$HOSTNAME")) if name}
    return [_masked(argument, here, home, masks) for argument in command]


def _masked(argument: str, here: Path, home: Path | None, masks: dict[str, str]) -> str:
    """Mask one argument, also the value in `--option=value`."""
    option, equals, value = argument.partition("=") if argument.startswith("-") else ("", "", argument)
    if "/" not in value:
        return argument
    for folder, short in ((here, "."), (home, "~")):
        if folder is not None and folder != Path("/") and Path(value).is_relative_to(folder):
            value = f"{short}/{Path(value).relative_to(folder)}".removesuffix("/.").removeprefix("./")
            break
    return option + equals + "/".join(masks.get(part, part) for part in value.split("/"))


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
