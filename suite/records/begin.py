"""Makes the head of a run: what is known before its first sample, without private names."""

from __future__ import annotations

import platform
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from backends.discovery import create
from suite.records.machine import describe_machine
from suite.records.names import without_names
from suite.records.schema import Plan, RunInfo
from suite.records.versions import code_digest, git_state, installed_versions

_TIME = "%Y%m%dT%H%M%SZ"


def new_run(plan: Plan, *, command: Sequence[str], with_names: bool = False) -> RunInfo:
    """Return the head of a new run of `plan` on this machine, begun now by `command`.

    The names of user and host and the home directory are kept out of it unless `with_names`.
    """
    now = datetime.now(UTC)
    machine = describe_machine(with_names=with_names)
    return RunInfo(
        id=new_run_id(machine.id, now),
        started_utc=utc_text(now),
        command=list(command) if with_names else without_names(command),
        plan=plan,
        machine=machine,
        versions=installed_versions(_packages(plan)),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        git=git_state(),
        code=code_digest(),
    )


def new_run_id(machine_id: str, now: datetime) -> str:
    """Return `<UTC time>-<host hash>-<short id>`: sorts by time, and differs for runs begun in the same second."""
    return f"{now.astimezone(UTC).strftime(_TIME)}-{machine_id[:8]}-{secrets.token_hex(3)}"


def utc_text(now: datetime) -> str:
    """Return a time as the records have it, `2026-01-31T12:00:00Z`."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _packages(plan: Plan) -> Iterable[str]:
    """Return the distributions that the plan's backends are made of."""
    specs = dict.fromkeys(case.backend for group in plan.groups for case in group.cases)
    return [package for spec in specs for package in create(spec).packages]
