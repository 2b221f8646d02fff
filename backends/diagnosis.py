"""Asks backends whether they can run here, whatever third parties' code does.

`python -m backends.diagnosis SPEC [--closer]` prints the answer of one as JSON, for whoever runs another interpreter.
"""

from __future__ import annotations

import json
import operator
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields

from backends._patience import PROBE_S, in_time
from backends.discovery import Found, create, find
from backends.protocol import Backend, Diagnosis, State

#: What to ask a backend: the cheap question, or the one that imports the engine in a process of its own.
DIAGNOSE: Callable[[Backend], Diagnosis] = operator.methodcaller("diagnose")
PROBE: Callable[[Backend], Diagnosis] = operator.methodcaller("probe")


@dataclass(frozen=True, slots=True)
class Checked:
    """One backend, diagnosed. `backend` is the spec as the user typed it, or the name; `aside` is `Backend.aside`."""

    backend: str
    title: str
    diagnosis: Diagnosis
    aside: str = ""


def check_named(specs: Sequence[str], ask: Callable[[Backend], Diagnosis] = DIAGNOSE) -> list[Checked]:
    """Ask the backends of these specs; raises UnknownBackendError for one that does not exist."""
    asked = {spec: create(spec) for spec in specs}
    return [Checked(spec, backend.title, answer(backend, ask)) for spec, backend in asked.items()]


def check_all(ask: Callable[[Backend], Diagnosis] = DIAGNOSE) -> list[Checked]:
    """Ask every backend that is found, on its default device."""
    return [_check(found, ask) for found in find().values()]


def _check(found: Found, ask: Callable[[Backend], Diagnosis]) -> Checked:
    if found.backend is None:
        return Checked(found.name, found.origin, Diagnosis(State.LOAD_FAILURE, detail=found.error))
    return Checked(found.name, found.backend.title, _answer_of(found.backend, ask), found.backend.aside)


def _answer_of(cls: type[Backend], ask: Callable[[Backend], Diagnosis]) -> Diagnosis:
    try:
        backend = cls()
    except Exception as error:  # noqa: BLE001 - a third party's code
        return _failure(f"it cannot be made: {type(error).__name__}: {error}")
    return answer(backend, ask)


def answer(backend: Backend, ask: Callable[[Backend], Diagnosis] = DIAGNOSE) -> Diagnosis:
    """Ask one backend; a third party's that raises or hangs, against its promise, cannot run."""
    try:
        diagnosis: object = in_time(backend, lambda: ask(backend), PROBE_S if ask is PROBE else None)
    except Exception as error:  # noqa: BLE001 - a third party's code
        return _failure(f"its diagnosis failed: {type(error).__name__}: {error}")
    if not isinstance(diagnosis, Diagnosis):
        return _failure(f"its diagnosis is no Diagnosis but {diagnosis!r}")
    for name in (field.name for field in fields(diagnosis)):
        if not isinstance(value := getattr(diagnosis, name), State if name == "state" else str):
            return _failure(f"its diagnosis has {name}={value!r}")
    return diagnosis


def _failure(text: str) -> Diagnosis:
    return Diagnosis(State.LOAD_FAILURE, detail=text.partition("\n")[0])


def main() -> None:
    """Print the diagnosis of the backend named on the command line, as the last line."""
    spec, *closer = sys.argv[1:]
    print("\n" + json.dumps(asdict(answer(create(spec), PROBE if closer else DIAGNOSE))), end="")


if __name__ == "__main__":
    main()
