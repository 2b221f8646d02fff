"""From the options of `run` to a plan: which backends, which workloads, which limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from backends.diagnosis import Checked
from backends.discovery import create
from backends.protocol import State
from suite.cli.choices import Selected, choices
from suite.cli.engines import check_engines, named_interpreters
from suite.cli.options import RunOptions
from suite.cli.resources import available_memory_bytes
from suite.datasets import expected_bytes
from suite.errors import UsageError
from suite.measure.interpreters import check, python_of
from suite.measure.plan import Lacks, Room, plan_of
from suite.records.schema import Machine, Plan, Settings
from suite.units import format_bytes
from suite.workloads.entry import Size, Workload

if TYPE_CHECKING:
    from collections.abc import Sequence

BUDGET_S: Mapping[Size, float] = {Size.S: 120.0, Size.M: 900.0, Size.L: 3600.0, Size.XL: 14400.0}
TIMEOUT_S: Mapping[Size, float] = {Size.S: 300.0, Size.M: 900.0, Size.L: 3600.0, Size.XL: 14400.0}

#: Fresh processes are cheap beside a budget of S, and dear where one fit takes a minute.
PROCESSES: Mapping[Size, int] = {Size.S: 4, Size.M: 2, Size.L: 2, Size.XL: 2}

#: Devices with memory of their own, and the one whose memory the machine's description knows.
DEVICES = frozenset({"cuda", "gpu", "xpu"})
CUDA = "cuda"

#: The label of what `--against` compares with.
BASE = "base"

#: The share of the available memory that a worker may use: each of them, for only one is at work (`plan.plan_of`).
MEMORY_SHARE = 0.8


def plan_run(options: RunOptions, machine: Machine) -> tuple[Plan, list[str]]:
    """Return the plan, and what the user should know about how it came to be.

    Raises
    ------
    UsageError
        If a name is unknown, a value is impossible here, or nothing is left to measure.
    """
    options = side_by_side(options)
    named = named_interpreters(options.env)
    selected = choices(options)
    used = any(choice.workload.uses_only for choice in selected.chosen)
    reference, backends, notes = _backends(options.backend, options.reference, named, inference=used)
    every = [reference, *backends]
    elsewhere = _interpreters(named, every)
    plan = plan_of(
        selected.chosen,
        backends=backends,
        reference=reference,
        settings=_settings(options, selected, machine, elsewhere),
        room=Room(devices=_devices(every, machine)),
        lacks=_asked_once(),
        suite=selected.suite.name if selected.suite else "",
        division=selected.division,
        named=backends if options.backend else [*elsewhere],
    )
    return plan, [*notes, *selected.notes, *skipped_notes(plan)]


def side_by_side(options: RunOptions) -> RunOptions:
    """Put `--against` into the options that it stands for: the same backend twice, the other one as reference.

    Raises
    ------
    UsageError
        If not exactly one backend is named, it is given another interpreter or reference as well, or there is no
        interpreter that workers can run under.
    """
    if options.against is None:
        return options
    if len(options.backend) != 1:
        raise UsageError("--against compares one backend in two environments: name it with --backend, and no other")
    (spec,) = options.backend
    base = f"{create(spec).spec}@{BASE}"
    if "@" in spec or any(create(name).spec == base for name, _ in options.env):
        raise UsageError(f"--against makes {base} itself: leave the label and its --env out")
    if options.reference != RunOptions().reference:
        raise UsageError(f"--against has {base} as its reference: leave --reference out")
    check("--against ", options.against)
    python = str(python_of(options.against))
    return replace(options, backend=(spec, base), reference=base, env=(*options.env, (base, python)), against=None)


def _asked_once() -> Lacks:
    """Return what says why a backend lacks a workload, without starting it; it is asked once about the same."""
    from suite.measure.run import asked_for, lacks

    known: dict[tuple[object, ...], str] = {}

    def answer(spec: str, workload: Workload) -> str:
        about = (spec, workload.uses_only, *asked_for(workload))
        if about not in known:
            known[about] = lacks(spec, workload)
        return known[about]

    return answer


def _devices(specs: Sequence[str], machine: Machine) -> dict[str, int | None]:
    """Return the backends that compute on a device, with the memory of the smallest GPU that is known."""
    smallest = min((gpu.memory_bytes for gpu in machine.gpus if gpu.memory_bytes), default=None)
    devices = {spec: create(spec).device for spec in specs}
    return {spec: smallest if device == CUDA else None for spec, device in devices.items() if device in DEVICES}


def skipped_notes(plan: Plan) -> list[str]:
    """Name the cases that cannot fit, the backends of a group together."""
    notes = []
    for group in plan.groups:
        for reason in dict.fromkeys(case.skip for case in group.cases if case.skip):
            backends = [case.backend for case in group.cases if case.skip == reason]
            notes.append(f"{group.id} is skipped on {', '.join(backends)}: {reason}")
    return notes


def data_bytes(plan: Plan) -> int:
    """Return the bytes of all data that a plan needs, each counted once."""
    tried = (group for group in plan.groups if any(case.tried for case in group.cases))
    data = {repr((group.workload.data[group.size], group.dtype)): group for group in tried}
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
    asked: Sequence[str], reference: str, interpreters: Mapping[str, str], *, inference: bool
) -> tuple[str, list[str], list[str]]:
    """Return the reference, the specs to measure and notes: what was asked for, or else all that are ready.

    A spec stays as it was typed; `name` and `name:device` with the default device are the same. Engines that train
    nothing take part where models are used (`inference`).
    """
    named: dict[str, str] = {}
    for spec in asked:
        named.setdefault(create(spec).spec, spec)
    meant = create(reference).spec
    if asked:
        notes = [] if meant in named else [f"{reference} is measured too: it is the reference (see --reference)"]
        return named.get(meant, reference), [*named.values()], notes

    def takes_part(checked: Checked) -> bool:
        return not checked.aside or (inference and create(checked.backend).inference_only)

    others = [checked for checked in check_engines([], interpreters) if checked.backend != meant]
    ready = [checked for checked in others if checked.diagnosis.state is State.READY and takes_part(checked)]
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


def _settings(options: RunOptions, selected: Selected, machine: Machine, interpreters: dict[str, str]) -> Settings:
    sizes = list(dict.fromkeys(choice.size for choice in selected.chosen))
    dtypes = {choice.dtype for choice in selected.chosen}
    suite = selected.suite
    usual_s = sum(BUDGET_S[size] for size in sizes) * len(dtypes) * selected.steps
    return Settings(
        threads=_threads(options.threads, machine),
        budget_s=options.budget or (suite and suite.budget_s) or usual_s,
        precision=options.precision,
        processes=options.processes or _processes(options, sizes),
        seed=options.seed,
        timeout_s=options.timeout or (suite and suite.timeout_s) or max(TIMEOUT_S[size] for size in sizes),
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
