"""The columns of `export --time-to-quality`: one row a backend and ladder. They are as stable as those of the cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suite.analyse.rows import Ratio, ReachRow
    from suite.cli.columns import Value


@dataclass(frozen=True, slots=True)
class ReachedColumn:
    """One column: its name, the type of its values, what it says, and where it comes from."""

    name: str
    kind: type
    about: str
    get: Callable[[ReachRow], Value]


def _of(name: str, kind: type, about: str) -> ReachedColumn:
    return ReachedColumn(name, kind, about, lambda row: getattr(row, name))


def _part(name: str, about: str, field: str, part: str) -> ReachedColumn:
    def get(row: ReachRow) -> Value:
        ratio: Ratio | None = getattr(row, field)
        return None if ratio is None else float(getattr(ratio, part))

    return ReachedColumn(name, float, about, get)


REACHED_COLUMNS: tuple[ReachedColumn, ...] = (
    _of("run", str, "name of the run"),
    _of("workload", str, "name of the workload"),
    _of("algorithm", str, "scikit-learn's name of the estimator"),
    _of("task", str, "what kind of learning it is"),
    _of("size", str, "S, M, L or XL"),
    _of("rows", int, "training rows"),
    _of("features", int, "columns of the data"),
    _of("dtype", str, "float32 or float64"),
    _of("backend", str, "the engine asked for, as NAME or NAME:DEVICE"),
    _of("parameter", str, "what was set step by step"),
    _of("metric", str, "how quality is judged"),
    _of("target", float, "the reference's quality on the last step, less the tolerance"),
    _of("reach", str, "reached, never or unknown"),
    _of("reason", str, "why it is not known"),
    _of("reached_at", float, "the first step from which on the target is reached"),
    _of("missed_at", float, "the last step before it"),
    _of("quality", float, "the quality at the step that reaches, or at the last one"),
    _part("time_s", "seconds of fit at the step that reaches, median", "time", "estimate"),
    _part("time_low_s", "low end of the time to quality: of the step that misses, or 0", "time", "low"),
    _part("time_high_s", "high end of the time to quality", "time", "high"),
    _part("speedup", "reference's time to quality / own", "speedup", "estimate"),
    _part("speedup_low", "lower end of its interval", "speedup", "low"),
    _part("speedup_high", "upper end of its interval, empty in JSON where it has none", "speedup", "high"),
    _of("verdict", str, "against the reference: faster, slower, ambiguous, reference or none"),
)
