"""From what was chosen to a plan: workload × size × dtype × backend, as groups in order with their expected time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from suite.errors import UsageError
from suite.measure.needs import needs
from suite.records.schema import Case, Group, Plan, Settings
from suite.workloads.choice import Choice, Division
from suite.workloads.entry import Size, Workload
from suite.workloads.reshape import expected_fit_s

#: Seconds of one fit and predict where nothing is known: of a user's file, or of an algorithm of no other workload.
TYPICAL_FIT_S: Mapping[Size, float] = {Size.S: 0.3, Size.M: 3.0, Size.L: 30.0, Size.XL: 300.0}

#: Seconds to start one worker; engines are imported once a run.
START_S = 0.1

#: Rounds after which a speed-up is usually known to within a few per cent, and the fewest that are taken.
TYPICAL_ROUNDS = 30
FEWEST_ROUNDS = 5


#: Says why a backend does not offer a workload; empty if it may.
Lacks = Callable[[str, Workload], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The memory there is: of devices by backend spec, None where a backend has one and its size is not known.

    What is not among `devices` computes on the host, whose limit stands in the settings.
    """

    devices: Mapping[str, int | None] = field(default_factory=dict)


def make_plan(
    workloads: Sequence[Workload],
    *,
    sizes: Sequence[Size],
    dtypes: Sequence[str],
    order: str,
    backends: Sequence[str],
    reference: str,
    settings: Settings,
) -> Plan:
    """Return the plan of whole workloads: the small sizes first, then in their order; see `plan_of`.

    A workload is left out at sizes that it does not have.

    Raises
    ------
    UsageError
        If nothing is left to measure.
    """
    chosen = list(combine(workloads, sizes, dtypes, order))
    return plan_of(chosen, backends=backends, reference=reference, settings=settings)


def combine(
    workloads: Sequence[Workload], sizes: Sequence[Size], dtypes: Sequence[str], order: str
) -> Iterator[Choice]:
    """Yield every workload at every size that it has, in every dtype; the small sizes first.

    Raises
    ------
    UsageError
        If no workload has any of the sizes.
    """
    if not any(size in workload.data for workload in workloads for size in sizes):
        asked = ", ".join(size.value for size in sizes)
        raise UsageError(f"nothing to measure: none of the {len(workloads)} selected workloads has size {asked}")
    for size in (size for size in Size if size in sizes):
        for workload in workloads:
            if size in workload.data:
                for dtype in dict.fromkeys(dtypes):
                    yield Choice(workload=workload, size=size, dtype=dtype, order=order)


def plan_of(
    chosen: Sequence[Choice],
    *,
    backends: Sequence[str],
    reference: str,
    settings: Settings,
    room: Room | None = None,
    lacks: Lacks = lambda spec, workload: "",  # noqa: ARG005 - its type names them
    suite: str = "",
    division: Division = Division.SAME_WORK,
    named: Sequence[str] = (),
) -> Plan:
    """Return the plan: a group for each choice in its order, the reference first in every group.

    A case whose estimated memory is not there is named in the plan and skipped, and so is one that its backend does not
    offer; neither takes time.
    The memory is not divided by the workers that are alive: but for the one at work they are stopped, have freed what
    their last pass computed, and map the same pages of the data.
    """
    specs = list(dict.fromkeys([reference, *backends]))
    every = [(choice, _cases(choice, specs, settings, room or Room(), lacks)) for choice in chosen]
    tried = sum(any(case.tried for case in cases) for _, cases in every)
    share_s = settings.budget_s / max(1, tried)
    groups = [_group(choice, cases, share_s, settings) for choice, cases in every]
    return Plan(
        reference=reference,
        settings=settings,
        groups=groups,
        expected_s=sum(group.expected_s for group in groups),
        suite=suite,
        division=division,
        named=list(named),
    )


def _cases(choice: Choice, specs: Sequence[str], settings: Settings, room: Room, lacks: Lacks) -> list[Case]:
    cases = []
    for spec in specs:
        if absent := lacks(spec, choice.workload):
            cases.append(Case(id=f"{choice.id}/{spec}", backend=spec, absent=absent))
            continue
        need = needs(choice.workload, choice.data, choice.dtype, on_device=spec in room.devices)
        cases.append(
            Case(
                id=f"{choice.id}/{spec}",
                backend=spec,
                host_bytes=need.host_bytes,
                device_bytes=need.device_bytes,
                skip=need.lacking(settings.memory_bytes, room.devices.get(spec)),
            )
        )
    return cases


def _group(choice: Choice, cases: list[Case], share_s: float, settings: Settings) -> Group:
    tried = sum(case.tried for case in cases)
    work_s = expected_s(choice.workload, choice.size, tried, share_s, settings) if tried else 0.0
    return Group(
        id=choice.id,
        workload=choice.workload,
        size=choice.size,
        dtype=choice.dtype,
        order=choice.order,
        cases=cases,
        expected_s=work_s,
        shape=choice.shape,
        published=choice.published,
        step=choice.step,
    )


def expected_s(workload: Workload, size: Size, cases: int, share_s: float, settings: Settings) -> float:
    """Estimate the seconds that a group takes: starts, cold passes, and rounds until precise or out of budget.

    Every backend is taken to be as fast as stock scikit-learn. `share_s` is the group's part of the budget, of which
    starts and cold passes may take half. What takes longer than the limit ends at it, in its first pass.
    """
    fit_s = expected_fit_s(workload, size) or TYPICAL_FIT_S[size]
    if fit_s >= settings.timeout_s:
        return cases * (START_S + settings.timeout_s)
    round_s = cases * fit_s
    one_cold_s = cases * START_S + round_s
    cold_s = one_cold_s * min(settings.processes, max(1, ceil(share_s / 2 / one_cold_s)))
    rounds_s = min(TYPICAL_ROUNDS * round_s, share_s - cold_s)
    return cold_s + max(rounds_s, FEWEST_ROUNDS * round_s)
