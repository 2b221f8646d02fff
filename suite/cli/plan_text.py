"""A plan as text, for `run --dry-run`."""

from __future__ import annotations

from suite.cli.output import aligned
from suite.records.schema import Group, Plan
from suite.report.text import count_text
from suite.units import format_bytes, format_duration, format_share


def plan_text(plan: Plan, data_bytes: int, width: int | None = None) -> str:
    """Return the groups in their order, the settings, the expected size of the data and the expected time."""
    table = aligned(["GROUP", "ROWS", "COLUMNS", "EXPECTED", "BACKENDS"], [_row(group) for group in plan.groups], width)
    groups = count_text(len(plan.groups), "group")
    cases = count_text(sum(len(group.cases) for group in plan.groups), "case")
    time = format_duration(round(plan.expected_s) or 1)
    summary = f"{groups}, {cases}, {format_bytes(data_bytes)} of data; expected time: {time}"
    return "\n".join((table, "", _settings(plan), summary))


def _row(group: Group) -> list[str]:
    data = group.workload.data[group.size]
    backends = " ".join(case.backend for case in group.cases)
    rows, columns = (str(count) if count else "all" for count in (data.n_train, data.n_features))
    return [group.id, rows, columns, format_duration(float(f"{group.expected_s:.2g}")), backends]


def _settings(plan: Plan) -> str:
    settings = plan.settings
    facts = {
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
    return ", ".join(f"{name} {value}" for name, value in facts.items()) + (", strict" if settings.strict else "")
