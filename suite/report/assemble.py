"""Puts a page together from analysed runs, in the order in which it is read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from suite.analyse.rows import Analysis
from suite.analyse.speedups import Span
from suite.records.run import Run
from suite.report.baselines import other_baselines, recompute_sentences, with_others
from suite.report.circumstances import circumstance_sections
from suite.report.coverage import coverage_section
from suite.report.draw import can_draw
from suite.report.embed import embedded_records, script
from suite.report.heatmap import heat_section
from suite.report.imported import imported_sections
from suite.report.inference import inference_section
from suite.report.overview import scaling_section, summary_section
from suite.report.page import Facet, Listing, Page, RunPart, Section
from suite.report.phases import phase_section
from suite.report.published import published_sections
from suite.report.quality import quality_section
from suite.report.reached import reached_section
from suite.report.samples import Strips, sample_section
from suite.report.science import science_section
from suite.report.several import difference_sections
from suite.report.speedups import speedup_section
from suite.report.text import NAME_LIMIT, visible
from suite.report.throughput import throughput_section
from suite.report.verdict import compares, default_title, silence_sentence, taken_on_sentence, verdict_sentences
from suite.workloads.choice import Division

#: What the cases of a page are filtered by: name in the URL, label.
FACETS = (("task", "Task"), ("size", "Size"), ("dtype", "Number format"), ("backend", "Backend"))

#: The scripts that recompute a page, in the order in which they are run, and what each finds.
SCRIPTS = {
    "records": "reads the records, for all others",
    "recompute": "medians, counts, qualities and rows a second",
    "speedups": "times of passes and speed-ups, with their intervals",
    "parity": "parity by all metrics",
    "verdicts": "verdicts, which hold for all cases together",
    "means": "means over workloads and what they count",
    "breakeven": "break-even sizes",
    "rates": "the performance profile, bytes and operations a second",
}
#: How a script says that speed-ups are over the reference of each run, unless it is told otherwise.
OWN_REFERENCE = "else None  # "
#: Those that read samples or qualities of a baseline: they take its name; others read what these print.
COMPARING = ("speedups", "parity")
#: Those that need nothing to compare with, and those that need no verdicts.
ALONE = ("records", "recompute")
WITHOUT_VERDICTS = (*ALONE, "speedups")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What a page may show beside its analyses.

    Attributes
    ----------
    runs
        The records of the analyses, in their order: then the page carries them and shows single samples.
    prices
        Per hour, by backend, machine id or "machine".
    path
        Where the page will be written, for relative links.
    """

    title: str = ""
    runs: Sequence[Run] = ()
    prices: Mapping[str, float] = field(default_factory=dict)
    path: Path | None = None


def make_page(analyses: Sequence[Analysis], extras: Extras) -> Page:
    """Return the page of these runs, each a part of its own."""
    rows = [(number, row) for number, analysis in enumerate(analyses) for row in analysis.rows]
    place = {(number, row.case): index for index, (number, row) in enumerate(rows)}
    parts = []
    baselines: dict[str, None] = {}
    for number, analysis in enumerate(analyses):
        numbers = {row.case: place[number, row.case] for row in analysis.rows}
        run = extras.runs[number] if extras.runs else None
        others = other_baselines(analysis, run)
        baselines |= dict.fromkeys(others)
        parts.append(_part(analysis, run, numbers, f"run-{number + 1}", extras, others))
    facets = [
        Facet(name, label, list(dict.fromkeys(visible(str(getattr(row, name)), NAME_LIMIT) for _, row in rows)))
        for name, label in FACETS
    ]
    index = [{value: number for number, value in enumerate(facet.values)} for facet in facets]
    cases: list[list[int | str]] = [
        [
            *(at[visible(str(getattr(row, facet.name)), NAME_LIMIT)] for at, facet in zip(index, facets, strict=True)),
            visible(f"{row.workload} {row.algorithm}", 2 * NAME_LIMIT).lower(),
        ]
        for _, row in rows
    ]
    return Page(
        title=extras.title or default_title(analyses),
        runs=parts,
        together=difference_sections(analyses, extras.runs) if len(analyses) > 1 else [],
        facets=facets,
        cases=cases,
        baselines=[*baselines],
        recompute=_scripts(analyses) if extras.runs else [],
        compares=compares(analyses),
    )


