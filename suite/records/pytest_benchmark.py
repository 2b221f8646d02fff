"""The JSON of pytest-benchmark, read and checked, as a run: times alone, not paired, without quality.

Every benchmark becomes a group with one case and its raw data as samples; where they were not saved
(--benchmark-save-data, or a file from --benchmark-json) the median is its only sample. Names of host and user are left.
"""

from __future__ import annotations

import codecs
import hashlib
import shutil
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from suite.errors import UsageError
from suite.records.begin import utc_text
from suite.records.names import without_names
from suite.records.schema import (
    Case,
    Git,
    Group,
    GroupLine,
    Line,
    Machine,
    OutcomeLine,
    Plan,
    RoundLine,
    RunInfo,
    Sample,
    Settings,
    Status,
)
from suite.records.store import RunStore
from suite.workloads.entry import DataSpec, Direction, Quality, Size, Task, Workload

TOOL = "pytest-benchmark"
MAX_FILE_BYTES = 256 * 2**20
MAX_SAMPLES = 1_000_000
FIRST_YEAR, LAST_YEAR = 2000, 2200

Name = Annotated[str, Meta(min_length=1, max_length=2000)]
Text = Annotated[str, Meta(max_length=300)]
Seconds = Annotated[float, Meta(ge=0, le=1e9)]
Count = Annotated[int, Meta(ge=1, le=10**12)]

#: Categories of characters that show nothing, or change how others are shown.
_INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}


class Stats(Struct, frozen=True):
    """The times of one benchmark in seconds per call; `data` has all of them where they were saved."""

    min: Seconds
    max: Seconds
    mean: Seconds
    stddev: Seconds
    median: Seconds
    rounds: Count
    iterations: Count = 1
    data: list[Seconds] | None = None


class Benchmark(Struct, frozen=True):
    """One benchmark; `fullname` is what tells it from the others of its file."""

    fullname: Name
    stats: Stats


class Cpu(Struct, frozen=True):
    """What py-cpuinfo found."""

    brand_raw: Text = ""
    count: Annotated[int, Meta(ge=0, le=10**6)] = 0


class MachineInfo(Struct, frozen=True):
    """Where it was measured, as far as it is told."""

    node: Text = ""
    machine: Text = ""
    system: Text = ""
    release: Text = ""
    python_implementation: Text = ""
    python_version: Text = ""
    cpu: Cpu = Cpu()


class CommitInfo(Struct, frozen=True):
    """The source tree that was measured."""

    id: Text | None = None
    dirty: bool = False


class File(Struct, frozen=True):
    """A whole file, the parts that are used."""

    benchmarks: list[Benchmark]
    datetime: datetime
    version: Text
    machine_info: MachineInfo
    commit_info: CommitInfo = CommitInfo()


