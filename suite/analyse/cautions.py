"""What to know before the ratios of two sides are trusted: what else differs between them, and warnings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from suite.analyse.sides import Matched, Side, one_run
from suite.records.machine import doubts
from suite.records.resume import circumstances
from suite.records.run import GroupRecord
from suite.records.sameness import judged_otherwise
from suite.records.schema import Case

#: Of several groups, so many are named.
_SHOWN = 3


def differences(base: Side, new: Side, used: Iterable[Matched]) -> list[str]:
    """Return what else differs: circumstances, and how the cases `used` are judged."""
    return [*_circumstances(base, new), *_judged_otherwise(used)]


def warnings(base: Side, new: Side, used: Sequence[Matched]) -> Iterator[str]:
    """Yield what to know of two sides before their ratios (of the cases `used`) are trusted."""
    if not one_run(base, new) or base.run.info.imported:
        yield _apart(base, new)
    yield from _disturbed(used)


def elsewhere(base: Side, new: Side) -> str:
    """Say how sure it is that the sides come from two machines; empty if they surely come from one."""
    if base.run.info.machine.id != new.run.info.machine.id:
        return "another machine"
    return "perhaps another machine" if doubts(base.run.info.machine, new.run.info.machine) else ""


def _apart(base: Side, new: Side) -> str:
    if not elsewhere(base, new):
        return (
            "the two runs were not measured side by side: what befell the machine in between is in these ratios "
            "(run --against ENV measures two environments in one run)"
        )
    machines = base.run.info.machine, new.run.info.machine
    where = "the two runs come from different machines"
    if machines[0].id == machines[1].id:
        where = f"perhaps another machine: its id is the same, but not its {', its '.join(doubts(*machines))}"
    return f"{where}: their times are not compared, only their speed-ups over the reference measured beside each"


def _circumstances(base: Side, new: Side) -> list[str]:
    """Return what differs in the circumstances: code, versions, machine, and each backend's own."""
    found = [] if one_run(base, new) else circumstances(base.run.info, new.run.info)
    pairs = [(base.backend, new.backend)] if base.backend and new.backend else []
    pairs = pairs or [(name, name) for name in base.run.backends if name in new.run.backends]
    for ours, theirs in pairs:
        before, after = base.run.backends.get(ours), new.run.backends.get(theirs)
        if before is None or after is None or ours.partition("@")[0] != theirs.partition("@")[0]:
            continue
        for package in sorted(before.versions.keys() | after.versions.keys()):
            old, now = before.versions.get(package, "none"), after.versions.get(package, "none")
            line = f"{package}: {old} then, {now} now"
            if old != now and line not in found:
                found.append(f"{theirs}: {line}")
        if before.interpreter != after.interpreter:
            found.append(
                f"{theirs}: Python {before.interpreter or 'unknown'} then, {after.interpreter or 'unknown'} now"
            )
    ours_settings, theirs_settings = base.run.info.plan.settings, new.run.info.plan.settings
    if ours_settings.threads != theirs_settings.threads:
        found.append(f"threads: {ours_settings.threads} then, {theirs_settings.threads} now")
    return found


def _judged_otherwise(used: Iterable[Matched]) -> Iterator[str]:
    """Say where the same work is judged otherwise, or expected to take another time."""
    by_group = {one.new.group.id: judged_otherwise(one.base.group, one.new.group) for one in used}
    named = [f"{group} ({', '.join(what)})" for group, what in by_group.items() if what]
    if named:
        more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
        shown = f"{', '.join(named[:_SHOWN])}{more}"
        yield f"not the work, but how it is judged or planned: {shown}; quality is compared by the metrics of both"


def _disturbed(used: Sequence[Matched]) -> Iterator[str]:
    """Warn of each side whose times are mostly those of disturbed samples."""
    for side, cases in (
        ("base", [(one.base, one.base_case) for one in used]),
        ("new", [(one.new, one.new_case) for one in used]),
    ):
        count = sum(_mostly_disturbed(record, case) for record, case in cases)
        if count:
            yield (
                f"more than half of the samples of {side} were disturbed in {count} of {len(cases)} "
                f"case{'s' if len(cases) > 1 else ''}: there its times are of disturbed samples"
            )


def _mostly_disturbed(record: GroupRecord, case: Case) -> bool:
    samples = [sample for line in record.rounds if (sample := line.chosen().get(case.id))]
    return 2 * sum(bool(sample.marks) for sample in samples) > len(samples)
