"""What the charts show in words, for those who cannot see them: the figures that an eye would take from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from suite.analyse.rows import Analysis, CaseRow
from suite.analyse.scaling import Curve, Scaling
from suite.report.charts import profile_seconds
from suite.report.draw import Spec
from suite.report.text import NAME_LIMIT, count_text, interval_text, number_text, percent_text, ratio_text, visible
from suite.stats.breakeven import BreakEven
from suite.stats.means import performance_profile
from suite.units import format_time

#: More backends or points than this are left to the tables.
MOST_SAID = 8


def scaling_words(scaling: Scaling) -> str:
    """Return the time of every backend at the fewest and at the most rows, and where it breaks even."""
    return _said(_curve_words(curve) for curve in scaling.curves)


def _curve_words(curve: Curve) -> str:
    first, last = curve.points[0], curve.points[-1]
    ends = f"{format_time(first.seconds)} at {first.row.rows:,} rows, {format_time(last.seconds)} at {last.row.rows:,}"
    return f"{visible(curve.backend, NAME_LIMIT)}: {ends}{_even_words(curve.resident)}"


def _even_words(found: BreakEven | None) -> str:
    if found is None:
        return ""
    return f", break-even {f'at {found.rows:.2g} rows, ' if found.rows is not None else ''}{found.kind.value}"


def mean_words(analysis: Analysis) -> str:
    """Return every mean with its interval."""
    return _said(
        f"{visible(mean.backend, NAME_LIMIT)}: {ratio_text(mean.speedup)} ({interval_text(mean.speedup)})"
        for mean in analysis.means
        if mean.speedup is not None
    )


def profile_words(analysis: Analysis, names: Sequence[str]) -> str:
    """Return how often each backend is the fastest, and its coverage."""
    shares = performance_profile(profile_seconds(analysis, names)).shares
    return _said(
        f"{visible(name, NAME_LIMIT)}: the fastest in {percent_text(float(shares[0, at]))} of the cases, "
        f"at parity in {percent_text(float(shares[-1, at]))}"
        for at, name in enumerate(names)
    )


def quality_words(rows: Sequence[CaseRow]) -> str:
    """Return how many cases are shown and how far their speed-ups reach."""
    ratios = [row.speedup.estimate for row in rows if row.speedup is not None]
    return (
        f"{count_text(len(rows), 'case')}, speed-ups from {min(ratios):.3g} to {max(ratios):.3g}; "
        "the table below has each quality beside its tolerance."
    )


def rate_words(points: Sequence[Spec]) -> str:
    """Return the highest rate of every backend."""
    best: dict[str, Spec] = {}
    for point in points:
        if point["rate"] > best.get(point["backend"], {"rate": 0.0})["rate"]:
            best[point["backend"]] = point
    return _said(
        f"{name}: at most {_short(point['rate'])} GFLOP/s, at {_short(point['intensity'])} operations per byte"
        for name, point in best.items()
    )


def _short(value: float) -> str:
    return number_text(float(f"{value:.3g}"))


def _said(sentences: Iterator[str]) -> str:
    """Return the first of them as one text, and how many are left out."""
    every = [*sentences]
    more = f"; and {len(every) - MOST_SAID} more in the table" if len(every) > MOST_SAID else ""
    return f"{'; '.join(every[:MOST_SAID])}{more}."
