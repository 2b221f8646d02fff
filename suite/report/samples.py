"""What was sampled of every case, how much of it was disturbed, and why measuring stopped."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from suite.analyse.rows import Analysis, CaseRow
from suite.report.cells import EMPTY, backend_cell, by_case, bytes_cell, is_reference, offered
from suite.report.figures import strip_figure
from suite.report.page import Cell, Column, Section, Table
from suite.report.text import count_text, percent_text

#: By case (id): seconds of fit and predict of every sample in run order, and whether it was disturbed.
Strips = Mapping[str, Sequence[tuple[float, bool]]]


def sample_section(analysis: Analysis, strips: Strips) -> Section:
    """Return the samples of every case in run order, disturbances and stop reasons."""

    def cells(row: CaseRow) -> list[Cell]:
        share = f"{percent_text(row.disturbed / row.samples)} of them" if row.samples and row.disturbed else ""
        return [
            backend_cell(row),
            Cell(f"{row.samples:,}", row.samples),
            Cell(f"{row.disturbed:,}", row.disturbed, share),
            Cell(f"{row.processes:,}", row.processes),
            EMPTY if row.cpu_over_wall is None else Cell(f"{row.cpu_over_wall:.2f}", row.cpu_over_wall),
            bytes_cell(row.peak_host_bytes),
            bytes_cell(row.peak_device_bytes),
            Cell(row.stop_reason or "–"),
            Cell("", figure=strip) if (strip := strip_figure(strips.get(row.case, ()))) else EMPTY,
        ]

    titles = ("Samples", "Disturbed", "Processes", "CPU ÷ wall", "Peak host memory", "Peak device memory")
    return Section(
        "samples",
        "Disturbance and stop reasons",
        [
            Table(
                "What was sampled, and why it stopped",
                [
                    Column("Workload"),
                    Column("Backend"),
                    *(Column(title, numeric=True) for title in titles),
                    Column("Stopped because"),
                    Column("In run order"),
                ],
                by_case(offered(analysis), cells),
                of_cases=True,
            )
        ],
        [
            f"{percent_text(analysis.disturbed_share)} of all samples were disturbed: others used the CPU, the clock "
            "was throttled, or the CPU time was far from its usual share. Disturbed samples are marked and kept; short "
            "ones that had to wait for a CPU were measured again beside them. In run order, a dot is a sample's fit "
            "and predict, from the shortest (below) to the longest on a logarithmic axis; hollow ones were disturbed.",
            *_noise_floor(analysis),
        ],
    )


def _noise_floor(analysis: Analysis) -> list[str]:
    """Say how far measurements of the reference against itself (A/A) were apart, where a run has such a backend.

    The same engine under another interpreter may be another version: it is not the reference itself.
    """
    interpreters = analysis.info.plan.settings.interpreters
    engines = {row.group: (row.engine_fit, row.engine_predict) for row in analysis.rows if is_reference(analysis, row)}
    same = [
        row.speedup
        for row in analysis.rows
        if not is_reference(analysis, row)
        and row.backend.partition("@")[0].partition(":")[0] == analysis.reference
        and (row.engine_fit, row.engine_predict) == engines.get(row.group)
        and interpreters.get(row.backend) == interpreters.get(analysis.reference)
        and row.speedup is not None
    ]
    if not same:
        return []
    furthest = max(abs(math.log(ratio.estimate)) for ratio in same)
    return [
        f"Noise floor: in {count_text(len(same), 'case')} the reference was measured against itself; the largest "
        f"apparent difference is {percent_text(math.expm1(furthest))}."
    ]
