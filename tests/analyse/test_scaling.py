"""How times grow with the rows, and from where on a backend pays: on runs whose times are known."""

from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import pytest
from analysed_runs import make_group, make_record, make_rounds, make_run

from suite.analyse import analyse
from suite.analyse.rows import Analysis
from suite.analyse.scaling import Scaling, scalings
from suite.records.run import GroupRecord, Run
from suite.records.schema import ArrayInfo
from suite.stats.breakeven import Kind

OVERHEAD_S = 0.004


def sized(rows: int, times: dict[str, float], *, features: int = 10, marked: float = 0.0) -> GroupRecord:
    """Return the record of ridge on so many rows, a group of its own."""
    group = make_group(params={})
    name = f"ridge/{rows}/float64/C"
    cases = [msgspec.structs.replace(case, id=f"{name}/{case.backend}") for case in group.cases]
    group = msgspec.structs.replace(group, id=name, cases=cases)
    record = make_record(group, make_rounds(group, times, count=60, marked=marked, seed=rows))
    assert record.started is not None
    data = {"X_train": ArrayInfo(shape=[rows, features], dtype="float64", order="C", bytes=8, sha256="x")}
    return replace(record, started=msgspec.structs.replace(record.started, data=data))


def times_at(rows: int) -> dict[str, float]:
    """Return times of which the second begins with an overhead and grows a quarter as fast: equal at 5,333 rows."""
    return {"sklearn": 1e-6 * rows, "onedal": OVERHEAD_S + 0.25e-6 * rows}


def one_scaling(sizes: tuple[int, ...]) -> tuple[Analysis, Run, Scaling]:
    run = make_run(*(sized(rows, times_at(rows)) for rows in sizes))
    analysis = analyse(run)
    [found] = scalings(analysis, run)
    return analysis, run, found


def test_curves_ascend_and_hold_the_medians_with_their_intervals() -> None:
    analysis, _, found = one_scaling((32_000, 1_000, 8_000))
    assert (found.workload, found.features, found.dtype, found.order) == ("ridge", 10, "float64", "C")
    assert [curve.backend for curve in found.curves] == ["sklearn", "onedal"]
    for curve in found.curves:
        assert [point.row.rows for point in curve.points] == [1_000, 8_000, 32_000]
        for point in curve.points:
            fit_s = times_at(point.row.rows)[curve.backend]
            assert point.seconds == pytest.approx(fit_s + 0.001, rel=0.02)
            assert point.low is not None
            assert point.high is not None
            assert point.low < point.seconds < point.high
            assert point.row in analysis.rows


def test_break_even_is_where_the_times_cross() -> None:
    _, _, found = one_scaling((2_000, 4_000, 8_000, 16_000))
    reference, own = found.curves
    assert reference.resident is None
    assert reference.end_to_end is None
    assert own.resident is not None
    assert own.resident.kind is Kind.WITHIN
    assert own.resident.rows == pytest.approx(OVERHEAD_S / 0.75e-6, rel=0.08)
    assert own.resident.low < OVERHEAD_S / 0.75e-6 < own.resident.high


def test_break_even_below_and_beyond_the_sizes_is_told_apart() -> None:
    *_, low = one_scaling((20_000, 40_000))
    assert low.curves[1].resident is not None
    assert low.curves[1].resident.kind is Kind.BELOW
    *_, high = one_scaling((1_000, 2_000))
    assert high.curves[1].resident is not None
    assert high.curves[1].resident.kind in (Kind.BEYOND, Kind.NEVER)


def test_without_the_samples_there_are_times_but_no_intervals() -> None:
    analysis, _, _ = one_scaling((1_000, 8_000))
    [found] = scalings(analysis)
    for curve in found.curves:
        for point in curve.points:
            assert point.seconds == pytest.approx((point.row.fit_s or 0) + (point.row.predict_s or 0))
            assert point.low is None
            assert point.high is None


def test_disturbed_samples_do_not_move_a_point_where_the_others_are_at_least_half() -> None:
    run = make_run(*(sized(rows, times_at(rows), marked=0.3) for rows in (1_000, 8_000)))
    [found] = scalings(analyse(run), run)
    for curve in found.curves:
        for point in curve.points:  # a disturbed sample of these takes three times as long
            assert point.seconds == pytest.approx(times_at(point.row.rows)[curve.backend] + 0.001, rel=0.03)


@pytest.mark.parametrize(
    ("rows", "features"), [((1_000,), (10,)), ((1_000, 1_000), (10, 10)), ((1_000, 8_000), (10, 20))]
)
def test_one_size_or_other_features_are_no_curve(rows: tuple[int, ...], features: tuple[int, ...]) -> None:
    records = [sized(size, times_at(size), features=many) for size, many in zip(rows, features, strict=True)]
    run = make_run(*records)
    assert scalings(analyse(run), run) == []


def test_a_size_without_a_speed_up_leaves_no_break_even() -> None:
    analysis, run, _ = one_scaling((1_000, 8_000))
    silent = [replace(row, speedup=None, end_to_end=None) if row.rows == 8_000 else row for row in analysis.rows]
    [found] = scalings(replace(analysis, rows=silent), run)
    assert all(curve.resident is None for curve in found.curves)
    assert math.isfinite(found.curves[1].points[1].seconds)
