"""One benchmark of pytest: a workload on a backend, judged first and then timed."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import pytest

from backends.protocol import EngineReport, UnsupportedError
from suite.pytest_plugin.bench import Judgement, TimedBench, seeds_of
from suite.pytest_plugin.session import Session, UnavailableError
from suite.quality import DivergedError, GarbageError, qualities
from suite.quality.parity import Parity, by_metric, mean_quality, overall, parities
from suite.report.text import number_text
from suite.workloads.choice import Choice

MOST_ROUNDS = 1000


@dataclass(frozen=True, slots=True)
class BenchmarkCase:
    """A workload at one size, in one dtype, on one backend."""

    choice: Choice
    backend: str
    session: Session

    def run(self, benchmark: Any) -> None:
        """Judge one result, then have `benchmark` time fit and predict of fresh estimators, data in place.

        Quality, parity, engine and what is not in the time (the copies) go into `benchmark.extra_info`. Skipped where
        the backend cannot run here or refuses the problem; failed where quality is not that of stock scikit-learn, or a
        call fell back: then nothing is timed.
        """
        try:
            bench = self.session.bench(self.choice, self.session.backend(self.backend))
            own = self.session.judge(bench, self.choice)
        except (UnavailableError, UnsupportedError) as error:
            pytest.skip(str(error))
        except (DivergedError, GarbageError) as error:
            pytest.fail(f"{self.backend}: the result is not usable: {error}", pytrace=False)
        benchmark.group = self.choice.id
        benchmark.extra_info.update(self._circumstances(own))
        self._check_engine(own.fallbacks)
        self._check_quality(own, benchmark.extra_info)
        self._time(benchmark, bench, own)

    def _circumstances(self, own: Judgement) -> Mapping[str, Any]:
        data, diagnosis = self.session.data(self.choice), self.session.backend(self.backend).diagnose()
        return {
            "workload": self.choice.workload.name,
            "algorithm": self.choice.workload.algorithm,
            "size": self.choice.size_name,
            "dtype": self.choice.dtype,
            "rows": data.n_samples,
            "features": data.n_features,
            "backend": self.backend,
            "version": diagnosis.version,
            "device": diagnosis.device,
            "threads": self.session.threads,
            "engine_fit": own.fit.engine if own.fit else "",
            "engine_predict": own.predict.engine if own.predict else "",
            "cause": "; ".join(dict.fromkeys(report.cause for report in own.fallbacks)),
            "copy_in_s": own.sample.copy_in_s,
            "copy_out_s": own.sample.copy_out_s,
        }

    def _check_engine(self, fallbacks: list[EngineReport]) -> None:
        for report in fallbacks:
            cause = report.cause or "it does not say why"
            pytest.fail(f"{self.backend} fell back to {report.engine}: {cause}", pytrace=False)

    def _check_quality(self, own: Judgement, extra_info: dict[str, Any]) -> None:
        """Hold the result against stock scikit-learn's."""
        workload = self.choice.workload
        try:
            reference, reason = self.session.reference(self.choice).values, ""
        except Exception as error:  # noqa: BLE001 - whatever stock raises, there is then nothing to compare with
            reference, reason = [], f"{type(error).__name__}: {error}"
        judged = qualities(workload)
        found_by = parities(own.values, reference, judged, workload.stochastic)
        found = overall(found_by)
        extra_info.update(
            metric=workload.quality.metric,
            quality=mean_quality(own.values),
            quality_reference=mean_quality(reference),
            tolerance=workload.quality.tolerance,
            parity=found.value,
        )
        if found is Parity.LOST:
            lost = ", ".join(
                f"{quality.metric} {number_text(mean_quality(by_metric(own.values, index)))} against "
                f"{number_text(mean_quality(by_metric(reference, index)))}"
                for index, quality in enumerate(judged)
                if found_by[index] is Parity.LOST
            )
            pytest.fail(f"{self.backend} does not reach the quality of stock scikit-learn: {lost}", pytrace=False)
        if not found.holds:
            warnings.warn(f"{self.backend} on {self.choice.id}: parity is {found.value} {reason}".strip(), stacklevel=2)

    def _time(self, benchmark: Any, bench: TimedBench, own: Judgement) -> None:
        """Time it. A fallback ends it before the stock call, so that its time is never the accelerator's."""
        seeds = cycle(seeds_of(self.choice))
        rounds = self.session.rounds
        usual_s = max(own.sample.resident_s, 1e-9)
        count = max(rounds.fewest, min(MOST_ROUNDS, int(rounds.most_s / usual_s)))
        gc.collect()
        try:
            with bench.backend.observe(strict=True) as observation:
                benchmark.pedantic(bench.fit_and_use, setup=lambda: (bench.fresh(next(seeds)), {}), rounds=count)
                report = observation.report()
        except UnsupportedError as error:
            pytest.fail(f"{self.backend} fell back while it was timed: {error}", pytrace=False)
        self._check_engine([] if report.accelerated else [report])
