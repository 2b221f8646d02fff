"""Several runs in one page: what differs between them first, then their figures side by side, labelled, not merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import msgspec

from suite.analyse.rows import Analysis, CaseRow
from suite.records.run import Run
from suite.records.sameness import judged_otherwise, other_data, other_work
from suite.report.cells import backend_cell, case_cell
from suite.report.page import Block, Cell, Column, Section, Table
from suite.report.text import NAME_LIMIT, interval_text, ratio_text, visible
from suite.units import format_time

#: Groups whose data differ are named up to so many.
MOST_DATA = 20


def difference_sections(analyses: Sequence[Analysis], runs: Sequence[Run]) -> list[Section]:
    """Return what differs between the runs, and their cases side by side."""
    titles = [f"Run {number}" for number in range(1, len(analyses) + 1)]
    facts = [_facts(analysis) for analysis in analyses]
    facts = [own | more for own, more in zip(facts, _recorded(runs), strict=True)] if runs else facts
    names = dict.fromkeys(name for own in facts for name in own)
    differing = [name for name in names if len({own.get(name, "–") for own in facts}) > 1]
    rows = [
        [Cell(visible(name, NAME_LIMIT)), *(Cell(visible(own.get(name, "–"))) for own in facts)] for name in differing
    ]
    columns = [Column("What"), *(Column(title) for title in titles)]
    text = (
        "Each run stands on its own below. Times of different machines, versions or settings are not those of one "
        "experiment; only speed-ups within a run are paired. What was not the same work is labelled."
    )
    different = Table("What differs between the runs", columns, [Block(rows)])
    return [Section("runs", "The runs side by side", [different, _side_by_side(analyses, runs, titles)], [text])]


def _facts(analysis: Analysis) -> dict[str, str]:
    info, machine = analysis.info, analysis.info.machine
    settings = {
        name: str(value)
        for name, value in msgspec.to_builtins(info.plan.settings).items()
        if isinstance(value, int | float)
    }
    return {
        "Run": info.id,
        "Started (UTC)": info.started_utc,
        "Reference": analysis.reference,
        "Machine id": machine.id,
        "CPU": machine.cpu,
        "Usable CPUs": str(machine.usable_cpus),
        "Memory": f"{machine.memory_bytes:,} bytes",
        "GPUs": "; ".join(f"{gpu.name}, driver {gpu.driver}" for gpu in machine.gpus) or "none seen",
        "Clock governor": machine.governor or "unknown",
        "Kernel": f"{machine.system} {machine.kernel}",
        "Python": info.python,
        "Measuring code": info.code,
        **{f"Setting: {name}": value for name, value in settings.items()},
        **{f"Version of {name}": version for name, version in info.versions.items()},
    }


def _recorded(runs: Sequence[Run]) -> list[dict[str, str]]:
    """Return what only the records say: the versions of engines under interpreters of their own, and data by digest."""
    facts: list[dict[str, str]] = []
    for run in runs:
        own = {
            f"Version of {name} for {spec}": version
            for spec, line in run.backends.items()
            if spec in run.info.plan.settings.interpreters
            for name, version in line.versions.items()
        }
        facts.append(own | {f"Data of {group}": digest for group, digest in _digests(run).items()})
    shared = set.intersection(*({name for name in own if name.startswith("Data of ")} for own in facts))
    differing = [name for name in sorted(shared) if len({own[name] for own in facts}) > 1]
    kept = {*differing[:MOST_DATA]}
    return [
        {name: value for name, value in own.items() if not name.startswith("Data of ") or name in kept}
        | ({f"Data of {len(differing) - MOST_DATA:,} more groups": f"of run {number}"} if differing[MOST_DATA:] else {})
        for number, own in enumerate(facts, 1)
    ]


def _digests(run: Run) -> dict[str, str]:
    """Return by group the first digits of its arrays' digests."""
    return {
        one.group.id: ", ".join(f"{name} {array.sha256[:8]}" for name, array in sorted(one.started.data.items()))
        for one in run.groups
        if one.started
    }


def _side_by_side(analyses: Sequence[Analysis], runs: Sequence[Run], titles: Sequence[str]) -> Table:
    found: dict[tuple[str, str], list[CaseRow | None]] = {}
    for number, analysis in enumerate(analyses):
        for row in analysis.rows:
            found.setdefault((row.group, row.backend), [None] * len(analyses))[number] = row
    shared = {
        key: rows
        for key, rows in found.items()
        if sum(row is not None for row in rows) > 1 and any(row is not None and not row.absent for row in rows)
    }
    differ = _differences(analyses, runs)
    rows = []
    for own in shared.values():
        first = next(row for row in own if row is not None)
        rows.append([replace(case_cell(first), case=""), backend_cell(first), *map(_cell, own), Cell(differ(own))])
    columns = [Column("Workload"), Column("Backend"), *(Column(title, numeric=True) for title in titles)]
    return Table(
        "Cases that several runs have: speed-up within each run", [*columns, Column("Comparable?")], [Block(rows)]
    )


def _cell(row: CaseRow | None) -> Cell:
    if row is None:
        return Cell("–")
    if row.resident_s is None:
        return Cell(row.ending, detail="no time")
    phases = [name for name, seconds in (("fit", row.fit_s), ("predict", row.predict_s)) if seconds is not None]
    time = f"{' + '.join(phases)} {format_time(row.resident_s)}"
    if row.speedup is None:
        return Cell(row.verdict.value, detail=time)
    return Cell(ratio_text(row.speedup), row.speedup.estimate, f"{interval_text(row.speedup)}; {time}")


def _differences(analyses: Sequence[Analysis], runs: Sequence[Run]) -> Callable[[Sequence[CaseRow | None]], str]:
    """Return what says of one case in several runs whether its figures are of the same work, judged alike."""
    plans = [{group.id: group for group in analysis.info.plan.groups} for analysis in analyses]
    begun = [{one.group.id: one.started for one in run.groups} for run in runs] or [{}] * len(analyses)

    def say(rows: Sequence[CaseRow | None]) -> str:
        present = [(number, row.group) for number, row in enumerate(rows) if row is not None]
        known = [(plans[number][name], begun[number].get(name)) for number, name in present if name in plans[number]]
        work: dict[str, None] = {}
        data: dict[str, None] = {}
        judged: dict[str, None] = {}
        for (old, first), (new, later) in pairwise(known):
            work |= dict.fromkeys(other_work(old, new))
            data |= dict.fromkeys(other_data(old, new, (first, later)))
            judged |= dict.fromkeys(judged_otherwise(old, new))
        why = [f"the {what} ({', '.join(names)})" for what, names in (("work", work), ("data", data)) if names]
        if len({analyses[number].reference for number, _ in present}) > 1:
            why.append("the reference")
        if why:
            return visible(f"not comparable, these differ: {', '.join(why)}")
        return f"the same work, but other {', '.join(judged)}" if judged else "the same work"

    return say
