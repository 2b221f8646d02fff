"""A plan as text, for `run --dry-run`."""

from __future__ import annotations

from suite.cli.output import aligned
from suite.records.schema import Group, Plan
from suite.report.text import count_text
from suite.units import format_bytes, format_duration, format_share
from suite.workloads.choice import Division

HEADER = ("GROUP", "ROWS", "COLUMNS", "MEMORY", "EXPECTED", "BACKENDS")


def plan_text(plan: Plan, data_bytes: int, width: int | None = None) -> str:
    """Return the groups in their order, the settings, the expected size of the data and the expected time.

    MEMORY is an estimate of what one worker needs, on the host and on a device. What a backend does not offer takes no
    time, and stands apart.
    """
    table = aligned(HEADER, [_row(group) for group in plan.groups], width)
    cases = [case for group in plan.groups for case in group.cases]
    absent = sum(bool(case.absent) for case in cases)
    skipped = sum(bool(case.skip) for case in cases)
    time = format_duration(round(plan.expected_s) or 1)
    counts = [count_text(len(plan.groups), "group"), count_text(len(cases), "case")]
    counts += [f"{absent:,} of them not offered"] if absent else []
    counts += [f"{skipped:,} of them skipped for want of memory"] if skipped else []
    summary = f"{', '.join(counts)}, {format_bytes(data_bytes)} of data; expected time: {time}"
    return "\n".join((table, "", _settings(plan), summary))


def _row(group: Group) -> list[str]:
    data = group.workload.data[group.size]
    rows, columns = (str(count) if count else "all" for count in (data.n_train, data.n_features))
    expected = format_duration(float(f"{group.expected_s:.2g}"))
    return [group.id, rows, columns, _memory(group), expected, _backends(group)]


def _backends(group: Group) -> str:
    """Return the backends that are measured; apart from them those that do not offer it, and those it does not fit."""
    parts = {
        "": [case.backend for case in group.cases if case.tried],
        "too large: ": [case.backend for case in group.cases if case.skip],
        "not offered: ": [case.backend for case in group.cases if case.absent],
    }
    return "; ".join(what + " ".join(backends) for what, backends in parts.items() if backends)


def _memory(group: Group) -> str:
    host = max((case.host_bytes for case in group.cases), default=0)
    device = max((case.device_bytes for case in group.cases), default=0)
    sizes = [format_bytes(size) for size in (host, device) if size]
    return " + ".join(sizes) or "unknown"


def _settings(plan: Plan) -> str:
    settings = plan.settings
    facts = {
        "suite": plan.suite,
        "division": plan.division.value if plan.division is not Division.SAME_WORK else "",
        "reference": plan.reference,
        "threads": settings.threads,
        "budget": format_duration(settings.budget_s),
        "timeout": format_duration(settings.timeout_s),
        "memory": format_bytes(settings.memory_bytes),
        "precision": format_share(settings.precision),
        "confidence": format_share(settings.confidence),
        "processes": settings.processes,
        "seed": settings.seed,
    }
    said = ", ".join(f"{name} {value}" for name, value in facts.items() if value != "")
    return said + (", strict" if settings.strict else "")
