"""The switch of baselines: speed-ups over each of the other backends of a run, as `report --baseline` has them."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from dataclasses import replace

from suite.analyse import analyse
from suite.analyse.rows import Analysis
from suite.records.run import Run
from suite.records.schema import Status
from suite.report.page import Section
from suite.report.text import NAME_LIMIT, visible

#: Cases, counted once a baseline, that are analysed anew for the switch: each takes 3 ms and up to 0.5 kB of the page.
MOST_ANALYSED = 600


def other_baselines(analysis: Analysis, run: Run | None) -> dict[str, Analysis]:
    """Return the analyses of a run against each other backend that was measured, by the name that the page shows.

    Empty without the samples, where nothing is compared, or where there are too many cases to be analysed again.
    """
    if run is None or analysis.reached or analysis.info.imported:
        return {}
    measured = dict.fromkeys(row.backend for row in analysis.rows if row.status is Status.MEASURED)
    others = [backend for backend in measured if backend != analysis.reference]
    if len(measured) < 2 or len(others) * len(analysis.rows) > MOST_ANALYSED:
        return {}
    return {visible(backend, NAME_LIMIT): analyse(run, backend) for backend in others}


def with_others(section: Section, others: Mapping[str, Section]) -> Section:
    """Return the section whose tables have beside them those of the other baselines, in the same places."""
    tables = [
        replace(
            table,
            others={name: other.tables[place] for name, other in others.items() if place < len(other.tables)},
        )
        for place, table in enumerate(section.tables)
    ]
    return replace(section, tables=tables)


def recompute_sentences(names: Collection[str]) -> list[str]:
    """Say how what the switch shows is recomputed; nothing where there is no switch."""
    return [
        "What is shown over another baseline is recomputed like all else, by the scripts at the end of this page: "
        "speedups.py and parity.py take its name after the page's, as in "
        f"python speedups.py report.html {shlex.quote(name)} > speedups.csv."
        for name in [*names][:1]
    ]
