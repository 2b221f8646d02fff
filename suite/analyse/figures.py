"""What the samples of one case say on their own: medians, peaks, counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from suite.analyse.speedups import fell_back
from suite.records.schema import ColdLine, RoundLine, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Medians in seconds per call of the samples that are compared: of the undisturbed ones if they are at least half.

    None where there is no sample. `samples` and `disturbed` count all. Energies are means, of one pass from end to end.
    """

    samples: int
    disturbed: int
    processes: int
    cold_s: float | None
    copy_in_s: float | None
    fit_s: float | None
    predict_s: float | None
    copy_out_s: float | None
    latency_p50_s: float | None = None
    latency_p99_s: float | None = None
    own_s: float | None = None
    workflow_s: float | None = None
    resident_s: float | None
    end_to_end_s: float | None
    cpu_over_wall: float | None
    peak_host_bytes: int | None
    peak_device_bytes: int | None
    host_joules: float | None = None
    device_joules: float | None = None
    engine_fit: str
    engine_predict: str
    fell_back: bool


def figures(case: str, rounds: Sequence[RoundLine], cold: Iterable[ColdLine]) -> Figures:
    """Return the figures of a case (by id) from the lines of its group."""
    taken = [(line.process, sample) for line in rounds for sample in line.samples if sample.case == case]
    first = [line.sample for line in cold if line.sample.case == case]
    samples = [sample for _, sample in taken]
    compared = [sample for line in rounds if (sample := line.chosen().get(case))]
    clean = [sample for sample in compared if not sample.marks]
    used = clean if 2 * len(clean) >= len(compared) else compared
    telling = next(filter(fell_back, samples), (samples or first)[-1] if samples or first else None)
    return Figures(
        samples=len(samples),
        disturbed=sum(bool(sample.marks) for sample in samples),
        processes=len({process for process, _ in taken}),
        cold_s=_median(first, lambda sample: sample.end_to_end_s),
        copy_in_s=_median(used, lambda sample: sample.copy_in_s),
        fit_s=_median(used, lambda sample: sample.fit_s),
        predict_s=_median(used, lambda sample: sample.predict_s),
        copy_out_s=_median(used, lambda sample: sample.copy_out_s),
        latency_p50_s=_known(used, lambda sample: sample.latency_p50_s),
        latency_p99_s=_known(used, lambda sample: sample.latency_p99_s),
        own_s=_known(used, lambda sample: sample.own_s),
        workflow_s=_median(used, lambda sample: sample.workflow_s),
        resident_s=_median(used, lambda sample: sample.resident_s),
        end_to_end_s=_median(used, lambda sample: sample.end_to_end_s),
        cpu_over_wall=_median(used, lambda sample: sample.cpu_s / sample.wall_s if sample.wall_s > 0 else 0.0),
        peak_host_bytes=max((sample.peak_host_bytes for sample in samples), default=None),
        peak_device_bytes=_peak_device_bytes(samples),
        host_joules=_joules(used, lambda sample: sample.host_watts),
        device_joules=_joules(used, lambda sample: sample.device_watts),
        engine_fit=telling.engine_fit if telling else "",
        engine_predict=telling.engine_predict if telling else "",
        fell_back=any(map(fell_back, samples)),
    )


def _median(samples: Sequence[Sample], value: Callable[[Sample], float]) -> float | None:
    return median(map(value, samples)) if samples else None


def _known(samples: Iterable[Sample], value: Callable[[Sample], float | None]) -> float | None:
    known = [seconds for sample in samples if (seconds := value(sample)) is not None]
    return median(known) if known else None


def _joules(samples: Iterable[Sample], watts: Callable[[Sample], float | None]) -> float | None:
    """Return the mean energy of a pass; not the median, as counters that are renewed seldom are right on average."""
    spent = [power * sample.workflow_s for sample in samples if (power := watts(sample)) is not None]
    return fmean(spent) if spent else None


def _peak_device_bytes(samples: Iterable[Sample]) -> int | None:
    return max((peak for sample in samples if (peak := sample.peak_device_bytes) is not None), default=None)
