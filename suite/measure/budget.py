"""How a run's time is shared: each group may use its part of what is left."""

from __future__ import annotations

import time
from collections.abc import Callable


class Budget:
    """The run's wall time; what one group leaves over goes to the following ones."""

    def __init__(self, total_s: float, groups: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + total_s
        self._groups = groups

    def forgive(self, seconds: float) -> None:
        """Do not charge this time to the run: it was lost to a fault of one engine, and the others should not pay."""
        self._end += seconds

    def next_group(self) -> float:
        """Return the seconds that the next group may use; zero or more."""
        share_s = max(0.0, self._end - self._clock()) / max(1, self._groups)
        self._groups -= 1
        return share_s
