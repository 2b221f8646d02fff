"""Chooses workloads by pattern, task and size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from suite.errors import UsageError
from suite.nearest import did_you_mean
from suite.workloads.entry import Size, Task, Workload
from suite.workloads.patterns import matches


def select(
    workloads: Iterable[Workload], patterns: Sequence[str], tasks: Sequence[str], sizes: Sequence[Size]
) -> list[Workload]:
    """Return the workloads that match, in the order given.

    Parameters
    ----------
    patterns
        Names or shell patterns, each also several with commas between; none means all.
    tasks
        `Task` values; none means all.
    sizes
        A workload that has none of them is left out, unless it is named exactly.

    Raises
    ------
    UsageError
        If a name, a pattern or a task matches nothing, or a workload that is named exactly cannot take part.
    """
    candidates = list(workloads)
    wanted = [part.strip() for pattern in patterns for part in pattern.split(",") if part.strip()]
    if patterns and not wanted:
        raise UsageError(f"not a workload: {patterns[0]!r}; `list workloads` shows their names")
    kinds = [_task(task) for task in tasks] or list(Task)
    names = {workload.name: workload for workload in candidates}
    for pattern in wanted:
        if pattern in names:
            _check_named(names[pattern], kinds, sizes)
        elif not any(matches(name, pattern) for name in names):
            raise UsageError(f"no workload matches {pattern!r}{did_you_mean(pattern, names)}")
    chosen = [
        workload
        for workload in candidates
        if any(matches(workload.name, pattern) for pattern in wanted or ["*"])
        and workload.task in kinds
        and any(size in workload.data for size in sizes)
    ]
    if not chosen:
        among = f" among {_either(wanted)}" if wanted else ""
        raise UsageError(f"no workload{among} is of task {_either(kinds)} and has size {_either(sizes)}")
    return chosen


def _check_named(workload: Workload, tasks: Sequence[Task], sizes: Sequence[Size]) -> None:
    if not any(size in workload.data for size in sizes):
        raise UsageError(f"workload {workload.name!r} has size {_either(workload.data)}, not {_either(sizes)}")
    if workload.task not in tasks:
        raise UsageError(f"workload {workload.name!r} is of task {workload.task}, not {_either(tasks)}")


def _task(name: str) -> Task:
    try:
        return Task(name)
    except ValueError:
        raise UsageError(f"no task {name!r}{did_you_mean(name, [task.value for task in Task])}") from None


def _either(words: Iterable[str]) -> str:
    return " or ".join(words)
