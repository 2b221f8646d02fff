"""Marks samples: joins what a worker saw of itself with what the controller saw around it."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Collection, Sequence

from msgspec.structs import replace

from suite.measure.disturbance import Around, Usual, Watch, marks
from suite.records.schema import Mark, Sample

#: Marks that another sample may not have. Those of a window would be the next sample's too, and CPU time over wall
#: time may be an engine's own doing, which must not be chosen away.
MENDABLE = frozenset({Mark.WAITED})
#: A disturbed sample is measured again at once at most so many times, and not if it took longer than that: nearly every
#: long sample on a shared machine has waited, and twice the time for each would be half the rounds.
MOST_RETAKES, LONGEST_RETAKE_S = 4, 0.5
#: Retaking is given up in a group where fewer than one retake in ten is undisturbed, judged after so many.
RETAKES_TRIED = 40
#: Undisturbed samples of a case before its usual CPU / wall ratio is known, and how many are remembered.
USUAL_FROM, USUAL_OF = 10, 50


class Marker:
    """Marks one group's samples.

    A sample carries what was seen in the latest window of at least 0.1 s that ended with it: the kernel's counters are
    too coarse for a shorter one, and the sample is stored at once.
    """

    def __init__(self, cpus: Collection[int] | None) -> None:
        self._watch = Watch(cpus)
        self._around = Around(0.0)
        self._ratios: dict[str, deque[float]] = {}

    def begin(self) -> None:
        """Forget what lies before: workers were started, data were read."""
        self._watch.open()

    def mark(self, sample: Sample, worker_cpu_s: float) -> Sample:
        """Return the sample with its surroundings and marks; `worker_cpu_s` is all its worker used since the last."""
        self._watch.used(worker_cpu_s)
        if self._watch.ready:
            self._around = self._watch.close()
        around = self._around
        sample = replace(
            sample, foreign_cpus=around.foreign_cpus, stolen_cpus=around.stolen_cpus, pressure=around.pressure
        )
        ratios = self._ratios.setdefault(sample.case, deque(maxlen=USUAL_OF))
        found = marks(sample, usual_cpu_over_wall=usual(ratios), throttled=around.throttled)
        if sample.wall_s > 0 and not set(found) - {Mark.CPU_OVER_WALL}:
            ratios.append(sample.cpu_s / sample.wall_s)
        return replace(sample, marks=found)


def usual(ratios: Collection[float]) -> Usual | None:
    """Return what is usual among these values, None while they are too few."""
    if len(ratios) < USUAL_FROM:
        return None
    median = statistics.median(ratios)
    return Usual(median, statistics.median(abs(ratio - median) for ratio in ratios))


class Retakes:
    """Decides whether a disturbed sample is measured again at once: while that is cheap and has a chance."""

    def __init__(self) -> None:
        self._tried = 0
        self._undisturbed = 0

    def again(self, samples: Sequence[Sample]) -> bool:
        """Say whether to measure the case of the last sample again; `samples` are those of its round so far."""
        last = samples[-1]
        taken = sum(sample.case == last.case for sample in samples)
        if taken > 1:
            self._tried += 1
            self._undisturbed += not last.marks
        hopeless = self._tried >= RETAKES_TRIED and 10 * self._undisturbed < self._tried
        mendable = bool(MENDABLE.intersection(last.marks))
        return mendable and taken <= MOST_RETAKES and last.wall_s <= LONGEST_RETAKE_S and not hopeless
