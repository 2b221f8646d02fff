"""What `run` tells while it measures: a line when a group has ended, and on a terminal a live view of the one at work.

Everything is drawn from the listener's callbacks, which come between samples: no thread draws while one is timed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TextIO

from rich.console import Console
from rich.console import Group as Stack
from rich.live import Live
from rich.table import Table
from rich.text import Text

from suite.analyse.rows import Ratio
from suite.measure.listener import Listener
from suite.records.schema import Group, OutcomeLine, Plan, Status
from suite.report.text import count_text, interval_text, ratio_text, visible
from suite.units import format_duration, format_share

#: Seconds between two drawings of the live view.
REDRAW_S = 0.3
#: Seconds between two lines about data that take long.
SAID_EVERY_S = 15.0

Intervals = Mapping[str, tuple[float, float, float]]


@contextmanager
def progress(file: TextIO) -> Iterator[Listener]:
    """Give a listener that draws a live view if `file` is a terminal, and prints plain lines if not."""
    if not file.isatty():
        yield Lines(lambda line, _: _print(line, file))
        return
    console = Console(file=file, highlight=False)
    with Live(
        console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
    ) as live:
        yield View(live)


def _print(line: str, file: TextIO) -> None:
    """Print a line; that nobody reads any more (`| head`) is no reason to stop measuring."""
    with suppress(BrokenPipeError):
        print(line, file=file, flush=True)


class Lines:
    """One line a group: what came out, and every failure with its reason. `say` is given a line and a style."""

    def __init__(self, say: Callable[[str, str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._intervals: Intervals = {}
        self._outcomes: list[OutcomeLine] = []
        self._rounds = 0
        self._groups = 0
        self._group_began = clock()
        self._making_began = self._making_said = clock()

    def planned(self, plan: Plan, finished: int) -> None:
        """Say how much there is to do."""
        self._groups = len(plan.groups)
        left = self._groups - finished
        done = f", {finished} measured before" if finished else ""
        about = format_duration(max(1, round(plan.expected_s * left / max(1, self._groups))))
        budget = format_duration(plan.settings.budget_s)
        self._say(f"{count_text(left, 'group')} to measure{done}; about {about}, budget {budget}", "bold")

    def preparing(self, group: Group, what: str) -> None:  # noqa: ARG002 - part of the protocol
        """Say nothing yet: it is soon over."""
        self._making_began = self._making_said = self._clock()

    def making(self, group: Group, share: float) -> None:
        """Say how far it is, every so often."""
        if self._clock() - self._making_said >= SAID_EVERY_S:
            self._making_said = self._clock()
            self._say(f"making the data of {visible(group.id)}: {self._made(share)}", "dim")

    def _made(self, share: float) -> str:
        """Return the share that is made, and about how long the rest takes."""
        left_s = (self._clock() - self._making_began) * (1 - share) / share if share > 0 else 0.0
        return f"{format_share(round(share, 2))}, about {format_duration(max(1, round(left_s)))} left"

    def group_started(self, group: Group, index: int) -> None:  # noqa: ARG002 - part of the protocol
        """Forget the group before."""
        self._intervals, self._outcomes, self._rounds = {}, [], 0
        self._group_began = self._clock()

    def round_done(self, group: Group, rounds: int, intervals: Intervals) -> None:  # noqa: ARG002
        """Remember the latest intervals."""
        self._rounds, self._intervals = rounds, intervals

    def case_ended(self, group: Group, outcome: OutcomeLine) -> None:  # noqa: ARG002
        """Remember how the case ended."""
        self._outcomes.append(outcome)

    def group_ended(self, group: Group, index: int) -> None:
        """Say in one line what came out, and in one more for every case that was not measured."""
        measured = [outcome.case for outcome in self._outcomes if outcome.status is Status.MEASURED]
        known = [
            f"{case.backend} {speedup_text(self._intervals[case.backend])}"
            for case in group.cases
            if case.id in measured and case.backend in self._intervals
        ]
        took = format_duration(self._clock() - self._group_began)
        facts = ", ".join([*known, count_text(self._rounds, "round"), took])
        self._say(f"[{index + 1}/{self._groups}] {visible(group.id)}: {facts}", "")
        for outcome in self._outcomes:
            if outcome.status is not Status.MEASURED:
                backend = outcome.case.removeprefix(f"{group.id}/")
                self._say(visible(f"      {backend} {outcome.status.value}: {outcome.reason}"), "magenta")


class View(Lines):
    """The same lines above a live view: what is measured now, the intervals as they narrow, what is left."""

    def __init__(self, live: Live, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(lambda line, style: live.console.print(Text(line, style=style)), clock)
        self._live = live
        self._drawn = -math.inf
        self._began = clock()
        self._plan: Plan | None = None
        self._now = ""
        self._left_s = 0.0

    def planned(self, plan: Plan, finished: int) -> None:
        """Keep the plan, for what is left of it."""
        super().planned(plan, finished)
        self._plan = plan
        self._left_s = sum(group.expected_s for group in plan.groups[finished:])

    def preparing(self, group: Group, what: str) -> None:
        """Show what is made ready."""
        super().preparing(group, what)
        self._now = f"{visible(group.id)}: {what}"
        self._draw(at_once=True)

    def making(self, group: Group, share: float) -> None:
        """Show how far it is."""
        self._now = f"{visible(group.id)}: data, {self._made(share)}"
        self._draw()

    def group_started(self, group: Group, index: int) -> None:
        """Show the group, and what comes after it."""
        super().group_started(group, index)
        if self._plan is not None:
            self._left_s = sum(later.expected_s for later in self._plan.groups[index:])
        self._now = f"[{index + 1}/{self._groups}] {visible(group.id)}"
        self._draw(at_once=True)

    def round_done(self, group: Group, rounds: int, intervals: Intervals) -> None:
        """Show the intervals, a few times a second at most."""
        super().round_done(group, rounds, intervals)
        self._draw()

    def group_ended(self, group: Group, index: int) -> None:
        """Say what came out, above the view."""
        super().group_ended(group, index)
        self._draw(at_once=True)

    def _draw(self, *, at_once: bool = False) -> None:
        now = self._clock()
        if at_once or now - self._drawn >= REDRAW_S:
            self._live.update(self._picture(now), refresh=True)
            self._drawn = self._clock()

    def _picture(self, now: float) -> Stack:
        left_s = max(0.0, self._left_s - (now - self._group_began))
        elapsed = f"{format_duration(round(now - self._began))} so far, about {format_duration(round(left_s))} left"
        head = Text.assemble((self._now, "bold"), f"  {count_text(self._rounds, 'round')}", (f"  {elapsed}", "dim"))
        return Stack(head, self._table())

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for backend, interval in self._intervals.items():
            table.add_row(
                Text(f"  {visible(backend)}"), speedup_text(interval), Text(_width_text(interval), style="dim")
            )
        return table


def speedup_text(interval: tuple[float, float, float]) -> str:
    """Return `2.31× (2.25 to 2.38)`, or that it is not known yet."""
    estimate, low, high = interval
    if not (math.isfinite(estimate) and estimate > 0):
        return "not known yet"
    ratio = Ratio(estimate, low, high)
    return f"{ratio_text(ratio)} ({interval_text(ratio)})"


def _width_text(interval: tuple[float, float, float]) -> str:
    """Return the half-width of an interval as a share of its estimate, what `--precision` speaks of."""
    _, low, high = interval
    known = low > 0 and math.isfinite(high)
    return f"± {(math.sqrt(high / low) - 1) * 100:.1f} %" if known else ""