def import_file(path: Path, root: Path, *, command: Sequence[str]) -> tuple[Path, int]:
    """Keep a file of pytest-benchmark as a run in `root`; return the run's folder and how many benchmarks it has.

    Raises
    ------
    UsageError
        If the file cannot be read or used, or was imported before: one line.
    """
    content = _content(path)
    file = read(content, repr(str(path)))
    info = _info(file, hashlib.sha256(content).hexdigest(), command)
    if (root / info.id).exists():
        raise UsageError(f"{str(path)!r} was imported before, as {root / info.id}: remove that folder to do it again")
    with RunStore.create(root, info) as store:
        try:
            for line in _lines(file):
                store.append(line)
        except BaseException:
            shutil.rmtree(store.path, ignore_errors=True)
            raise
    return store.path, len(file.benchmarks)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        why = (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
        raise UsageError(f"cannot read {str(path)!r}: {why}") from None
    if len(content) > MAX_FILE_BYTES:
        raise UsageError(f"{str(path)!r} is larger than {MAX_FILE_BYTES >> 20} MiB: split it, or save without data")
    return content.removeprefix(codecs.BOM_UTF8)


def read(content: bytes, name: str) -> File:
    """Return a file's content, checked.

    Raises
    ------
    UsageError
        If it is not JSON of pytest-benchmark, or has values that cannot be: with the place, and `name` before it.
    """
    try:
        file = msgspec.json.decode(content, type=File)
    except msgspec.ValidationError as error:
        raise UsageError(f"{name} is not a file of {TOOL} or is damaged: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{name} is not JSON: {error}") from None
    except RecursionError:
        raise UsageError(f"{name} is not a file of {TOOL}: it is nested too deeply") from None
    if problem := _problem(file):
        raise UsageError(f"{name}: {problem}")
    return file


def _problem(file: File) -> str:
    """Say what is wrong with a file whose types are right; empty if nothing is."""
    if not file.benchmarks:
        return "there is no benchmark in it"
    if not FIRST_YEAR <= file.datetime.year <= LAST_YEAR:
        return f"its datetime {file.datetime.isoformat()} cannot be"
    cpu, machine = file.machine_info.cpu, file.machine_info
    texts = [file.version, machine.machine, machine.system, machine.release, machine.python_version]
    texts += [machine.python_implementation, machine.node, cpu.brand_raw, file.commit_info.id or ""]
    names = [benchmark.fullname for benchmark in file.benchmarks]
    for text in (*texts, *names):
        if bad := next((one for one in text if unicodedata.category(one) in _INVISIBLE), None):
            shown = text.encode("ascii", "backslashreplace").decode()[:80]
            return f"the text {shown!r} has the invisible character U+{ord(bad):04X}: rename it"
    name, times = Counter(names).most_common(1)[0]
    if times > 1:
        return f"the benchmark {name[:80]!r} is there {times} times: import the files one by one"
    for benchmark in file.benchmarks:
        data = benchmark.stats.data
        if data and len(data) != benchmark.stats.rounds:
            return f"the benchmark {benchmark.fullname[:80]!r} has {len(data)} times of {benchmark.stats.rounds} rounds"
    samples = sum(len(benchmark.stats.data or ()) for benchmark in file.benchmarks)
    if samples > MAX_SAMPLES:
        return f"it has {samples:,} samples, more than {MAX_SAMPLES:,}: save it without data"
    return ""


def _info(file: File, digest: str, command: Sequence[str]) -> RunInfo:
    """Return the head of the run; the same file has the same name."""
    told = file.machine_info
    machine = _machine(told)
    at = file.datetime if file.datetime.tzinfo else file.datetime.replace(tzinfo=UTC)
    started = utc_text(at)
    stamp = started.replace("-", "").replace(":", "")
    commit = file.commit_info
    return RunInfo(
        id=f"{stamp}-{machine.id[:8]}-{digest[:6]}",
        started_utc=started,
        command=without_names(command),
        plan=Plan(
            reference="",
            settings=_settings(),
            groups=[_group(benchmark) for benchmark in file.benchmarks],
            expected_s=0.0,
        ),
        machine=machine,
        versions={TOOL: file.version},
        python=f"{told.python_implementation} {told.python_version}".strip(),
        git=Git(commit=commit.id, dirty=commit.dirty) if commit.id else None,
        imported=f"{TOOL} {file.version}".strip(),
    )


def _machine(told: MachineInfo) -> Machine:
    """Return the machine as told, zero where it is not; `id` is a hash, the name is not kept."""
    parts = ("imported", told.node, told.machine, told.cpu.brand_raw, str(told.cpu.count))
    return Machine(
        id=hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12],
        system=told.system,
        kernel=told.release,
        architecture=told.machine,
        cpu=told.cpu.brand_raw or told.machine or "unknown CPU",
        sockets=0,
        cores=0,
        logical_cpus=told.cpu.count,
        usable_cpus=told.cpu.count,
        caches=[],
        memory_bytes=0,
        cgroup_memory_bytes=None,
        cgroup_cpus=None,
        governor="",
        virtual="",
        container="",
        simd=[],
        gpus=[],
    )


def _settings() -> Settings:
    """Return settings that say: none of this is known."""
    return Settings(
        threads=0, budget_s=0.0, precision=0.0, processes=0, seed=0, timeout_s=0.0, memory_bytes=0, min_phase_s=0.0
    )


def _group(benchmark: Benchmark) -> Group:
    """Return the group of a benchmark. Only names mean anything: task, size and data fill the schema's fields."""
    name = benchmark.fullname
    workload = Workload(
        name=name,
        algorithm="",
        task=Task.PREPROCESSING,
        about=f"imported from {TOOL}",
        data={Size.S: DataSpec(source="imported")},
        quality=Quality(metric="none", direction=Direction.LOWER, tolerance=0.0, origin="imported: never judged"),
        output="",
    )
    case = Case(id=_case_id(benchmark), backend=TOOL)
    return Group(id=name, workload=workload, size=Size.S, dtype="", order="", cases=[case], expected_s=0.0)


def _case_id(benchmark: Benchmark) -> str:
    return f"{benchmark.fullname}/{TOOL}"


def _lines(file: File) -> Iterator[Line]:
    """Yield the records: for every benchmark its samples, and how it ended."""
    for benchmark in file.benchmarks:
        stats, group, case = benchmark.stats, benchmark.fullname, _case_id(benchmark)
        yield GroupLine(group=group, at_s=0.0, data={}, data_bytes=0, data_origin=TOOL)
        for number, seconds in enumerate(stats.data or [stats.median]):
            sample = _sample(case, seconds, stats.iterations)
            yield RoundLine(group=group, process=0, round=number, at_s=0.0, samples=[sample])
        told: dict[str, Any] = {name: value for name, value in msgspec.structs.asdict(stats).items() if name != "data"}
        reason = "" if stats.data else f"no raw data: the one sample is the median of {stats.rounds} rounds"
        yield OutcomeLine(group=group, case=case, status=Status.MEASURED, reason=reason, settings=told)


def _sample(case: str, seconds: float, iterations: int) -> Sample:
    return Sample(
        case=case,
        seed=0,
        copy_in_s=0.0,
        fit_s=seconds,
        predict_s=0.0,
        copy_out_s=0.0,
        fit_loops=iterations,
        wall_s=seconds * iterations,
        cpu_s=0.0,
    )
