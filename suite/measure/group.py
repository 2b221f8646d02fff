"""One group, side by side: cold passes, then interleaved rounds until the stopping rule, the budget or a fault."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from suite.analyse.speedups import Speedups, widest
from suite.measure.contender import Contender
from suite.measure.listener import Listener
from suite.measure.marking import Marker, Retakes
from suite.measure.processes import WorkerError, worker_cpus
from suite.quality import compares
from suite.records.schema import ColdLine, Group, Line, Plan, RoundLine, Sample, StopReason
from suite.stats.paired import Interval
from suite.stats.stopping import Decision, StoppingRule

#: Undisturbed rounds that are taken even where the budget is spent.
MIN_ROUNDS = 5
#: Rounds of every process before their scatter is known.
MIN_ROUNDS_A_PROCESS = 2
#: Share of a group's budget after which no further process is begun: cold passes must leave time for rounds.
OPENING_SHARE = 0.5
#: A group that cannot get MIN_ROUNDS undisturbed rounds among this many is judged on all of them.
PATIENCE_ROUNDS = 4 * MIN_ROUNDS
#: Seeds over which the quality of a stochastic workload is compared.
QUALITY_SEEDS = 8
#: A group may overdraw its share of the budget by this many times the share for the sake of MIN_ROUNDS.
OVERDRAFT = 2.0
#: The interval is looked at after every round up to the first number, then after every so many.
LOOK_ALWAYS, LOOK_EVERY = 16, 4

STOPS = {
    Decision.GO_ON: None,
    Decision.PRECISE: StopReason.PRECISION,
    Decision.PLATEAU: StopReason.PLATEAU,
}


class Store(Protocol):
    """Where lines are kept."""

    def append(self, line: Line) -> None:
        """Keep one line."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a resumed run already knows of the group: its rounds, and the first process number that is free."""

    rounds: list[RoundLine]
    process: int = 0


