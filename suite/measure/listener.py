"""How measuring tells what it does: a live display or a log implements `Listener`; every method may do nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from suite.records.schema import Group, OutcomeLine, Plan


class Listener(Protocol):
    """Told between samples, never during one."""

    def planned(self, plan: Plan, finished: int) -> None:
        """Measuring begins; `finished` groups were already measured by the run that is resumed."""

    def preparing(self, group: Group, what: str) -> None:
        """Data are made or verified, workers start."""

    def making(self, group: Group, share: float) -> None:
        """Data that take long are made; so much of them is done."""

    def group_started(self, group: Group, index: int) -> None:
        """The index-th group of the plan is measured now."""

    def round_done(self, group: Group, rounds: int, intervals: Mapping[str, tuple[float, float, float]]) -> None:
        """Tell of a round: per backend spec, the speed-up so far as (estimate, low, high); inf where unknown."""

    def case_ended(self, group: Group, outcome: OutcomeLine) -> None:
        """A case has its status."""

    def group_ended(self, group: Group, index: int) -> None:
        """All cases of the group have their status."""


class Silent:
    """Listens and says nothing."""

    def planned(self, plan: Plan, finished: int) -> None:
        """Do nothing."""

    def preparing(self, group: Group, what: str) -> None:
        """Do nothing."""

    def making(self, group: Group, share: float) -> None:
        """Do nothing."""

    def group_started(self, group: Group, index: int) -> None:
        """Do nothing."""

    def round_done(self, group: Group, rounds: int, intervals: Mapping[str, tuple[float, float, float]]) -> None:
        """Do nothing."""

    def case_ended(self, group: Group, outcome: OutcomeLine) -> None:
        """Do nothing."""

    def group_ended(self, group: Group, index: int) -> None:
        """Do nothing."""
