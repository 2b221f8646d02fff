"""A run as it was read back: its head, its backends, and what was recorded of every group of its plan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from suite.records.schema import BackendLine, ColdLine, Group, GroupLine, OutcomeLine, RoundLine, RunInfo


@dataclass(frozen=True, slots=True)
class GroupRecord:
    """What was recorded of one group, in the order it was recorded.

    Attributes
    ----------
    started
        None where measuring has not begun; the latest line where a resumed run began the group again.
    cold, rounds
        All of them, also those from before a resumed run began the group again: no sample is thrown away.
    outcomes
        By case id; the latest where a case ended more than once. A case without one has not ended.
    """

    group: Group
    started: GroupLine | None
    cold: list[ColdLine]
    rounds: list[RoundLine]
    outcomes: dict[str, OutcomeLine]

    @property
    def ended(self) -> bool:
        """Whether every case has its outcome."""
        return all(case.id in self.outcomes for case in self.group.cases)


@dataclass(frozen=True, slots=True)
class Run:
    """A run, finished or not. `groups` are in the plan's order and complete, also those not begun.

    `backends` are by spec, the latest line of each. `torn` is True if the last line was cut off in mid-write: it is
    left out.
    """

    path: Path
    info: RunInfo
    backends: dict[str, BackendLine]
    groups: list[GroupRecord]
    torn: bool = False