def _scripts(analyses: Sequence[Analysis]) -> list[Listing]:
    """Return what recomputes the page: cases one by one and, with verdicts, what is said of them together."""
    names: Collection[str] = SCRIPTS
    if not compares(analyses):
        names = ALONE
    elif any(one.info.imported or one.info.plan.division is Division.TIME_TO_QUALITY for one in analyses):
        names = WITHOUT_VERDICTS
    chosen = next((one.reference for one in analyses if one.reference != one.info.plan.reference), None)
    over = f", over {visible(chosen, NAME_LIMIT)}" if chosen else ""
    return [
        Listing(
            f"{name}.py: {SCRIPTS[name]}{over if name in COMPARING else ''}",
            with_baseline(script(f"{name}.txt"), chosen),
            f"{name}.py",
        )
        for name in names
    ]


def with_baseline(code: str, baseline: str | None) -> str:
    """Return a script that takes the page's baseline, where that is not the reference of the run, by itself."""
    return code if baseline is None else code.replace(OWN_REFERENCE, f"else {baseline!a}  # ", 1)


def _part(
    analysis: Analysis,
    run: Run | None,
    numbers: dict[str, int],
    part_id: str,
    extras: Extras,
    others: Mapping[str, Analysis],
) -> RunPart:
    return RunPart(
        id=part_id,
        title=visible(analysis.info.id, NAME_LIMIT),
        verdicts=verdict_sentences(analysis),
        silent_on=silence_sentence(analysis),
        taken_on=taken_on_sentence(analysis),
        reference=visible(analysis.reference, NAME_LIMIT),
        notes=analysis.notes,
        sections=imported_sections(analysis, strips_of(run))
        if analysis.info.imported
        else [
            *_compared(analysis, others),
            *result_sections(analysis, run, numbers, extras.prices, part_id),
            *circumstance_sections(analysis.info, run.backends if run else {}),
        ],
        numbers=numbers,
        records=embedded_records(run.path, extras.path) if run and run.path.is_dir() else None,
    )


def _compared(analysis: Analysis, others: Mapping[str, Analysis]) -> list[Section]:
    """Return the sections that compare; in the division time-to-quality no speed-ups of single steps."""
    if analysis.reached:
        return [reached_section(analysis)]
    heat, speedups = (
        with_others(make(analysis), {name: make(other) for name, other in others.items()})
        for make in (heat_section, speedup_section)
    )
    return [heat, replace(speedups, text=[*speedups.text, *recompute_sentences(others)])]


def result_sections(
    analysis: Analysis, run: Run | None, numbers: dict[str, int], prices: Mapping[str, float], part_id: str
) -> list[Section]:
    """Return the sections that show what else was measured, in the order in which they are read."""
    draw = can_draw()
    return [
        *published_sections(analysis),
        *scaling_section(analysis, run, numbers, draw=draw, part_id=part_id),
        quality_section(analysis, numbers, draw=draw, part_id=part_id),
        *science_section(analysis, numbers, draw=draw, part_id=part_id),
        phase_section(analysis),
        *([] if analysis.reached else [summary_section(analysis, draw=draw, part_id=part_id)]),
        throughput_section(analysis, run, numbers, prices, draw=draw, part_id=part_id),
        *inference_section(analysis),
        coverage_section(analysis),
        sample_section(analysis, strips_of(run)),
    ]


def strips_of(run: Run | None) -> Strips:
    """Return by case the seconds of fit and predict of every sample in run order, and whether it was disturbed."""
    strips: dict[str, list[tuple[float, bool]]] = {}
    for record in run.groups if run else ():
        for line in record.rounds:
            for sample in line.samples:
                strips.setdefault(sample.case, []).append((Span.RESIDENT.seconds(sample), bool(sample.marks)))
    return strips
