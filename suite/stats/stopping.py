"""When to stop taking rounds: precise enough, or no hope of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt


class Decision(StrEnum):
    """What to do after a round."""

    GO_ON = "go on"
    PRECISE = "precision reached"
    PLATEAU = "noise no longer shrinks"


@dataclass(frozen=True, slots=True)
class StoppingRule:
    """Stops once the widest interval is narrow enough, or has stopped narrowing. Time is the caller's to limit.

    The intervals must hold at every look (`suite.stats.paired`), so this rule may look whenever it likes.

    Attributes
    ----------
    precision
        Half-width of a ratio's interval at which it is known well enough: 0.03 is ±3 %.
    min_rounds
        Rounds taken in any case.
    plateau_rounds
        Rounds before which noise is given a chance.
    plateau_shrink
        A plateau is reached when four times the rounds have left more than this share of the half-width, and twice the
        rounds more than its square root. Independent noise leaves one half, and 0.7. A disturbance that has passed
        widens the interval too, but then it shrinks again: that is no plateau.
    """

    precision: float
    min_rounds: int = 8
    plateau_rounds: int = 256
    plateau_shrink: float = 0.8

    def decide(self, half_widths: Sequence[float]) -> Decision:
        """Say whether to go on after `len(half_widths)` rounds.

        Parameters
        ----------
        half_widths
            After each round, the half-width of the widest interval among the backends (`Interval.precision`), infinite
            while unknown.
        """
        rounds = len(half_widths)
        if rounds < self.min_rounds:
            return Decision.GO_ON
        if half_widths[-1] <= self.precision:
            return Decision.PRECISE
        if rounds < self.plateau_rounds:
            return Decision.GO_ON
        quarter, half = half_widths[rounds // 4 - 1], half_widths[rounds // 2 - 1]
        limit = max(quarter * self.plateau_shrink, half * sqrt(self.plateau_shrink))
        return Decision.PLATEAU if limit < min(half_widths[-(rounds // 4) :]) else Decision.GO_ON
