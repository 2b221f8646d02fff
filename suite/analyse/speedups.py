"""Speed-ups over the reference from rounds, fast enough to be asked for after every round."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from math import inf, log
from operator import attrgetter

import numpy as np

from suite.records.schema import FELL_BACK_SUFFIX, Case, RoundLine, Sample
from suite.stats.paired import Interval
from suite.stats.replicates import Replicates
from suite.stats.types import Bools, Floats


class Span(Enum):
    """What of a sample is compared."""

    RESIDENT = "resident_s"
    END_TO_END = "end_to_end_s"
    FIT = "fit_s"
    PREDICT = "predict_s"
    WORKFLOW = "workflow_s"

    def seconds(self, sample: Sample) -> float:
        """Return the sample's seconds of this span."""
        return float(getattr(sample, self.value))


def fell_back(sample: Sample) -> bool:
    """Whether any timed call of the sample ran on something else than its engine."""
    return sample.engine_fit.endswith(FELL_BACK_SUFFIX) or sample.engine_predict.endswith(FELL_BACK_SUFFIX)


class Pairs:
    """The log-ratios of one case to its reference, by process, growing round by round."""

    def __init__(self) -> None:
        self._processes: dict[int, tuple[array[float], array[int]]] = {}
        self._intervals: dict[float, Interval] = {}
        self._replicates: Replicates | None = None

    def is_like(self, other: Pairs) -> bool:
        """Whether all pairs are the same: as with data in place and end to end where nothing is copied."""
        return self._processes == other._processes

    def __len__(self) -> int:
        return sum(len(values) for values, _ in self._processes.values())

    def add(self, process: int, log_ratio: float, undisturbed: bool) -> None:
        """Append one pair."""
        values, clean = self._processes.setdefault(process, (array("d"), array("b")))
        self._intervals.clear()
        self._replicates = None
        values.append(log_ratio)
        clean.append(undisturbed)

    def log_ratios(self) -> list[Floats]:
        """Return the log-ratios, one array a process."""
        return [np.array(values) for values, _ in self._processes.values()]

    def undisturbed(self) -> list[Bools]:
        """Return which pairs have no disturbed sample, one array a process."""
        return [np.array(clean).view(np.bool_) for _, clean in self._processes.values()]

    def interval(self, alpha: float) -> Interval:
        """Return the interval of the median log-ratio; valid at every look."""
        if alpha not in self._intervals:
            self._intervals[alpha] = self._known().interval(alpha)
        return self._intervals[alpha]

    @property
    def scatter(self) -> float:
        """How far the medians of processes lie apart beyond their own noise (standard deviation)."""
        return self._known().scatter

    def _known(self) -> Replicates:
        if self._replicates is None:
            self._replicates = Replicates(self.log_ratios(), self.undisturbed())
        return self._replicates


class Speedups:
    """The speed-ups of a group's backends over its reference, kept up to date round by round.

    A case that fell back in any sample has no speed-up from then on.
    """

    def __init__(self, cases: Sequence[Case], reference: str, span: Span = Span.RESIDENT) -> None:
        self._backends = {case.id: case.backend for case in cases}
        self._reference = next((case.id for case in cases if case.backend == reference), None)
        self._seconds: Callable[[Sample], float] = attrgetter(span.value)
        self._pairs: dict[str, Pairs] = {case.id: Pairs() for case in cases if case.backend != reference}
        self._fell_back: set[str] = set()

    def add(self, line: RoundLine) -> None:
        """Take in a round: one pair for every backend that was measured beside the reference."""
        self.add_samples(line.process, line.chosen(), (sample.case for sample in line.samples if fell_back(sample)))

    def add_samples(self, process: int, samples: Mapping[str, Sample], fallen: Iterable[str]) -> None:
        """Take in a round by its chosen samples, and the cases (by id) that fell back in any."""
        self._fell_back.update(fallen)
        base = samples.get(self._reference) if self._reference else None
        if base is None or (base_s := self._seconds(base)) <= 0:
            return
        for case, pairs in self._pairs.items():
            sample = samples.get(case)
            if sample is not None and (own_s := self._seconds(sample)) > 0:
                pairs.add(process, log(base_s / own_s), not (base.marks or sample.marks))

    def pairs(self, case: str) -> Pairs:
        """Return the pairs of a case (by id)."""
        return self._pairs[case]

    def intervals(self, alpha: float) -> dict[str, Interval]:
        """Return per backend spec the interval of the log speed-up.

        Backends that fell back are left out; all of them if the reference itself fell back.
        """
        if self._reference in self._fell_back:
            return {}
        usable = {case: pairs for case, pairs in self._pairs.items() if case not in self._fell_back}
        return {self._backends[case]: pairs.interval(alpha) for case, pairs in usable.items()}


def widest(intervals: dict[str, Interval]) -> float:
    """Return the half-width of the least precise interval: what `StoppingRule.decide` looks at."""
    return max((interval.precision for interval in intervals.values()), default=inf)
