"""Where the time of every case goes."""

from __future__ import annotations

from suite.analyse.rows import Analysis, CaseRow
from suite.report.cells import EMPTY, backend_cell, by_case, offered, time_cell
from suite.report.figures import bar_figure
from suite.report.page import Cell, Column, Section, Table
from suite.report.text import percent_text

PHASES = ("copy in", "fit", "predict", "copy out")


def phase_section(analysis: Analysis) -> Section:
    """Return where the time of every case goes."""
    longest: dict[str, float] = {}
    longest_first: dict[str, float] = {}
    for row in analysis.rows:
        longest[row.group] = max(longest.get(row.group, 0.0), sum(seconds for _, seconds in _phase_times(row)))
        first_s = (row.import_s or 0.0) + (row.cold_s or 0.0)
        longest_first[row.group] = max(longest_first.get(row.group, 0.0), first_s)

    def cells(row: CaseRow) -> list[Cell]:
        times = (row.import_s, row.cold_s, row.copy_in_s, row.fit_s, row.predict_s, row.copy_out_s)
        parts = _phase_times(row)
        bar = Cell("", figure=bar_figure(parts, longest[row.group])) if parts else EMPTY
        once = [("import", row.import_s or 0.0), ("cold", row.cold_s or 0.0)] if row.cold_s is not None else []
        first = Cell("", figure=bar_figure(once, longest_first[row.group])) if once else EMPTY
        return [backend_cell(row), *(time_cell(seconds) for seconds in times), _moving_cell(row), bar, first]

    titles = ("Import", "Cold", "Copy in", "Fit", "Predict", "Copy out")
    return Section(
        "phases",
        "Phases",
        [
            Table(
                "Where the time goes: medians in wall-clock time per call",
                [
                    Column("Workload"),
                    Column("Backend"),
                    *(Column(title, numeric=True) for title in titles),
                    Column("Moves data", numeric=True),
                    Column("Share of the slowest", legend=PHASES),
                    Column("First pass, share of the slowest", legend=("import", "cold")),
                ],
                by_case(offered(analysis), cells),
                of_cases=True,
            )
        ],
        [
            "Import is loading the library, once a process; cold is the first pass in a fresh process, with context "
            "creation and compilation. Neither enters a speed-up. The bars of one workload share one axis. Moves data "
            "is the share of copies in the time from end to end."
        ],
    )


def _moving_cell(row: CaseRow) -> Cell:
    times = dict(_phase_times(row))
    whole = sum(times.values())
    if not whole:
        return EMPTY
    share = (times.get("copy in", 0.0) + times.get("copy out", 0.0)) / whole
    return Cell(percent_text(share), share)


def _phase_times(row: CaseRow) -> list[tuple[str, float]]:
    times = zip(PHASES, (row.copy_in_s, row.fit_s, row.predict_s, row.copy_out_s), strict=True)
    return [(phase, seconds) for phase, seconds in times if seconds is not None]
