"""What happens around a sample: CPUs, waiting and memory of the worker, and what others did on its CPUs meanwhile.

Sources, on Linux: getrusage(2); `/proc/self/task/*/schedstat`, second field: nanoseconds spent ready to run but waiting
for a CPU (kernel: Documentation/scheduler/sched-stats); `VmHWM` of `/proc/self/status`, begun anew through
`/proc/self/clear_refs` (proc(5)); `/proc/stat`, in ticks of 10 ms (proc(5)); `/proc/pressure/cpu` (kernel:
Documentation/accounting/psi); the counters of thermal throttling and of the cgroup's CPU quota. What a system does not
tell is None.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
import time
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from suite.records import cgroup
from suite.records.schema import Mark, Sample

#: Median absolute deviations beyond which a value is unusual: about four standard deviations of normal noise.
FAR_DEVIATIONS = 6.0
#: The shortest time over which `/proc/stat`, which counts ticks of 10 ms, says anything.
MIN_WINDOW_S = 0.1

_TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")
_LINUX = sys.platform == "linux"
_LIBC = ctypes.CDLL(None)
_READ_BYTES = 1 << 20


def _read(path: str | Path) -> bytes | None:
    """Return the content of a small kernel file, None if it cannot be had."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        parts = []
        while part := os.read(descriptor, _READ_BYTES):
            parts.append(part)
        return b"".join(parts)
    except OSError:
        return None
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Used:
    """What a process used between two moments. `waited_s` is summed over its threads and may exceed `wall_s`."""

    wall_s: float
    cpu_s: float
    waited_s: float | None
    involuntary_switches: int
    peak_host_bytes: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What this process with its threads has used until now; `since` says what lay between two of them."""

    at_s: float
    cpu_s: float
    involuntary_switches: int
    peak_host_bytes: int
    waited_ns: Mapping[int, int] | None = field(repr=False)

    @classmethod
    def now(cls, *, reset_peak: bool = False) -> Usage:
        """Read the counters, in well under 100 µs for a few threads.

        With `reset_peak` the peak of memory counts from now on, where the system allows it: only Linux does, elsewhere
        the peak is that of the process's life.
        """
        if reset_peak:
            _reset_peak()
        waited_ns = _waited_ns()
        usage = resource.getrusage(resource.RUSAGE_SELF)
        peak_bytes = _peak_bytes(usage.ru_maxrss)
        return cls(
            at_s=time.perf_counter(),
            cpu_s=time.process_time(),
            involuntary_switches=usage.ru_nivcsw,
            peak_host_bytes=peak_bytes,
            waited_ns=waited_ns,
        )

    def since(self, earlier: Usage) -> Used:
        """Say what was used since `earlier`. A thread that ended meanwhile takes the time it waited with it."""
        waited_s = None
        if self.waited_ns is not None and earlier.waited_ns is not None:
            before = earlier.waited_ns
            waited_s = sum(ns - before.get(thread, 0) for thread, ns in self.waited_ns.items()) * 1e-9
        return Used(
            wall_s=self.at_s - earlier.at_s,
            cpu_s=self.cpu_s - earlier.cpu_s,
            waited_s=waited_s,
            involuntary_switches=self.involuntary_switches - earlier.involuntary_switches,
            peak_host_bytes=self.peak_host_bytes,
        )


def begin_on(cpu: int) -> None:
    """Move this thread to a CPU without tying it there: the system leaves it be unless it has a reason not to."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    os.sched_setaffinity(0, allowed)


def current_cpu() -> int | None:
    """Return the CPU that this thread runs on, None where the system does not tell."""
    return _LIBC.sched_getcpu() if _LINUX else None


def _waited_ns() -> dict[int, int] | None:
    """Return how long each thread of this process has waited for a CPU, None where the kernel does not count it."""
    try:
        threads = os.listdir("/proc/self/task")  # noqa: PTH208 (a third of the time of pathlib)
    except OSError:
        return None
    waited = {}
    for thread in threads:
        if content := _read(f"/proc/self/task/{thread}/schedstat"):
            waited[int(thread)] = int(content.split()[1])
    return waited or None


def _reset_peak() -> None:
    try:
        descriptor = os.open("/proc/self/clear_refs", os.O_WRONLY)
    except OSError:
        return
    try:
        os.write(descriptor, b"5")
    except OSError:
        return
    finally:
        os.close(descriptor)


