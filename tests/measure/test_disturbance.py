from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import numpy as np
import psutil
import pytest

from suite.measure import disturbance
from suite.measure.disturbance import MIN_WINDOW_S, Around, Limits, Surroundings, Usage, Usual, Watch, marks
from suite.records.schema import Mark, Sample

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

STAT = b"""\
cpu  1000 200 300 9000 50 60 70 80 900 0
cpu0 600 100 200 4000 25 30 35 40 500 0
cpu1 400 100 100 5000 25 30 35 40 400 0
cpu10 1 1 1 1 1 1 1 1 1 0
intr 12345 0 0
ctxt 99
"""

WORK = """
import json, os, sys, time
from dataclasses import asdict
from suite.measure.disturbance import Usage
os.sched_setaffinity(0, {int(sys.argv[1])})
before = Usage.now(reset_peak=True)
end = time.perf_counter() + 0.5
while time.perf_counter() < end:
    pass
print(json.dumps(asdict(Usage.now().since(before))))
"""

QUIET = Sample(
    case="case",
    seed=0,
    copy_in_s=0.0,
    fit_s=0.1,
    predict_s=0.0,
    copy_out_s=0.0,
    wall_s=0.1,
    cpu_s=0.19,
    waited_s=0.001,
    involuntary_switches=3,
    foreign_cpus=0.02,
    stolen_cpus=0.0,
    pressure=0.0,
)


@contextmanager
def hog(cpu: int) -> Iterator[psutil.Process]:
    """A neighbour that keeps one CPU busy."""
    code = f"import os\nos.sched_setaffinity(0, {{{cpu}}})\nprint('on', flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"on\n"
        try:
            yield psutil.Process(process.pid)
        finally:
            process.kill()


