"""From the options of `run` to a plan: which backends, which workloads, which limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from backends.diagnosis import Checked
from backends.discovery import create
from backends.protocol import State
from suite.cli.engines import check_engines, named_interpreters
from suite.cli.options import RunOptions
from suite.cli.resources import available_memory_bytes
from suite.datasets import expected_bytes
from suite.errors import UsageError
from suite.measure.plan import make_plan
from suite.records.schema import Machine, Plan, Settings
from suite.units import format_bytes
from suite.workloads import catalogue
from suite.workloads.custom import load
from suite.workloads.entry import Size, Workload
from suite.workloads.select import select

if TYPE_CHECKING:
    from collections.abc import Sequence

BUDGET_S: Mapping[Size, float] = {Size.S: 120.0, Size.M: 900.0, Size.L: 3600.0, Size.XL: 14400.0}
TIMEOUT_S: Mapping[Size, float] = {Size.S: 300.0, Size.M: 900.0, Size.L: 3600.0, Size.XL: 14400.0}

#: Fresh processes are cheap beside a budget of S, and dear where one fit takes a minute.
PROCESSES: Mapping[Size, int] = {Size.S: 4, Size.M: 2, Size.L: 2, Size.XL: 2}

#: The share of the available memory that a worker may use.
MEMORY_SHARE = 0.8


def plan_run(options: RunOptions, machine: Machine) -> tuple[Plan, list[str]]:
    """Return the plan, and what the user should know about how it came to be.

    Raises
    ------
    UsageError
        If a name is unknown, a value is impossible here, or nothing is left to measure.
    """
    named = named_interpreters(options.env)
    reference, backends, notes = _backends(options.backend, options.reference, named)
    sizes = [Size(size) for size in options.size]
    plan = make_plan(
        _workloads(options, sizes),
        sizes=sizes,
        dtypes=options.dtype,
        order=options.order,
        backends=backends,
        reference=reference,
        settings=_settings(options, sizes, machine, _interpreters(named, [reference, *backends])),
    )
    return plan, notes


def data_bytes(plan: Plan) -> int:
    """Return the bytes of all data of a plan, each counted once."""
    data = {repr((group.workload.data[group.size], group.dtype)): group for group in plan.groups}
    return sum(expected_bytes(group.workload.data[group.size], group.dtype) for group in data.values())


def _interpreters(named: Mapping[str, str], backends: Sequence[str]) -> dict[str, str]:
    """Return the interpreters by spec as the plan has it.

    Raises
    ------
    UsageError
        If one is named for a backend that is not measured.
    """
    measured = {create(spec).spec: spec for spec in backends}
    for spec in named:
        if spec not in measured:
            raise UsageError(f"--env {spec}: this backend is not measured; add --backend {spec}")
    return {measured[spec]: path for spec, path in named.items()}


def _backends(
    asked: Sequence[str], reference: str, interpreters: Mapping[str, str]
) -> tuple[str, list[str], list[str]]:
    """Return the reference, the specs to measure and notes: what was asked for, or else all that are ready.

    A spec stays as it was typed; `name` and `name:device` with the default device are the same.
    """
    named: dict[str, str] = {}
    for spec in asked:
        named.setdefault(create(spec).spec, spec)
    meant = create(reference).spec
    if asked:
        notes = [] if meant in named else [f"{reference} is measured too: it is the reference (see --reference)"]
        return named.get(meant, reference), [*named.values()], notes
    others = [checked for checked in check_engines([], interpreters) if checked.backend != meant]
    ready = [checked for checked in others if checked.diagnosis.state is State.READY and not checked.aside]
    left_out = [checked for checked in others if checked not in ready]
    return (
        reference,
        [checked.backend for checked in ready],
        [f"{one.backend} is left out: {_why(one)}" for one in left_out],
    )


def _why(checked: Checked) -> str:
    diagnosis = checked.diagnosis
    if diagnosis.state is State.READY:
        return f"{checked.aside} (to have it: --backend {checked.backend})"
    return f"{diagnosis.state.value} (to have it: {diagnosis.cure})" if diagnosis.cure else diagnosis.state.value


def _workloads(options: RunOptions, sizes: Sequence[Size]) -> list[Workload]:
    """Return the selected workloads: the user's own alone if there are any and no pattern asks for more."""
    own = [workload for path in options.workload_file for workload in load(Path(path))]
    everything = [*own] if own and not options.workload else [*catalogue(), *own]
    twice = [name for name, count in Counter(workload.name for workload in everything).items() if count > 1]
    if twice:
        raise UsageError(f"there are two workloads named {twice[0]!r}; give the one in your file another name")
    return select(everything, options.workload, options.task, sizes)


def _settings(options: RunOptions, sizes: Sequence[Size], machine: Machine, interpreters: dict[str, str]) -> Settings:
    return Settings(
        threads=_threads(options.threads, machine),
        budget_s=options.budget or sum(BUDGET_S[size] for size in sizes) * len(options.dtype),
        precision=options.precision,
        processes=options.processes or _processes(options, sizes),
        seed=options.seed,
        timeout_s=options.timeout or max(TIMEOUT_S[size] for size in sizes),
        memory_bytes=_memory(options.memory, machine),
        strict=options.strict,
        confidence=options.confidence,
        same_within=options.same_within,
        interpreters=interpreters,
    )


def _processes(options: RunOptions, sizes: Sequence[Size]) -> int:
    """Return as many processes as there is time for, or as the precision needs."""
    from suite.stats.replicates import processes_needed

    needed = processes_needed(options.precision, 1 - options.confidence)
    return max(needed, min(PROCESSES[size] for size in sizes))


def _threads(asked: int | None, machine: Machine) -> int:
    """Return the threads: all usable CPUs, but no more than a control group pays for."""
    if asked is None:
        paid = machine.usable_cpus if machine.cgroup_cpus is None else max(1, int(machine.cgroup_cpus))
        return min(machine.usable_cpus, paid)
    if asked > machine.usable_cpus:
        raise UsageError(f"--threads {asked}: only {machine.usable_cpus} CPUs may be used here")
    return asked


def _memory(asked: int | None, machine: Machine) -> int:
    if asked is None:
        return int(MEMORY_SHARE * available_memory_bytes())
    if asked > machine.memory_bytes:
        raise UsageError(f"--memory {format_bytes(asked)}: this machine has {format_bytes(machine.memory_bytes)}")
    return asked
