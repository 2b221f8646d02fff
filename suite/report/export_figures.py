"""Single figures as SVG or PNG files, for a paper: each with its title, how to read it, and where it was measured."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from backends._installed import how_to_install
from suite.analyse.rows import Analysis
from suite.analyse.scaling import scalings
from suite.errors import NothingMeasuredError, UsageError
from suite.records.run import Run
from suite.report.charts import backend_names, mean_chart, profile_chart, quality_chart, scaling_chart
from suite.report.draw import Spec, can_draw, draw_file
from suite.report.heat_figure import Figure, heat_figures
from suite.report.place import is_stdout, write_whole
from suite.report.roofline import rates, roofline_spec, roofline_title, roofs
from suite.report.science import GAIN_TITLE, curves_of
from suite.report.science_charts import curves_chart, gain_chart
from suite.report.text import NAME_LIMIT, count_text, visible
from suite.report.throughput import held_out_rows

#: Pixels of a character of a title, and the fewest characters of a line of it.
CHARACTER, LEAST_CHARACTERS = 6, 56


def write_figures(analyses: Sequence[Analysis], runs: Sequence[Run], folder: Path, kind: str) -> list[Path]:
    """Write every figure of these runs into `folder`, as `svg` or `png`; return their paths.

    Raises
    ------
    UsageError
        If charts cannot be drawn here, or a file cannot be written.
    NothingMeasuredError
        If none of the runs has any figure.
    """
    if not can_draw():
        raise UsageError(f"figures need vl-convert, which is not installed: {how_to_install('report')}")
    if is_stdout(folder):
        raise UsageError(f"{kind} is several files, which standard output cannot hold: give a folder with -o")
    written = []
    for number, (analysis, run) in enumerate(zip(analyses, runs, strict=True), 1):
        prefix = f"run-{number}-" if len(analyses) > 1 else ""
        for figure in figures(analysis, run):
            path = folder / f"{prefix}{figure.name}.{kind}"
            write_whole(draw_file(titled(figure, analysis), kind), path)
            written.append(path)
    if not written:
        names = ", ".join(visible(analysis.info.id, NAME_LIMIT) for analysis in analyses)
        raise NothingMeasuredError(f"no figures of {names}: they need engines that were measured side by side")
    return written


def titled(figure: Figure, analysis: Analysis) -> Spec:
    """Return the chart with its title, and below that how to read it and where it was measured."""
    info = analysis.info
    taken_on = f"{info.machine.cpu}, {count_text(info.plan.settings.threads, 'thread')}; run {info.id}"
    characters = max(LEAST_CHARACTERS, int(figure.width / CHARACTER))

    def lines(text: str) -> list[str]:
        return textwrap.wrap(visible(text), characters)

    return {"title": {"text": lines(figure.title), "subtitle": lines(figure.note) + lines(taken_on)}, **figure.spec}


def figures(analysis: Analysis, run: Run) -> Iterator[Figure]:
    """Yield the figures of a run, in the order of the page."""
    names = backend_names(analysis)
    numbers = {row.case: number for number, row in enumerate(analysis.rows)}
    yield from heat_figures(analysis)
    for at, one in enumerate(scalings(analysis, run)):
        title = f"{visible(one.workload, NAME_LIMIT)} · {one.features:,} features · {one.dtype}"
        note = (
            "medians with their intervals; upright: break-even sizes, their intervals shaded, dashed where extrapolated"
        )
        yield Figure(f"scaling-{at}", title, scaling_chart(one, names, numbers), note)
    if quality := quality_chart(analysis, names, numbers):
        note = "thin line: the Pareto front; below the dashed line parity is lost"
        yield Figure("speed-and-quality", "Speed against quality", quality[0], note)
    yield from _of_workflows(analysis, names, numbers)
    if means := mean_chart(analysis, names):
        note = "data in place, cases at equal quality; 95 % intervals over workloads"
        yield Figure("means", "Geometric means of speed-ups", means, note)
    if not analysis.info.imported:
        note = "higher is better; failures never rise"
        yield Figure("performance-profile", "Performance profile", profile_chart(analysis, names), note)
    peaks = roofs(run)
    if known := [*rates(analysis, held_out_rows(analysis, run), peaks).values()]:
        spec, _ = roofline_spec(analysis, known, peaks, numbers)
        yield Figure("operations", roofline_title(known, peaks), spec)


def _of_workflows(analysis: Analysis, names: Sequence[str], numbers: Mapping[str, int]) -> Iterator[Figure]:
    """Yield what scientific workflows gain, and their curves."""
    rows = [row for row in analysis.rows if row.workflow_s is not None]
    if gain := gain_chart(analysis, rows, numbers):
        yield Figure("science-gain", GAIN_TITLE, gain, "below the line at −1 parity is lost")
    for at, one in enumerate(curves_of(rows)):
        spec = curves_chart([(row.backend, curve) for row, curve in one.curves], names)
        yield Figure(f"science-curve-{at}", one.title, spec)
