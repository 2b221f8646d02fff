"""The columns of `export`: one row a case. They are stable: new ones are added at the end, none changes its meaning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suite.analyse.rows import CaseRow, Ratio

Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, the type of its values, what it says, and where it comes from."""

    name: str
    kind: type
    about: str
    get: Callable[[CaseRow], Value]


def _of(name: str, kind: type, about: str, field: str = "") -> Column:
    return Column(name, kind, about, lambda row: getattr(row, field or name))


def _part(name: str, about: str, field: str, part: str) -> Column:
    def get(row: CaseRow) -> Value:
        ratio: Ratio | None = getattr(row, field)
        return None if ratio is None else float(getattr(ratio, part))

    return Column(name, float, about, get)


COLUMNS: tuple[Column, ...] = (
    _of("run", str, "name of the run"),
    _of("machine", str, "hash of the machine"),
    _of("workload", str, "name of the workload"),
    _of("algorithm", str, "scikit-learn's name of the estimator"),
    _of("task", str, "classification, regression, clustering or embedding"),
    _of("size", str, "S, M, L or XL"),
    _of("rows", int, "training rows"),
    _of("features", int, "columns of the data"),
    _of("dtype", str, "float32 or float64"),
    _of("backend", str, "the engine asked for, as NAME or NAME:DEVICE"),
    _of("device", str, "the device of the engine asked for"),
    _of("engine_fit", str, "the engine that fit really ran on"),
    _of("engine_predict", str, "the engine that predict or transform really ran on"),
    _of("status", str, "how the case ended: measured, fell back, unavailable, unsupported, failed, ..."),
    _of("reason", str, "why, where it was not measured"),
    _of("verdict", str, "against the reference: faster, slower, same, ambiguous, reference or none"),
    _part("speedup", "reference time / own time of fit + predict, data in place", "speedup", "estimate"),
    _part("speedup_low", "lower end of its interval", "speedup", "low"),
    _part("speedup_high", "upper end of its interval", "speedup", "high"),
    _part("speedup_end_to_end", "the same with the copies to and from the device", "end_to_end", "estimate"),
    _of("cold_s", float, "seconds of the first pass in a fresh process"),
    _of("copy_in_s", float, "seconds to copy the data to the device, median"),
    _of("fit_s", float, "seconds of fit, median"),
    _of("predict_s", float, "seconds of predict or transform, median"),
    _of("copy_out_s", float, "seconds to copy the result back, median"),
    _of("cpu_over_wall", float, "CPU time over wall time, median"),
    _of("peak_host_bytes", int, "peak of host memory"),
    _of("peak_device_bytes", int, "peak of device memory, empty where there is none"),
    _of("metric", str, "how quality is judged"),
    _of("quality", float, "its value, on held-out data in float64"),
    _of("quality_reference", float, "the value of the reference"),
    _of("parity", str, "identical, equal, lost, undecided or unknown"),
    _of("samples", int, "timed passes"),
    _of("disturbed", int, "how many of them were disturbed"),
    _of("stop_reason", str, "why measuring stopped"),
    _of("operation", str, "what was timed: fit (and predict), predict (a batch), predict_one (single rows), workflow"),
    _of("rows_per_s", float, "held-out rows a second of a batch, of inference workloads"),
    _of("latency_p50_s", float, "seconds of a call for a single row from the host and back, median"),
    _of("latency_p99_s", float, "the same, 99th percentile"),
    _of("own_s", float, "seconds of a scientific workflow beside its estimators, median"),
    _of("workflow_s", float, "seconds of the whole workflow, median"),
    _part("speedup_workflow", "reference time / own time of the whole workflow", "workflow", "estimate"),
    _part("speedup_workflow_low", "lower end of its interval", "workflow", "low"),
    _part("speedup_workflow_high", "upper end of its interval", "workflow", "high"),
    _of(
        "host_joules",
        float,
        "energy of CPU packages and memory in a pass from end to end, mean; idle power included",
    ),
    _of("device_joules", float, "the same of the GPU"),
    _of("verdict_end_to_end", str, "the verdict with the copies to and from the device"),
    _part("speedup_end_to_end_low", "lower end of the interval of speedup_end_to_end", "end_to_end", "low"),
    _part("speedup_end_to_end_high", "upper end of it", "end_to_end", "high"),
)
