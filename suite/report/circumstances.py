"""The parts of a report that say under which circumstances a run was taken, and how to take it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping

from suite.records.schema import BackendLine, Machine, RunInfo
from suite.report.lock import environment_lock
from suite.report.page import Block, Cell, Column, Section, Table
from suite.report.text import NAME_LIMIT, percent_text, visible
from suite.units import format_bytes, format_duration

Fact = tuple[str, str]


def circumstance_sections(info: RunInfo, backends: Mapping[str, BackendLine]) -> list[Section]:
    """Return the sections on the machine, the versions and the command; `backends` are as the run recorded them."""
    return [
        Section("machine", "Machine", [_facts_table("Where it was measured", _machine_facts(info.machine))]),
        Section("versions", "Versions", [_facts_table("What it was measured with", _version_facts(info, backends))]),
        Section(
            "again",
            "Measure it again",
            [_facts_table("The settings that change figures or their uncertainty", _setting_facts(info))],
            ["The exact command of this run:"],
            visible(shlex.join(info.command), None),
            environment_lock(info, backends),
        ),
    ]


def _facts_table(caption: str, facts: Iterable[Fact]) -> Table:
    rows = [[Cell(visible(name, NAME_LIMIT)), Cell(text)] for name, text in facts if text]
    return Table(caption, [Column("What"), Column("Value")], [Block(rows)])


def _machine_facts(machine: Machine) -> list[Fact]:
    caches = "; ".join(f"{cache.level} {format_bytes(cache.bytes)} × {cache.instances}" for cache in machine.caches)
    gpus = "; ".join(f"{gpu.name}, {format_bytes(gpu.memory_bytes)}, driver {gpu.driver}" for gpu in machine.gpus)
    limits = [
        f"{machine.cgroup_cpus:g} CPUs" if machine.cgroup_cpus is not None else "",
        format_bytes(machine.cgroup_memory_bytes) if machine.cgroup_memory_bytes is not None else "",
    ]
    return [
        ("CPU", machine.cpu),
        ("Sockets, cores", f"{machine.sockets}, {machine.cores}"),
        ("Logical CPUs", f"{machine.logical_cpus}, of which {machine.usable_cpus} usable by the run"),
        ("Vector instructions", ", ".join(machine.simd)),
        ("Caches", caches),
        ("Memory", format_bytes(machine.memory_bytes)),
        ("Limits of its control group", ", ".join(limit for limit in limits if limit)),
        ("GPUs", gpus or "none seen"),
        ("Clock governor", machine.governor or "unknown"),
        ("Virtual machine", machine.virtual or "none seen"),
        ("Container", machine.container or "none seen"),
        ("System", f"{machine.system} {machine.kernel}, {machine.architecture}"),
        ("Machine id (a hash)", machine.id),
        ("Host", machine.host),
        ("User", machine.user),
    ]


def _version_facts(info: RunInfo, backends: Mapping[str, BackendLine]) -> list[Fact]:
    source = f"{info.git.commit}{', with uncommitted changes' if info.git.dirty else ''}" if info.git else ""
    measuring = ("Digest of the sources that measured", info.code)
    chosen = [(f"Vector instructions chosen by {spec}", line.simd) for spec, line in backends.items() if line.simd]
    return [("Python", info.python), *sorted(info.versions.items()), *chosen, ("Source commit", source), measuring]


def _setting_facts(info: RunInfo) -> list[Fact]:
    settings = info.plan.settings
    return [
        ("Started (UTC)", info.started_utc),
        ("Resumed (UTC)", ", ".join(info.resumed_utc)),
        ("Resumed by force although", "; ".join(info.forced)),
        ("Reference", info.plan.reference),
        ("Threads", f"{settings.threads}"),
        ("Seed", f"{settings.seed}"),
        ("Budget", format_duration(settings.budget_s)),
        ("Precision asked for", f"±{percent_text(settings.precision)}"),
        ("Confidence of intervals", percent_text(settings.confidence)),
        ("Counts as the same within", f"±{percent_text(settings.same_within)}"),
        ("Worker processes a case", f"{settings.processes}"),
        ("Time limit of a call", format_duration(settings.timeout_s)),
        ("Memory limit of a worker", format_bytes(settings.memory_bytes)),
        ("A fallback counts as unsupported", "yes" if settings.strict else "no"),
        ("Shortest timed phase, looped below", format_duration(settings.min_phase_s)),
    ]
