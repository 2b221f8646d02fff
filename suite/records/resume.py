"""Continuing a run: what is left of its plan, and why it cannot go on if code, versions or machine have changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from suite.records.run import GroupRecord, Run
from suite.records.sameness import content, without_words
from suite.records.schema import BackendLine, Plan, RunInfo, Status

#: What must be the same of a machine, in words.
_MACHINE = {
    "cpu": "processor",
    "logical_cpus": "CPUs",
    "usable_cpus": "usable CPUs",
    "cgroup_cpus": "CPU quota",
    "memory_bytes": "bytes of memory",
    "cgroup_memory_bytes": "memory limit in bytes",
    "system": "operating system",
    "kernel": "kernel",
    "governor": "CPU governor",
    "virtual": "hypervisor",
    "container": "container",
}


def what_is_left(run: Run) -> Plan:
    """Return the plan of the groups that have not ended by themselves, with their share of the budget."""
    records = {record.group.id: record for record in run.groups}
    plan = run.info.plan
    groups = [group for group in plan.groups if not _is_finished(records.get(group.id))]
    budget_s = plan.settings.budget_s * len(groups) / len(plan.groups)
    expected_s = sum(group.expected_s for group in groups)
    return replace(plan, groups=groups, settings=replace(plan.settings, budget_s=budget_s), expected_s=expected_s)


def _is_finished(record: GroupRecord | None) -> bool:
    if record is None or not record.ended:
        return False
    return all(outcome.status is not Status.INTERRUPTED for outcome in record.outcomes.values())


def differences(old: RunInfo, new: RunInfo) -> list[str]:
    """Return every reason why what `new` would measure does not belong to the run `old`, one line each."""
    return [*circumstances(old, new), *_of_plan(old.plan, new.plan)]


def elsewhere(then: Mapping[str, BackendLine], now: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return what differs in backends under interpreters of their own, one line each.

    `then` are a run's backends as they were started, `now` the versions by backend; those that could not be started
    have measured nothing.
    """
    reasons = []
    for spec, after in now.items():
        line = then.get(spec)
        if line and line.interpreter:
            before = {"Python": line.interpreter} | line.versions
            reasons += [f"{spec}: {difference}" for difference in _of_named(before, after)]
    return reasons


def circumstances(old: RunInfo, new: RunInfo) -> list[str]:
    """Return what differs in code, versions and machine between two runs, one line each."""
    return [*_of_code(old, new), *_of_versions(old, new), *_of_machine(old, new)]


def _change(what: str, old: object, new: object) -> str:
    return f"{what}: {_shown(old)} then, {_shown(new)} now"


def _shown(value: object) -> str:
    return "none" if value is None or value == "" else str(value)


def _of_code(old: RunInfo, new: RunInfo) -> Iterator[str]:
    if old.code != new.code:
        yield _change("the measuring code", _code(old), _code(new))


def _code(info: RunInfo) -> str:
    """Name the code by its commit, or by its digest where that tells nothing."""
    if info.git is None:
        return f"digest {info.code}" if info.code else ""
    changed = f" with changes (digest {info.code})" if info.git.dirty else ""
    return f"commit {info.git.commit[:12]}{changed}"


def _of_versions(old: RunInfo, new: RunInfo) -> Iterator[str]:
    if old.python != new.python:
        yield _change("Python", old.python, new.python)
    yield from _of_named(old.versions, new.versions)


def _of_named(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before != after:
            yield _change(name, before, after)


def _of_machine(old: RunInfo, new: RunInfo) -> Iterator[str]:
    if old.machine.id != new.machine.id:
        yield _change("the machine", old.machine.id, new.machine.id)
    for field, words in _MACHINE.items():
        before, after = getattr(old.machine, field), getattr(new.machine, field)
        if before != after:
            yield _change(words, before, after)
    before, after = (", ".join(f"{gpu.name} (driver {gpu.driver})" for gpu in info.machine.gpus) for info in (old, new))
    if before != after:
        yield _change("GPUs", before, after)


def _of_plan(old: Plan, new: Plan) -> Iterator[str]:
    if old.reference != new.reference:
        yield _change("the reference", old.reference, new.reference)
    for field in old.settings.__struct_fields__:
        before, after = getattr(old.settings, field), getattr(new.settings, field)
        if before != after:
            yield _change(f"setting {field}", before, after)
    # Strict but for words: one run has one tolerance and one set of checks, and what is planned of its backends.
    groups_then = {group.id: content(without_words(group)) for group in old.groups}
    groups_now = {group.id: content(without_words(group)) for group in new.groups}
    for name in sorted(groups_then.keys() - groups_now.keys()):
        yield f"group {name}: no longer in the plan"
    for name in sorted(groups_now.keys() - groups_then.keys()):
        yield f"group {name}: not in the plan then"
    for name, then in groups_then.items():
        if groups_now.get(name, then) != then:
            yield f"group {name}: its workload, data or backends are not what they were"
