"""A run in the JSON of pytest-benchmark and of github-action-benchmark, for dashboards that read those.

Only cases measured on the engine asked for are in it: the formats have no word for a failure, and a fallback's
time would pass for the accelerator's. Quality, parity and speed-up stand in the extra fields.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from statistics import mean, median, stdev
from typing import Any

import msgspec

from suite import __version__
from suite.analyse.rows import Analysis, CaseRow
from suite.analyse.speedups import fell_back
from suite.records.run import Run
from suite.records.schema import Status
from suite.report.text import interval_text, ratio_text


def to_pytest_benchmark(run: Run, analysis: Analysis) -> bytes:
    """Return the run as pytest-benchmark saves it with data: fit + predict of every round in seconds per call."""
    machine, python = run.info.machine, run.info.python.partition(" ")
    benchmarks = [
        {
            "group": None if analysis.info.imported else row.group,
            "name": row.workload if analysis.info.imported else f"{row.group}/{row.backend}",
            "fullname": row.workload if analysis.info.imported else row.case,
            "params": None,
            "param": None,
            "extra_info": _extra(row),
            "options": {},
            "stats": stats(seconds),
        }
        for row, seconds in _measured(run, analysis)
    ]
    whole = {
        "machine_info": {
            "node": machine.id,
            "processor": "",
            "machine": machine.architecture,
            "python_implementation": python[0],
            "python_version": python[2],
            "release": machine.kernel,
            "system": machine.system,
            "cpu": {"brand_raw": machine.cpu, "count": machine.logical_cpus},
        },
        "commit_info": {"id": run.info.git.commit, "dirty": run.info.git.dirty} if run.info.git else {},
        "benchmarks": benchmarks,
        "datetime": run.info.started_utc.replace("Z", "+00:00"),
        "version": f"evenhand {__version__}",
    }
    return _json(whole)


def to_github_action(run: Run, analysis: Analysis) -> bytes:
    """Return the run as github-action-benchmark's customSmallerIsBetter: medians in milliseconds."""
    entries = []
    for row, seconds in _measured(run, analysis):
        found = stats(seconds)
        extra = [f"{len(seconds)} rounds", *(f"{name}: {value}" for name, value in _extra(row).items() if value != "")]
        entries.append(
            {
                "name": row.workload if analysis.info.imported else f"{row.group}/{row.backend}",
                "unit": "ms",
                "value": 1e3 * found["median"],
                "range": f"± {1e3 * found['iqr'] / 2:.3g}",
                "extra": "\n".join(extra),
            }
        )
    return _json(entries)


def left_out(analysis: Analysis) -> int:
    """Return how many cases these formats cannot show: not measured, or on another engine."""
    return sum(row.status is not Status.MEASURED for row in analysis.rows)


def _measured(run: Run, analysis: Analysis) -> Iterator[tuple[CaseRow, list[float]]]:
    """Yield the measured cases with the seconds of fit + predict of every round, in their order."""
    times: dict[str, list[float]] = {}
    for record in run.groups:
        for line in record.rounds:
            for case, sample in line.chosen().items():
                if not fell_back(sample):
                    times.setdefault(case, []).append(sample.resident_s)
    for row in analysis.rows:
        if row.status is Status.MEASURED and times.get(row.case):
            yield row, times[row.case]


def _extra(row: CaseRow) -> dict[str, Any]:
    if not row.metric:
        return {}
    engines = dict.fromkeys(engine for engine in (row.engine_fit, row.engine_predict) if engine)
    return {
        "backend": row.backend,
        "engine": ", ".join(engines),
        "metric": row.metric,
        "quality": "" if row.quality is None else row.quality,
        "parity": row.parity.value,
        "verdict": row.verdict.value,
        "speedup": f"{ratio_text(row.speedup)} ({interval_text(row.speedup)})" if row.speedup else "",
    }


def stats(seconds: Sequence[float]) -> dict[str, Any]:
    """Return the figures that pytest-benchmark saves of one benchmark, by its own definitions (its `stats.Stats`)."""
    ordered, count = sorted(seconds), len(seconds)
    centre, spread = mean(seconds), stdev(seconds) if count > 1 else 0.0
    q1, q3 = _quartiles(ordered)
    low, high = q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)
    beyond = sum(not centre - spread <= one <= centre + spread for one in seconds)
    outliers = sum(not low <= one <= high for one in seconds)
    total = sum(seconds)
    return {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": centre,
        "stddev": spread,
        "rounds": count,
        "median": median(ordered),
        "iqr": q3 - q1,
        "q1": q1,
        "q3": q3,
        "iqr_outliers": outliers,
        "stddev_outliers": beyond,
        "outliers": f"{beyond};{outliers}",
        "ld15iqr": ordered[min(bisect_left(ordered, low), count - 1)],
        "hd15iqr": ordered[bisect_right(ordered, high) - 1],
        "ops": count / total if total else 0.0,
        "total": total,
        "data": list(seconds),
        "iterations": 1,
    }


def _quartiles(ordered: Sequence[float]) -> tuple[float, float]:
    """Return the quartiles: medians of the halves; of an odd number weighted (Wikipedia's method 3)."""
    count = len(ordered)
    if count == 1:
        return ordered[0], ordered[0]
    if count % 2 == 0:
        return median(ordered[: count // 2]), median(ordered[count // 2 :])
    n = count // 4
    if count % 4 == 1:
        return 0.25 * ordered[n - 1] + 0.75 * ordered[n], 0.75 * ordered[3 * n] + 0.25 * ordered[3 * n + 1]
    return 0.75 * ordered[n] + 0.25 * ordered[n + 1], 0.25 * ordered[3 * n + 1] + 0.75 * ordered[3 * n + 2]


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"
