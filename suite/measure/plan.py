"""From a selection to a plan: workload × size × dtype × backend, as groups in order with their expected time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil

from suite.errors import UsageError
from suite.records.schema import Case, Group, Plan, Settings
from suite.workloads.entry import Size, Workload

#: Seconds of one fit and predict where a workload does not say.
TYPICAL_FIT_S: Mapping[Size, float] = {Size.S: 0.3, Size.M: 3.0, Size.L: 30.0, Size.XL: 300.0}

#: Seconds to start one worker; engines are imported once a run.
START_S = 0.1

#: Rounds after which a speed-up is usually known to within a few per cent, and the fewest that are taken.
TYPICAL_ROUNDS = 30
FEWEST_ROUNDS = 5


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
    """Return the plan: the small sizes first, then in the order of the workloads, the reference first in every group.

    A workload is left out at sizes that it does not have.

    Raises
    ------
    UsageError
        If nothing is left to measure.
    """
    specs = list(dict.fromkeys([reference, *backends]))
    chosen = list(_combine(workloads, sizes, dtypes))
    if not chosen:
        asked = ", ".join(size.value for size in sizes)
        raise UsageError(f"nothing to measure: none of the {len(workloads)} selected workloads has size {asked}")
    share_s = settings.budget_s / len(chosen)
    groups = [_group(workload, size, dtype, order, specs, share_s, settings) for workload, size, dtype in chosen]
    return Plan(
        reference=reference, settings=settings, groups=groups, expected_s=sum(group.expected_s for group in groups)
    )


def _combine(
    workloads: Sequence[Workload], sizes: Sequence[Size], dtypes: Sequence[str]
) -> Iterator[tuple[Workload, Size, str]]:
    for size in (size for size in Size if size in sizes):
        for workload in workloads:
            if size in workload.data:
                for dtype in dict.fromkeys(dtypes):
                    yield workload, size, dtype


def _group(
    workload: Workload, size: Size, dtype: str, order: str, specs: Sequence[str], share_s: float, settings: Settings
) -> Group:
    group_id = f"{workload.name}/{size.value}/{dtype}/{order}"
    return Group(
        id=group_id,
        workload=workload,
        size=size,
        dtype=dtype,
        order=order,
        cases=[Case(id=f"{group_id}/{spec}", backend=spec) for spec in specs],
        expected_s=expected_s(workload, size, len(specs), share_s, settings.processes),
    )


def expected_s(workload: Workload, size: Size, cases: int, share_s: float, processes: int) -> float:
    """Estimate the seconds that a group takes: starts, cold passes, and rounds until precise or out of budget.

    Every backend is taken to be as fast as stock scikit-learn. `share_s` is the group's part of the budget, of which
    starts and cold passes may take half.
    """
    round_s = cases * workload.fit_s.get(size, TYPICAL_FIT_S[size])
    one_cold_s = cases * START_S + round_s
    cold_s = one_cold_s * min(processes, max(1, ceil(share_s / 2 / one_cold_s)))
    rounds_s = min(TYPICAL_ROUNDS * round_s, share_s - cold_s)
    return cold_s + max(rounds_s, FEWEST_ROUNDS * round_s)
