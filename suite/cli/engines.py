"""Which engines there are and whether they can run, each asked under the interpreter that the user named for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from backends.diagnosis import DIAGNOSE, PROBE, Checked, check_all, check_named
from backends.discovery import create
from suite.errors import UsageError
from suite.measure import interpreters
from suite.records.names import without_names


def named_interpreters(env: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the interpreters of `--env` by canonical spec, after a look whether workers can run there.

    Raises
    ------
    UsageError
        If a backend is unknown or named twice, or an interpreter cannot be used.
    """
    named: dict[str, str] = {}
    for spec, path in env:
        canonical = create(spec).spec
        if canonical in named:
            raise UsageError(f"--env {spec}: this backend has an interpreter already: {named[canonical]}")
        interpreters.check(f"--env {spec}=", path)
        (named[canonical],) = without_names([str(interpreters.python_of(path))])
    return named


def check_engines(specs: Sequence[str], named: Mapping[str, str], *, closer: bool = False) -> list[Checked]:
    """Ask these backends, or all that are found together with the named ones; `closer` imports them."""
    ask = PROBE if closer else DIAGNOSE
    checked = check_named(specs, ask) if specs else check_all(ask)
    if not specs:
        present = {one.backend for one in checked}
        checked += check_named([spec for spec in named if spec not in present], ask)
    return [_elsewhere(one, named, closer) for one in checked]


def _elsewhere(one: Checked, named: Mapping[str, str], closer: bool) -> Checked:
    """Ask again under the backend's own interpreter, if it has one."""
    spec = one.backend if one.backend in named else _canonical(one.backend)
    if spec not in named:
        return one
    return replace(one, diagnosis=interpreters.diagnose(spec, named[spec], closer=closer))


def _canonical(spec: str) -> str:
    """Return the spec with its default device left out; that of a backend that does not load stays as it is."""
    from backends.protocol import UnknownBackendError

    try:
        return create(spec).spec
    except UnknownBackendError:
        return spec
