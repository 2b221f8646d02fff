"""From the options of `run` to what is measured: a suite that they narrow, or workloads by pattern; the division."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from suite.cli.options import RunOptions
from suite.errors import UsageError
from suite.measure.plan import combine
from suite.workloads import everything
from suite.workloads.choice import Choice, Division
from suite.workloads.custom import load
from suite.workloads.entry import Size, Workload
from suite.workloads.ladders import stepped
from suite.workloads.select import select
from suite.workloads.suites import Narrowing, Suite, choose, find_suite

#: What is measured where the options say nothing.
USUAL = "quick"
#: A budget is for as many steps of a ladder at most.
MOST_STEPS = 4.0
#: Names that a note lists at most.
MOST_NAMES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """What is measured, and how it came to be; `steps` is how many groups became of one by the division."""

    chosen: list[Choice]
    suite: Suite | None
    notes: list[str]
    division: Division
    steps: float = 1.0


def choices(options: RunOptions) -> Selected:
    """Return what the options choose.

    Raises
    ------
    UsageError
        If a name is unknown, or nothing is left to measure.
    """
    own = [workload for path in options.workload_file for workload in load(Path(path))]
    nothing_said = not (options.workload or options.task or options.size or own)
    named = options.suite or (USUAL if nothing_said else None)
    sizes = tuple(Size(size) for size in options.size)
    division = Division(options.division)
    if named is None:
        workloads = _workloads(options, own, sizes or (Size.S,))
        dtypes, order = options.dtype or ("float64",), options.order or "C"
        selected = [*combine(workloads, sizes or (Size.S,), dtypes, order)]
        return _divided(Selected(chosen=selected, suite=None, notes=[], division=division))
    suite = find_suite(named)
    narrowing = Narrowing(
        workloads=_patterns(options.workload),
        tasks=options.task,
        sizes=sizes,
        dtypes=options.dtype,
        order=options.order or "",
    )
    chosen, notes = choose(suite, _once([*everything(), *own]), narrowing)
    return _divided(Selected(chosen=chosen, suite=suite, notes=notes, division=division))


def _workloads(options: RunOptions, own: list[Workload], sizes: tuple[Size, ...]) -> list[Workload]:
    """Return the selected workloads: the user's own alone if there are any and no pattern asks for more."""
    candidates = [*own] if own and not options.workload else [*everything(), *own]
    return select(_once(candidates), options.workload, options.task, sizes)


def _once(workloads: list[Workload]) -> list[Workload]:
    """Check that names are there once."""
    twice = [name for name, count in Counter(workload.name for workload in workloads).items() if count > 1]
    if twice:
        raise UsageError(f"there are two workloads named {twice[0]!r}; give the one in your file another name")
    return workloads


def _patterns(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for pattern in given for part in pattern.split(",") if part.strip())


def _divided(selected: Selected) -> Selected:
    """Return the steps of all ladders in time to quality; what has none is left out, with the reason."""
    if selected.division is Division.SAME_WORK:
        return selected
    steps, without = stepped(selected.chosen)
    names: dict[str, list[str]] = {}
    for name, reason in without.items():
        names.setdefault(reason, []).append(name)
    if not steps:
        reasons = "; ".join(f"{_first(those)} {reason}" for reason, those in names.items())
        raise UsageError(f"nothing for time to quality: {reasons} (see docs/divisions.md)")
    notes = [f"left out of time to quality, as it {reason}: {_first(those)}" for reason, those in names.items()]
    per_choice = len(steps) / (len({choice.id for choice in selected.chosen}) or 1)
    return replace(selected, chosen=steps, notes=[*selected.notes, *notes], steps=min(MOST_STEPS, max(1.0, per_choice)))


def _first(names: list[str]) -> str:
    """Return the names, the first of them if they are many."""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