def burn(seconds: float) -> None:
    """Use so much CPU time in this thread."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_cpu_time_of_all_threads_is_counted() -> None:
    before = Usage.now()
    thread = threading.Thread(target=burn, args=(0.05,))
    thread.start()
    burn(0.05)
    thread.join()
    used = Usage.now().since(before)
    assert 0.1 <= used.cpu_s < 1.0
    assert used.wall_s >= 0.05
    assert used.waited_s is None or used.waited_s >= 0


@linux
def test_the_peak_of_memory_begins_anew() -> None:
    start_bytes = psutil.Process().memory_info().rss
    Usage.now(reset_peak=True)
    array = np.ones(25_000_000)
    high = Usage.now().peak_host_bytes
    assert high >= start_bytes + array.nbytes - 10 * 2**20
    del array
    before = Usage.now(reset_peak=True)
    assert Usage.now().since(before).peak_host_bytes < high - 100 * 2**20


def test_the_peak_of_a_life_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disturbance, "_read", lambda path: None)
    monkeypatch.setattr(disturbance, "_LINUX", False)
    assert disturbance._peak_bytes(12_345_678) == 12_345_678
    monkeypatch.setattr(disturbance, "_LINUX", True)
    assert disturbance._peak_bytes(1000) == 1_024_000


def test_where_the_kernel_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disturbance, "_read", lambda path: None)
    before = Usage.now()
    used = Usage.now().since(before)
    assert used.waited_s is None
    assert used.peak_host_bytes > 0
    begin = Surroundings.now()
    time.sleep(MIN_WINDOW_S)
    around = Surroundings.now().since(begin, own_cpu_s=0.0)
    assert around == Around(around.window_s)


def test_columns_of_proc_stat() -> None:
    tick = 1 / os.sysconf("SC_CLK_TCK")
    everything = disturbance._busy_and_stolen(STAT, None)
    assert everything == (pytest.approx(1630 * tick), pytest.approx(80 * tick))
    assert disturbance._busy_and_stolen(STAT, frozenset({1})) == (pytest.approx(665 * tick), pytest.approx(40 * tick))
    assert disturbance._busy_and_stolen(STAT, frozenset({0, 1}))[0] == pytest.approx(1630 * tick)
    assert disturbance._busy_and_stolen(None, None) == (None, None)


def test_the_pressure_file() -> None:
    text = b"some avg10=12.50 avg60=1.00 avg300=0.1 total=5\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
    assert disturbance._pressure(text) == 0.125
    assert disturbance._pressure(b"") is None
    assert disturbance._pressure(None) is None


@linux
def test_nothing_is_said_of_a_short_window() -> None:
    begin = Surroundings.now()
    around = Surroundings.now().since(begin, own_cpu_s=0.0)
    assert around.window_s < MIN_WINDOW_S
    assert around.foreign_cpus is None
    assert around.stolen_cpus is None


@linux
def test_short_samples_share_a_window() -> None:
    watch = Watch()
    assert not watch.ready
    windows = []
    for _ in range(20):
        time.sleep(0.03)
        if watch.ready:
            windows.append(watch.close().window_s)
    assert len(windows) >= 10
    assert all(window >= MIN_WINDOW_S for window in windows)
    assert min(windows) < 2 * MIN_WINDOW_S
    watch.open()
    assert not watch.ready


@linux
def test_our_own_cpu_time_is_not_foreign() -> None:
    cpus = os.sched_getaffinity(0)
    watch = Watch(cpus)
    start = time.process_time()
    burn(0.3)
    own_s = time.process_time() - start
    around = watch.close()
    assert around.foreign_cpus is not None
    assert around.foreign_cpus < len(cpus) - own_s / around.window_s + 0.15
    with hog(min(cpus)) as process:
        watch.open()
        before_s = process.cpu_times().user
        time.sleep(0.5)
        used_s = process.cpu_times().user - before_s
        watch.used(used_s)
        around = watch.close()
    assert around.foreign_cpus is not None
    assert around.foreign_cpus < len(cpus) - used_s / around.window_s + 0.15


@linux
def test_a_hog_beside_a_worker_is_found() -> None:
    cpu = max(os.sched_getaffinity(0))
    with hog(cpu):
        watch = Watch({cpu})
        worker = subprocess.run([sys.executable, "-c", WORK, str(cpu)], capture_output=True, text=True, check=True)
        used: dict[str, Any] = json.loads(worker.stdout)
        watch.used(used["cpu_s"])
        around = watch.close()
    sample = msgspec.structs.replace(
        QUIET,
        wall_s=used["wall_s"],
        cpu_s=used["cpu_s"],
        waited_s=used["waited_s"],
        involuntary_switches=used["involuntary_switches"],
        foreign_cpus=around.foreign_cpus,
        stolen_cpus=around.stolen_cpus,
    )
    assert sample.foreign_cpus is not None
    assert sample.waited_s is not None
    assert sample.foreign_cpus > 0.25
    assert sample.waited_s > 0.2 * sample.wall_s
    assert sample.cpu_s < 0.8 * sample.wall_s
    assert sample.involuntary_switches > 5
    found = marks(sample, usual_cpu_over_wall=Usual(1.0, 0.0))
    assert {Mark.FOREIGN_LOAD, Mark.WAITED, Mark.CPU_OVER_WALL} <= set(found)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"foreign_cpus": None, "stolen_cpus": None, "waited_s": None}, []),
        ({"foreign_cpus": 0.14}, []),
        ({"foreign_cpus": 0.16}, [Mark.FOREIGN_LOAD]),
        ({"foreign_cpus": 0.06, "wall_s": 1.0, "cpu_s": 1.9}, [Mark.FOREIGN_LOAD]),
        ({"foreign_cpus": 0.9, "wall_s": 0.05, "cpu_s": 0.095}, []),
        ({"foreign_cpus": 0.9, "wall_s": 0.05, "cpu_s": 0.095, "waited_s": None}, [Mark.FOREIGN_LOAD]),
        ({"foreign_cpus": -0.3}, []),
        ({"stolen_cpus": 0.2}, [Mark.STOLEN]),
        ({"waited_s": 0.02, "foreign_cpus": 0.1}, [Mark.WAITED]),
        ({"waited_s": 0.02, "foreign_cpus": None}, [Mark.WAITED]),
        ({"waited_s": 0.02, "foreign_cpus": 0.0}, []),
        ({"waited_s": None, "involuntary_switches": 13}, [Mark.WAITED]),
        ({"waited_s": None, "involuntary_switches": 12}, []),
        ({"cpu_s": 0.16}, [Mark.CPU_OVER_WALL]),
        ({"cpu_s": 0.22}, [Mark.CPU_OVER_WALL]),
        ({"cpu_s": 0.17}, []),
        ({"wall_s": 0.0, "cpu_s": 0.0, "waited_s": 0.0}, []),
    ],
)
def test_marks(changes: dict[str, Any], found: list[Mark]) -> None:
    assert marks(msgspec.structs.replace(QUIET, **changes), usual_cpu_over_wall=Usual(1.9, 0.0)) == found


def test_what_scatters_by_itself_is_not_unusual() -> None:
    scattered = msgspec.structs.replace(QUIET, cpu_s=0.15)
    assert marks(scattered, usual_cpu_over_wall=Usual(1.9, 0.0)) == [Mark.CPU_OVER_WALL]
    assert marks(scattered, usual_cpu_over_wall=Usual(1.9, 0.05)) == []


def test_marks_without_history_and_with_throttling() -> None:
    slow = msgspec.structs.replace(QUIET, cpu_s=0.05)
    assert marks(slow) == []
    assert marks(slow, throttled=True) == [Mark.THROTTLED]
    assert marks(QUIET, usual_cpu_over_wall=Usual(1.85, 0.0), limits=Limits(cpu_over_wall=0.01)) == [Mark.CPU_OVER_WALL]