def _peak_bytes(max_rss: int) -> int:
    """Return the peak of resident memory; `max_rss` is getrusage's, in KiB on Linux and in bytes on macOS."""
    status = _read("/proc/self/status") or b""
    _, found, rest = status.partition(b"\nVmHWM:")
    if found:
        return int(rest.split(None, 1)[0]) * 1024
    return max_rss * 1024 if _LINUX else max_rss


@dataclass(frozen=True, slots=True)
class Around:
    """What others did during a window: mean numbers of CPUs, and the share of time in which a task waited for one.

    `foreign_cpus` may come out slightly below zero: the kernel counts in ticks.
    """

    window_s: float
    foreign_cpus: float | None = None
    stolen_cpus: float | None = None
    pressure: float | None = None
    throttled: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What some CPUs have done until now, whoever asked for it; `since` says what others did between two of them.

    `busy_s` and `stolen_s` are seconds summed over the CPUs. `pressure` is the kernel's mean over the last 10 s (its
    totals are brought up to date only every 2 s). `throttles` counts how often the clock or a CPU quota held them up.
    """

    at_s: float
    busy_s: float | None
    stolen_s: float | None
    pressure: float | None
    throttles: int

    @classmethod
    def now(cls, cpus: Collection[int] | None = None) -> Surroundings:
        """Read the counters of these CPUs (None: of all)."""
        chosen = None if cpus is None else frozenset(cpus)
        busy_s, stolen_s = _busy_and_stolen(_read("/proc/stat"), chosen)
        return cls(
            at_s=time.perf_counter(),
            busy_s=busy_s,
            stolen_s=stolen_s,
            pressure=_pressure(_read("/proc/pressure/cpu")),
            throttles=_throttles(chosen),
        )

    def since(self, earlier: Surroundings, own_cpu_s: float) -> Around:
        """Say what others did since `earlier`, of which our own processes used `own_cpu_s`.

        Over less than `MIN_WINDOW_S` nothing can be said.
        """
        window_s = self.at_s - earlier.at_s
        throttled = self.throttles > earlier.throttles
        if window_s < MIN_WINDOW_S:
            return Around(window_s, pressure=self.pressure, throttled=throttled)
        foreign_cpus = stolen_cpus = None
        if self.busy_s is not None and earlier.busy_s is not None:
            foreign_cpus = (self.busy_s - earlier.busy_s - own_cpu_s) / window_s
        if self.stolen_s is not None and earlier.stolen_s is not None:
            stolen_cpus = (self.stolen_s - earlier.stolen_s) / window_s
        return Around(window_s, foreign_cpus, stolen_cpus, self.pressure, throttled)


def _busy_and_stolen(stat: bytes | None, cpus: frozenset[int] | None) -> tuple[float | None, float | None]:
    """Sum the seconds of `/proc/stat` in which the CPUs worked, and in which the hypervisor took them away.

    The columns are user, nice, system, idle, iowait, irq, softirq, steal, and guest times, which user holds too.
    """
    if stat is None:
        return None, None
    wanted = {b"cpu"} if cpus is None else {b"cpu%d" % cpu for cpu in cpus}
    busy = stolen = 0
    for line in stat.splitlines():
        if not line.startswith(b"cpu"):
            break
        name, *columns = line.split()
        if name in wanted:
            user, nice, system, _idle, _iowait, irq, softirq, steal = (int(ticks) for ticks in columns[:8])
            busy += user + nice + system + irq + softirq
            stolen += steal
    return busy * _TICK_S, stolen * _TICK_S


def _pressure(content: bytes | None) -> float | None:
    """Return the share `avg10` of the line "some" of a pressure file."""
    if not content or not content.startswith(b"some avg10="):
        return None
    return float(content.split(None, 2)[1].removeprefix(b"avg10=")) / 100.0


def _throttles(cpus: frozenset[int] | None) -> int:
    total = 0
    for path in _thermal_files(cpus):
        total += int(_read(path) or 0)
    for path in _quota_files():
        _, found, rest = (_read(path) or b"").partition(b"nr_throttled ")
        total += int(rest.split(None, 1)[0]) if found else 0
    return total


@cache
def _thermal_files(cpus: frozenset[int] | None) -> tuple[Path, ...]:
    """Return the counters of these CPUs' thermal throttling; only Intel's drivers have them."""
    files = Path("/sys/devices/system/cpu").glob("cpu[0-9]*/thermal_throttle/core_throttle_count")
    return tuple(file for file in files if cpus is None or int(file.parts[-3][3:]) in cpus)


@cache
def _quota_files() -> tuple[Path, ...]:
    """Return the files that count how often this process's control groups ran out of their CPU quota."""
    return tuple(folder / "cpu.stat" for folder in cgroup.folders("cpu") if (folder / "cpu.stat").is_file())


