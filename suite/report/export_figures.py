"""Single figures as SVG or PNG files, for a paper."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from suite.analyse.rows import Analysis
from suite.analyse.scaling import scalings
from suite.errors import UsageError
from suite.records.run import Run
from suite.report.charts import backend_names, heat_chart, mean_chart, profile_chart, quality_chart, scaling_chart
from suite.report.draw import Spec, can_draw, draw_file
from suite.report.html import write_whole
from suite.report.roofline import rates, roofline_spec, roofs
from suite.report.science import curves_of
from suite.report.science_charts import curves_chart, gain_chart
from suite.report.throughput import held_out_rows


def write_figures(analyses: Sequence[Analysis], runs: Sequence[Run], folder: Path, kind: str) -> list[Path]:
    """Write every figure of these runs into `folder`, as `svg` or `png`; return their paths.

    Raises
    ------
    UsageError
        If charts cannot be drawn here, or a file cannot be written.
    """
    if not can_draw():
        raise UsageError("figures need vl-convert, which is not installed: pip install 'evenhand[report]'")
    written = []
    for number, (analysis, run) in enumerate(zip(analyses, runs, strict=True), 1):
        prefix = f"run-{number}-" if len(analyses) > 1 else ""
        for name, spec in _specs(analysis, run):
            path = folder / f"{prefix}{name}.{kind}"
            write_whole(draw_file(spec, kind), path)
            written.append(path)
    return written


def _specs(analysis: Analysis, run: Run) -> list[tuple[str, Spec]]:
    names = backend_names(analysis)
    numbers = {row.case: number for number, row in enumerate(analysis.rows)}
    quality = quality_chart(analysis, names, numbers)
    peaks = roofs(run)
    known = [*rates(analysis, held_out_rows(analysis, run), peaks).values()]
    science = [row for row in analysis.rows if row.workflow_s is not None]
    chosen: list[tuple[str, Spec | None]] = [
        ("heat-map", heat_chart(analysis)),
        ("means", mean_chart(analysis, names)),
        ("performance-profile", profile_chart(analysis, names)),
        ("speed-and-quality", quality[0] if quality else None),
        ("operations", roofline_spec(analysis, known, peaks, numbers)[0] if known else None),
        *((f"scaling-{at}", scaling_chart(one, names, numbers)) for at, one in enumerate(scalings(analysis, run))),
        ("science-gain", gain_chart(analysis, science, numbers)),
        *(
            (f"science-curve-{at}", curves_chart([(row.backend, curve) for row, curve in one.curves], names))
            for at, one in enumerate(curves_of(science))
        ),
    ]
    return [(name, spec) for name, spec in chosen if spec is not None]
