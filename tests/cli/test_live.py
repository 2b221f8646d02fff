"""What `run` tells while it measures, from the callbacks alone."""

import io
import threading
from contextlib import nullcontext

import pytest
from rich.console import Console
from rich.live import Live

from suite.cli.live import REDRAW_S, Lines, View, progress, speedup_text
from suite.records.schema import Case, Group, OutcomeLine, Plan, Settings, Status
from suite.workloads.entry import DataSpec, Direction, Quality, Size, Task, Workload


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


def make_group(name):
    workload = Workload(
        name=name,
        algorithm="KMeans",
        task=Task.CLUSTERING,
        about="",
        data={Size.S: DataSpec(source="blobs")},
        quality=Quality(metric="inertia", direction=Direction.LOWER, tolerance=0.01, origin="test"),
    )
    group_id = f"{name}/S/float64/C"
    cases = [Case(id=f"{group_id}/{spec}", backend=spec) for spec in ("sklearn", "onedal", "cuml")]
    return Group(id=group_id, workload=workload, size=Size.S, dtype="float64", order="C", cases=cases, expected_s=30.0)


GROUPS = [make_group("kmeans"), make_group("dbscan")]
SETTINGS = Settings(threads=2, budget_s=120, precision=0.03, processes=1, seed=0, timeout_s=60, memory_bytes=2**30)
PLAN = Plan(reference="sklearn", settings=SETTINGS, groups=GROUPS, expected_s=60.0)
INTERVAL = (2.31, 2.25, 2.38)


def measure(listener, clock, rounds=3, round_s=1.0):
    """Call the listener as measuring the first group would."""
    group = GROUPS[0]
    listener.planned(PLAN, 0)
    listener.preparing(group, "data")
    listener.group_started(group, 0)
    for number in range(rounds):
        clock.now_s += round_s
        listener.round_done(group, number + 1, {"onedal": INTERVAL, "cuml": (float("nan"), 0.0, float("inf"))})
    for case in group.cases:
        broken = case.backend == "cuml"
        status, reason = (Status.FAILED, "no \x1b[1mkernel") if broken else (Status.MEASURED, "")
        listener.case_ended(group, OutcomeLine(group=group.id, case=case.id, status=status, reason=reason))
    listener.group_ended(group, 0)


def test_without_a_terminal_a_group_is_one_line_and_a_failure_one_more():
    clock, said = Clock(), []
    measure(Lines(lambda line, style: said.append(line), clock), clock)
    assert said == [
        "2 groups to measure; about 1m, budget 2m",
        "[1/2] kmeans/S/float64/C: onedal 2.31× (2.25 to 2.38), 3 rounds, 3s",
        "      cuml failed: no ⟨U+001B⟩[1mkernel",
    ]


def test_a_resumed_run_tells_what_is_left():
    said = []
    Lines(lambda line, style: said.append(line), Clock()).planned(PLAN, 1)
    assert said == ["1 group to measure, 1 measured before; about 30s, budget 2m"]


def test_a_second_group_does_not_inherit_from_the_first():
    clock, said = Clock(), []
    lines = Lines(lambda line, style: said.append(line), clock)
    measure(lines, clock)
    lines.group_started(GROUPS[1], 1)
    lines.group_ended(GROUPS[1], 1)
    assert said[-1] == "[2/2] dbscan/S/float64/C: 0 rounds, 0s"


class CountingLive(Live):
    """Counts its drawings."""

    drawn = 0

    def refresh(self):
        self.drawn += 1
        super().refresh()


@pytest.fixture
def live():
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=80, color_system=None)
    with CountingLive(console=console, auto_refresh=False, transient=True) as it:
        yield it


def test_the_live_view_shows_what_is_measured_how_sure_it_is_and_what_is_left(live):
    clock = Clock()
    measure(View(live, clock), clock)
    shown = live.console.file.getvalue()
    assert "kmeans/S/float64/C: data" in shown
    assert "[1/2] kmeans/S/float64/C  3 rounds  3s so far, about 57s left" in shown
    assert "onedal  2.31× (2.25 to 2.38)  ± 2.8 %" in shown
    assert "cuml    not known yet" in shown
    assert "[1/2] kmeans/S/float64/C: onedal 2.31× (2.25 to 2.38), 3 rounds, 3s" in shown
    assert "no ⟨U+001B⟩[1mkernel" in shown


def test_the_live_view_draws_a_few_times_a_second_at_most_and_with_no_thread(live):
    clock = Clock()
    view = View(live, clock)
    threads = threading.active_count()
    view.planned(PLAN, 0)
    view.group_started(GROUPS[0], 0)
    before = live.drawn
    for number in range(1000):
        clock.now_s += 0.001
        view.round_done(GROUPS[0], number, {"onedal": INTERVAL})
    assert live.drawn - before <= 1 / REDRAW_S
    assert threading.active_count() == threads


def test_a_file_gets_plain_lines():
    file = io.StringIO()
    with progress(file) as listener:
        assert type(listener) is Lines
        listener.planned(PLAN, 0)
    assert file.getvalue() == "2 groups to measure; about 1m, budget 2m\n"


def test_a_terminal_gets_the_live_view():
    file = io.StringIO()
    file.isatty = lambda: True
    with progress(file) as listener, nullcontext():
        assert type(listener) is View


@pytest.mark.parametrize("interval", [(float("nan"), 0, 1), (float("inf"), 0, float("inf")), (0.0, 0.0, 1.0)])
def test_an_estimate_that_is_none_is_not_shown(interval):
    assert speedup_text(interval) == "not known yet"