class Watch:
    """Watches some CPUs in windows just long enough for `/proc/stat`: short samples share one, windows may overlap.

    Tell each sample's CPU time by `used`; once `ready`, `close` says what others did in the window that ends now. The
    watching process's own CPU time is known by itself.
    """

    def __init__(self, cpus: Collection[int] | None = None) -> None:
        self._cpus = cpus
        self.open()

    def open(self) -> None:
        """Begin anew, forgetting what was before."""
        self._used_s = 0.0
        self._seen = deque([self._look()])

    def used(self, cpu_s: float) -> None:
        """Add CPU time that a process of ours, other than this one, used since the last call."""
        self._used_s += cpu_s

    @property
    def ready(self) -> bool:
        """Whether a window that ends now is long enough to say something."""
        return time.perf_counter() - self._seen[0][0].at_s >= MIN_WINDOW_S

    def close(self) -> Around:
        """End a window now and say what others did in it; it began where the last one ended that is long enough ago."""
        now, own_s = seen = self._look()
        while len(self._seen) > 1 and now.at_s - self._seen[1][0].at_s >= MIN_WINDOW_S:
            self._seen.popleft()
        begin, own_begin_s = self._seen[0]
        self._seen.append(seen)
        return now.since(begin, own_s - own_begin_s)

    def _look(self) -> tuple[Surroundings, float]:
        """Return what the CPUs did, and what of it was ours."""
        return Surroundings.now(self._cpus), self._used_s + time.process_time()


@dataclass(frozen=True, slots=True)
class Usual:
    """A running median and the median absolute deviation from it: threads that spin scatter by themselves."""

    median: float
    deviation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From where on a sample counts as disturbed.

    Attributes
    ----------
    cpus
        Mean number of CPUs used by others or taken by the hypervisor. Over a short window the limit is higher: one
        and a half ticks, since a single tick may be chance.
    waited_share
        Of the time in which the worker's threads could have run, the part they waited. Only counts if others used some
        CPU: an engine with more threads than CPUs waits for itself.
    switches_per_s
        Involuntary context switches per second, where waiting is not counted.
    cpu_over_wall
        Relative distance of CPU time ÷ wall time from the case's usual one, beyond what is usual for the case.
    """

    cpus: float = 0.05
    waited_share: float = 0.05
    switches_per_s: float = 100.0
    cpu_over_wall: float = 0.15


_LIMITS = Limits()


def marks(
    sample: Sample, *, usual_cpu_over_wall: Usual | None = None, throttled: bool = False, limits: Limits = _LIMITS
) -> list[Mark]:
    """Say why a sample counts as disturbed; an empty list if it does not.

    Parameters
    ----------
    usual_cpu_over_wall
        Of the case's undisturbed samples, None while there are too few.
    throttled
        Whether the clock or a CPU quota held the CPUs up in the sample's window (`Around.throttled`).
    """
    found = []
    # A window longer than the sample does not say whether the load in it met the sample; waiting, if counted, does.
    own_window = sample.waited_s is None or sample.wall_s >= MIN_WINDOW_S
    cpus_limit = max(limits.cpus, 1.5 * _TICK_S / max(sample.wall_s, MIN_WINDOW_S))
    if own_window and sample.foreign_cpus is not None and sample.foreign_cpus > cpus_limit:
        found.append(Mark.FOREIGN_LOAD)
    if _waited(sample, limits):
        found.append(Mark.WAITED)
    if usual_cpu_over_wall and sample.wall_s > 0:
        usual = usual_cpu_over_wall
        distance = abs(sample.cpu_s / sample.wall_s - usual.median)
        if distance > limits.cpu_over_wall * usual.median + FAR_DEVIATIONS * usual.deviation:
            found.append(Mark.CPU_OVER_WALL)
    if own_window and sample.stolen_cpus is not None and sample.stolen_cpus > cpus_limit:
        found.append(Mark.STOLEN)
    if throttled:
        found.append(Mark.THROTTLED)
    return found


def _waited(sample: Sample, limits: Limits) -> bool:
    if sample.waited_s is None:
        return sample.involuntary_switches > 2 + limits.switches_per_s * sample.wall_s
    if sample.foreign_cpus is not None and sample.foreign_cpus * sample.wall_s < sample.waited_s * 0.1:
        return False
    return sample.waited_s > limits.waited_share * (sample.waited_s + sample.cpu_s)
