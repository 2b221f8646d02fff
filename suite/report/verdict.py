"""The sentences at the head of a report: what was found, how sure, where it was taken, and what it leaves open."""

from __future__ import annotations

import math
from collections.abc import Sequence

from suite.analyse.rows import Analysis, BackendMean, CaseRow, Ratio
from suite.records.schema import Machine
from suite.report.reached import reached_sentences
from suite.report.text import NAME_LIMIT, count_text, interval_text, measured_on, percent_text, ratio_text, visible
from suite.units import format_bytes

#: Confidence of the interval of a mean, which is over workloads (`suite.stats.means.geometric_mean`).
MEAN_CONFIDENCE = 0.95

#: Packages whose versions are left to the table: they run no algorithm.
PLUMBING = frozenset({"joblib", "msgspec", "pandas", "threadpoolctl"})


def compares(analyses: Sequence[Analysis]) -> bool:
    """Whether any of these runs was measured side by side, so that it can have speed-ups."""
    return any(not analysis.info.imported for analysis in analyses)


def default_title(analyses: Sequence[Analysis]) -> str:
    """Return the title of a report."""
    return "Engines side by side, at equal quality" if compares(analyses) else "Imported benchmarks"


def verdict_sentences(analysis: Analysis) -> list[str]:
    """Return one sentence for each backend that was held against the reference."""
    if analysis.info.imported:
        return [f"{count_text(len(analysis.rows), 'benchmark')} of {_name(analysis.info.imported)}: times alone."]
    if analysis.reached:
        return reached_sentences(analysis)
    means = [mean for mean in analysis.means if mean.backend != analysis.reference]
    if not means and any(row.backend != analysis.reference for row in analysis.rows):
        return [f"None of the engines but {_name(analysis.reference)} has any of these workloads."]
    if not means:
        return [f"Only the reference, {_name(analysis.reference)}, was asked for: there is nothing to compare it with."]
    return [_verdict_sentence(analysis, mean) for mean in means]


def _verdict_sentence(analysis: Analysis, mean: BackendMean) -> str:
    backend, reference = _name(mean.backend), _name(analysis.reference)
    covered = f"{mean.covered} of {count_text(mean.asked, 'case')}"
    if mean.speedup is None:
        return (
            f"No speed-up of {backend} over {reference} can be stated: of {count_text(mean.asked, 'case')}, "
            f"{mean.covered} were measured at equal quality on the engine that was asked for."
        )
    compared = [row for row in analysis.rows if row.backend == mean.backend and row.speedup is not None]
    if len(compared) == 1:
        return _single_sentence(analysis, compared[0], covered)
    counts = {"faster": mean.faster, "slower": mean.slower, "the same": mean.same, "ambiguous": mean.ambiguous}
    counted = ", ".join(f"{count} {found}" for found, count in counts.items() if count)
    return (
        f"{_finding(backend, reference, mean)}: {_times(mean.speedup)} in the geometric mean of fit and "
        f"predict, data in place ({_mean_interval(mean.speedup)}), over {covered}, those at equal quality: {counted}; "
        f"{measured_on(analysis, mean.backend)}."
    )


def _single_sentence(analysis: Analysis, row: CaseRow, covered: str) -> str:
    assert row.speedup is not None  # noqa: S101 - chosen so
    confidence = percent_text(analysis.info.plan.settings.confidence)
    return (
        f"{_name(row.backend)} against {_name(analysis.reference)} on {_name(row.workload)} ({row.size}, {row.dtype}): "
        f"{row.verdict.value}, {_times(row.speedup)} in fit and predict, data in place ({confidence} interval "
        f"{interval_text(row.speedup)}), coverage {covered}; {measured_on(analysis, row.backend)}."
    )


