"""How a run's time is shared: each group may use its part of what is left, by what it is expected to take."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

#: Share of its part of the whole that a group gets at least, though others before it have taken more than theirs.
LEAST = 0.5


class Budget:
    """The run's wall time; what one group leaves over goes to the following ones.

    Groups overdraw their share for the sake of the fewest rounds. Those that come after them are not left without any:
    the run then takes somewhat longer.
    """

    def __init__(
        self, total_s: float, expected_s: Sequence[float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._end = clock() + total_s
        self._total_s = total_s
        self._all_s = sum(expected_s)
        self._expected_s = list(expected_s)

    def forgive(self, seconds: float) -> None:
        """Do not charge this time to the run: it was lost to a fault of one engine, and the others should not pay."""
        self._end += seconds

    def next_group(self) -> float:
        """Return the seconds that the next group may use."""
        left_s = max(0.0, self._end - self._clock())
        share = self._expected_s[0] / sum(self._expected_s)
        return max(left_s * share, LEAST * self._total_s * self._expected_s.pop(0) / self._all_s)