class GroupRun:
    """Measures the contenders of one group; every line is stored the moment it is known."""

    def __init__(
        self,
        group: Group,
        plan: Plan,
        contenders: list[Contender],
        store: Store,
        listener: Listener,
        now: Callable[[], float],
        earlier: Earlier,
    ) -> None:
        self.group = group
        self.settings = plan.settings
        self.reference = plan.reference
        self.contenders = contenders
        self.store = store
        self.listener = listener
        self.now = now
        self.first_process = earlier.process
        self.processes = 0
        self.quality_rounds = QUALITY_SEEDS if group.workload.stochastic else 0
        self.rule = StoppingRule(precision=plan.settings.precision, min_rounds=MIN_ROUNDS)
        self.speedups = Speedups(group.cases, plan.reference)
        self.cpus = worker_cpus(plan.settings.threads)
        self.marker = Marker(self.cpus or None)
        self.retakes = Retakes()
        self.rounds = 0
        self.undisturbed = 0
        self.lost_s = 0.0
        self._half_widths: list[float] = []
        self._intervals: dict[str, Interval] = {}
        self._random = random.Random(f"{plan.settings.seed}/{group.id}")  # noqa: S311 - an order, not a secret
        self._turns: list[int] = []
        self._ended: set[str] = set()
        for line in earlier.rounds:
            self._look(line)

    def run(self, share_s: float) -> None:
        """Measure for about `share_s` seconds; leaves no worker behind, whatever happens.

        `lost_s` is then the time that cases took to fail, and workflows to look closer at what they found: it is not
        charged to the group.
        """
        start = time.monotonic()
        reason = StopReason.INTERRUPTED
        try:
            while self.processes < self.settings.processes:
                if self.processes and self._spent_s(start) > OPENING_SHARE * share_s:
                    break
                self._open()
            self.marker.begin()
            taken = 0
            while (reached := self._stop(taken, self._spent_s(start), share_s)) is None:
                self._round(taken)
                taken += 1
            reason = reached
        finally:
            for contender in self.contenders:
                contender.release()  # they take their memory down side by side
            for contender in self.contenders:
                contender.close()
                self._end(contender, reason)

    def _spent_s(self, start: float) -> float:
        """Return the seconds since `start` that are charged to the group's budget."""
        return time.monotonic() - self.lost_s - start

    def _open(self) -> None:
        """Start one more worker of every backend, side by side, and take its cold pass."""
        for contender in self._active():
            contender.begin_worker()
        for contender in self._active():
            self._attempt(contender, Contender.begin_open)
        for contender in self._active():
            self._attempt(contender, Contender.end_open)
        for contender in self._leader_first(self._active()):
            self._attempt(contender, self._cold)
        self.processes += 1

    def _cold(self, contender: Contender) -> None:
        """Take and store the first pass of the newest worker."""
        sample = contender.take(self.processes, self._seed(0), cold=True)
        self.lost_s += contender.examined_s
        contender.examined_s = 0.0
        process = self.first_process + self.processes
        self.store.append(ColdLine(group=self.group.id, process=process, sample=sample))

    def _round(self, number: int) -> None:
        """Take one sample of every active backend in random order and store them as one line.

        The processes take turns, so that what passes with time hits all of them and is not taken for theirs. Cases on
        one thread begin on the same CPU, drawn anew for every round: each would otherwise stay on a CPU of its own, and
        one that is slower for a while (its sibling is at work for others) would be taken for a slower engine.
        What a fallback costs is known after a few rounds: it then sits out.
        """
        order = [contender for contender in self._active() if not contender.fell_back or self.rounds < MIN_ROUNDS]
        self._random.shuffle(order)
        if self.rounds < self.quality_rounds and compares(self.group.workload):
            order = self._leader_first(order)
        cpu = self._random.choice(self.cpus) if len(self.cpus) > 1 else None
        index = self._turn(number)
        samples: list[Sample] = []
        for contender in order:
            self._attempt(contender, partial(self._sample, samples, index, cpu))
        if samples:
            process = self.first_process + index
            line = RoundLine(group=self.group.id, process=process, round=number, at_s=self.now(), samples=samples)
            self.store.append(line)
            self._look(line)

    def _turn(self, number: int) -> int:
        """Say which process takes this round: all in turn, each time in another order."""
        turn = number % self.processes
        if turn == 0:
            self._turns = self._random.sample(range(self.processes), self.processes)
        return self._turns[turn]

    def _sample(self, samples: list[Sample], index: int, cpu: int | None, contender: Contender) -> None:
        """Add one sample, with marks for what disturbed it, and others while that is so and may help."""
        again = True
        while again:
            sample = contender.take(index, self._seed(self.rounds), cpu=cpu)
            samples.append(self.marker.mark(sample, contender.cpu_since_last_s))
            again = self.retakes.again(samples)

    def _look(self, line: RoundLine) -> None:
        """Take in a round and, every so often, look at the intervals (which hold at every look)."""
        self.rounds += 1
        self.undisturbed += not any(sample.marks for sample in line.chosen().values())
        self.speedups.add(line)
        if self.rounds > LOOK_ALWAYS and self.rounds % LOOK_EVERY:
            self._half_widths.append(self._half_widths[-1])
            return
        self._intervals = self.speedups.intervals(1 - self.settings.confidence)
        self._half_widths.append(widest(self._compared()))
        ratios = {spec: interval.ratio for spec, interval in self._intervals.items()}
        self.listener.round_done(self.group, self.rounds, ratios)

    def _stop(self, taken: int, spent_s: float, share_s: float) -> StopReason | None:
        """Say why to stop after `taken` rounds and `spent_s` of `share_s` seconds, or None to go on."""
        if not self._active():
            return StopReason.FAULT
        late_s = spent_s - share_s
        enough = taken >= MIN_ROUNDS and self.rounds >= self.quality_rounds
        if late_s > 0 and (enough or (taken > 0 and late_s > OVERDRAFT * share_s)):
            return StopReason.BUDGET
        if taken < max(MIN_ROUNDS, MIN_ROUNDS_A_PROCESS * self.processes) or self.rounds < self.quality_rounds:
            return None
        if self.undisturbed < MIN_ROUNDS and taken < PATIENCE_ROUNDS:
            return None
        if not self._compared():
            return StopReason.ALONE
        return STOPS[self.rule.decide(self._half_widths)]

    def _compared(self) -> dict[str, Interval]:
        """Keep the intervals of the backends that still take part beside an active reference."""
        active = {contender.case.backend for contender in self._active() if not contender.fell_back}
        return {spec: it for spec, it in self._intervals.items() if spec in active and self.reference in active}

    def _seed(self, number: int) -> int:
        """Return a round's seed: the same for all backends, and one of a few for a stochastic workload."""
        return self.settings.seed + (number % QUALITY_SEEDS if self.group.workload.stochastic else 0)

    def _leader_first(self, contenders: list[Contender]) -> list[Contender]:
        """Put the reference first, whose result others may be held against."""
        return sorted(contenders, key=lambda contender: not contender.leads)

    def _active(self) -> list[Contender]:
        return [contender for contender in self.contenders if contender.active]

    def _attempt(self, contender: Contender, step: Callable[[Contender], None]) -> None:
        """Do a step of one contender; if it fails, that case has ended and the others go on."""
        start = time.monotonic()
        try:
            step(contender)
        except WorkerError as error:
            contender.fail(error)
            self._end(contender, StopReason.FAULT)
            self.lost_s += time.monotonic() - start
            self.marker.begin()

    def _end(self, contender: Contender, reason: StopReason) -> None:
        """Store a case's outcome, once."""
        if contender.case.id not in self._ended:
            self._ended.add(contender.case.id)
            outcome = contender.outcome(reason)
            self.store.append(outcome)
            self.listener.case_ended(self.group, outcome)
