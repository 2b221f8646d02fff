"""Readers of options that name what must exist: backends, environments of theirs, suites."""

from __future__ import annotations

from backends.protocol import UnknownBackendError
from suite.errors import UsageError


def parse_backend(text: str) -> str:
    """Return a backend's spec as it was typed; it must be that of a backend that there is."""
    from backends.discovery import create

    try:
        create(text)
    except UnknownBackendError as error:
        raise UsageError(str(error)) from None
    return text


def parse_env(text: str) -> tuple[str, str]:
    """Return the backend's spec and the path of its interpreter."""
    spec, _, path = text.partition("=")
    if not (spec and path):
        raise UsageError(f"{text!r} is not of the form NAME=ENV: cuml=/opt/rapids")
    return parse_backend(spec), path


def parse_suite(text: str) -> str:
    """Return the name or the file of a suite; it must be one that there is, and is understood."""
    from suite.workloads.suites import find_suite

    find_suite(text)
    return text
