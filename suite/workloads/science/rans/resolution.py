"""How a step is meshed: counts of cells, which are the same for every height. Imports no NumPy."""

from __future__ import annotations

from typing import NamedTuple


class Resolution(NamedTuple):
    """Cells along each side of the two blocks: up- and downstream of the step, below and above its edge.

    Without cells `upstream` and `lower` it is a plain channel.
    """

    upstream: int
    downstream: int
    lower: int
    upper: int

    @classmethod
    def of(cls, level: int) -> Resolution:
        """Return the resolution of a level: 12 gives 3,792 cells, twice the level four times as many."""
        return cls(2 * level, 6 * level, 3 * level // 2, 13 * level // 6)

    @property
    def cells(self) -> int:
        """Fluid cells."""
        return self.upstream * self.upper + self.downstream * (self.lower + self.upper)