def _finding(backend: str, reference: str, mean: BackendMean) -> str:
    """Say what the mean says, and where the verdicts of the single cases say less or other than it."""
    assert mean.speedup is not None  # noqa: S101 - chosen so
    remark = mean_remark(mean)
    if mean.speedup.low > 1 or mean.speedup.high < 1:
        word = "faster" if mean.speedup.low > 1 else "slower"
        where = f"in the mean over these workloads, though {remark}" if remark else "over these workloads"
        return f"{backend} was {word} than {reference} {where}"
    if bool(mean.faster) != bool(mean.slower):
        word, sure = ("faster", mean.faster) if mean.faster else ("slower", mean.slower)
        cases = f"{sure} of {count_text(mean.covered, 'case')}"
        return f"{backend} was {word} than {reference} in {cases}, though their mean over workloads is not certain"
    return f"{backend} was neither clearly faster nor clearly slower than {reference} over these workloads"


def mean_remark(mean: BackendMean) -> str:
    """Return what must be said beside a mean that is surely on one side of 1; empty where single cases agree with it.

    The interval of a mean is over workloads, that of a case over its samples: the one may be certain without the other.
    """
    if mean.speedup is None or mean.speedup.low <= 1 <= mean.speedup.high:
        return ""
    word, other = ("faster", "slower") if mean.speedup.low > 1 else ("slower", "faster")
    sure, against = (mean.faster, mean.slower) if word == "faster" else (mean.slower, mean.faster)
    if against > sure:
        return f"more single cases were {other} than {word}"
    return "" if sure else f"no single case was {word} for certain"


def _times(speedup: Ratio) -> str:
    return f"{ratio_text(speedup).removesuffix('×')} times as fast"


def _mean_interval(speedup: Ratio) -> str:
    if not math.isfinite(speedup.high):
        return "too few workloads for an interval"
    return f"{percent_text(MEAN_CONFIDENCE)} interval over workloads {interval_text(speedup)}"


def silence_sentence(analysis: Analysis) -> str:
    """Return what the verdicts do not say."""
    if analysis.info.imported:
        return "This says nothing about quality or about other engines, and nothing was measured side by side."
    others = [] if analysis.reached else [row for row in analysis.rows if row.backend != analysis.reference]
    silent = [row for row in others if row.speedup is None and not row.absent]
    absent = [row for row in others if row.absent]
    without = f", or about the {count_text(len(silent), 'case')} below without a speed-up" if silent else ""
    without += f", or about {count_text(len(absent), 'case')} that an engine does not offer" if absent else ""
    return (
        f"This says nothing about other machines, versions, sizes, thread counts or hyper-parameters{without}. A mean "
        "hides how much single workloads differ; copies to and from a device are in the end-to-end column only."
    )


def taken_on_sentence(analysis: Analysis) -> str:
    """Return when, on what machine and with which versions a run was taken."""
    info = analysis.info
    if info.imported:
        when = _name(info.started_utc.replace("T", " ").removesuffix("Z"))
        where = ", ".join(_name(part) for part in (info.machine.cpu, info.machine.system) if part)
        return f"Measured by {_name(info.imported)} on {when} UTC on {where}; {_name(info.python)}."
    engines = [f"{_name(name)} {_name(version)}" for name, version in info.versions.items() if name not in PLUMBING]
    started = _name(info.started_utc.replace("T", " ").removesuffix("Z"))
    threads = count_text(info.plan.settings.threads, "thread")
    versions = ", ".join([_name(info.python), *engines])
    return f"Measured on {started} UTC with {threads} on {machine_text(info.machine)}; {versions}."


def machine_text(machine: Machine) -> str:
    """Return a machine in a line."""
    parts = [
        machine.cpu,
        f"{machine.usable_cpus} of {count_text(machine.logical_cpus, 'logical CPU')}",
        format_bytes(machine.memory_bytes),
        *(f"{gpu.name} ({format_bytes(gpu.memory_bytes)})" for gpu in machine.gpus),
        f"{machine.system} {machine.architecture}",
    ]
    return ", ".join(_name(part) for part in parts if part)


def _name(text: str) -> str:
    return visible(text, NAME_LIMIT)
