"""The two sides of a comparison, and the cases that they share."""

from __future__ import annotations

from dataclasses import dataclass

from suite.errors import UsageError
from suite.records.run import GroupRecord, Run
from suite.records.schema import Case


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: a run, or one backend of it (an empty `backend` means all)."""

    run: Run
    backend: str = ""

    @property
    def name(self) -> str:
        """The run's name, and the backend's where only one is meant."""
        return f"{self.run.info.id}:{self.backend}" if self.backend else self.run.info.id


@dataclass(frozen=True, slots=True)
class Matched:
    """A case of both sides."""

    base: GroupRecord
    base_case: Case
    new: GroupRecord
    new_case: Case


def check_sides(base: Side, new: Side) -> None:
    """Refuse two sides that cannot be told apart, or have no cases in common by what they are."""
    if bool(base.backend) != bool(new.backend):
        named, whole = (base, new) if base.backend else (new, base)
        raise UsageError(
            f"{named.name} is one backend, {whole.name} a whole run: name a backend of both (RUN:BACKEND) or of neither"
        )
    if base.backend == new.backend and (one_run(base, new) or base.run.info.id == new.run.info.id):
        raise UsageError(f"both sides are {base.name}: name two runs, or two backends of one (RUN:BACKEND)")


def one_run(base: Side, new: Side) -> bool:
    """Whether both sides are of one run: then they were measured side by side."""
    return base.run.path.resolve() == new.run.path.resolve()


def shared(base: Side, new: Side) -> tuple[list[Matched], list[str], list[str]]:
    """Return the cases of both sides, and the names of those that only one of them has."""
    ours, theirs = _cases(base), _cases(new)
    both = [Matched(*ours[key], *theirs[key]) for key in ours if key in theirs]
    only_base, only_new = (
        sorted(" ".join(key).strip() for key in own if key not in other)
        for own, other in ((ours, theirs), (theirs, ours))
    )
    return both, only_base, only_new


def _cases(side: Side) -> dict[tuple[str, str], tuple[GroupRecord, Case]]:
    """Return the side's cases by group, and by backend where all are meant."""
    return {
        (record.group.id, "" if side.backend else case.backend): (record, case)
        for record in side.run.groups
        for case in record.group.cases
        if side.backend in ("", case.backend)
    }
