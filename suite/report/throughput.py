"""What an engine gets through: rows, bytes and operations a second, energy by method, and cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from suite.analyse.rows import Analysis, CaseRow
from suite.records.run import Run
from suite.report.cells import EMPTY, backend_cell, case_cell
from suite.report.page import Block, Cell, Column, Section, Table
from suite.report.roofline import ITEM_BYTES, operations_text, rates, roofline, roofs
from suite.report.text import NAME_LIMIT, number_text, visible
from suite.units import format_time

#: Fields of a row, and their columns.
ENERGIES = {"host_joules": "Energy of a pass, CPU packages, J", "device_joules": "Energy of a pass, GPU, J"}


def throughput_section(
    analysis: Analysis,
    run: Run | None,
    numbers: Mapping[str, int],
    prices: Mapping[str, float],
    *,
    draw: bool,
    part_id: str,
) -> Section:
    """Return rows, bytes and known operations a second, energy by its method, and cost where prices are given."""
    tests = held_out_rows(analysis, run)
    peaks = roofs(run)
    known = rates(analysis, tests, peaks)
    energies = [name for name in ENERGIES if any(getattr(row, name) is not None for row in analysis.rows)]
    rows = [
        [
            case_cell(row),
            backend_cell(row),
            *_rate_cells(row, tests[row.group]),
            _number_cell(known[row.case].giga_per_s if row.case in known else None),
            *([_share_cell(known[row.case].share if row.case in known else None)] if peaks else []),
            *(_number_cell(getattr(row, name)) for name in energies),
            *([_cost_cell(row, _price(row, analysis, prices))] if prices else []),
        ]
        for row in analysis.rows
        if row.fit_s is not None
    ]
    titles = ["Fit, rows/s", "Predict, held-out rows/s", "Fit, GB/s", "Fit, GFLOP/s"]
    titles += ["Fit, share of the roof"] if peaks else []
    titles += [ENERGIES[name] for name in energies] + (["Cost of 1,000 passes"] if prices else [])
    columns = [Column("Workload"), Column("Backend"), *(Column(title, numeric=True) for title in titles)]
    tables = [Table("Throughput", columns, [Block(rows)], of_cases=True)] if rows else []
    charts = [roofline(analysis, [*known.values()], peaks, numbers, part_id)] if draw and known else []
    texts = [
        "GB/s is the training data's bytes over the time of fit: what it would take to read them once.",
        *operations_text(known.values(), peaks),
        _energy_text(analysis, energies),
    ]
    if own := {name: price for name, price in prices.items() if name in _priced(analysis)}:
        shown = ", ".join(f"{visible(name, NAME_LIMIT)} {price:.12g}" for name, price in own.items())
        texts.append(
            "Cost is of passes from end to end at the price per hour of the backend, else of the machine by its id, "
            f"else of any machine, as given when the page was written: {shown}."
        )
    return Section("throughput", "Throughput", tables, texts, charts=charts)


def _number_cell(value: float | None) -> Cell:
    return EMPTY if value is None else Cell(number_text(float(f"{value:.3g}")), value)


def _share_cell(value: float | None) -> Cell:
    return EMPTY if value is None else Cell(f"{100 * value:.3g} %", value)


def _energy_text(analysis: Analysis, energies: Sequence[str]) -> str:
    """Say by which method energy was measured, or why it was not."""
    machine = analysis.info.machine
    methods = {
        "host_joules": f"that of the CPU packages by the counters {visible(', '.join(machine.energy_counters))} (RAPL)",
        "device_joules": "that of the GPU by NVML's counter",
    }
    if not energies:
        why = visible(machine.no_energy) or "nothing is recorded of the counters of this machine"
        return f"Energy was not measured: {why}. Nothing is estimated."
    return (
        f"Energy is measured, {' and '.join(methods[name] for name in energies)}: the mean over the samples of power "
        "times the time of a pass from end to end. Counters are of whole parts, with what idles and what others do."
    )


def held_out_rows(analysis: Analysis, run: Run | None) -> dict[str, int]:
    """Return by group the held-out rows: as measured, else as planned."""
    planned = {group.id: group.workload.data[group.size].n_test for group in analysis.info.plan.groups}
    started = {one.group.id: one.started for one in run.groups} if run else {}
    measured = {name: line.data["X_test"].shape[0] for name, line in started.items() if line and "X_test" in line.data}
    tests = planned | measured
    return {row.group: tests.get(row.group, 0) for row in analysis.rows}


def _rate_cells(row: CaseRow, test_rows: int) -> list[Cell]:
    if not row.fit_s or not row.rows:
        return [EMPTY, EMPTY, EMPTY]
    rate = row.rows / row.fit_s
    gigabytes = rate * row.features * ITEM_BYTES.get(row.dtype, 8) / 1e9
    predict = EMPTY
    if row.predict_s and test_rows:
        predict = Cell(f"{test_rows / row.predict_s:,.0f}", test_rows / row.predict_s)
    return [Cell(f"{rate:,.0f}", rate), predict, Cell(f"{gigabytes:.3g}", gigabytes)]


def _priced(analysis: Analysis) -> set[str]:
    """Return what may have a price: the backends, the machine's id, and any machine."""
    return {analysis.info.machine.id, "machine", *(row.backend for row in analysis.rows)}


def _price(row: CaseRow, analysis: Analysis, prices: Mapping[str, float]) -> float | None:
    """Return what an hour costs: the price of the backend, of the machine's id, or of any machine."""
    for name in (row.backend, analysis.info.machine.id, "machine"):
        if name in prices:
            return prices[name]
    return None


def _cost_cell(row: CaseRow, price: float | None) -> Cell:
    times = [one for one in (row.copy_in_s, row.fit_s, row.predict_s, row.copy_out_s) if one is not None]
    if price is None or not times:
        return EMPTY
    cost = 1000 * sum(times) / 3600 * price
    return Cell(f"{cost:.3g}", cost, f"{format_time(sum(times))} each")
