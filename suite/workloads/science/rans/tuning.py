"""The tuning of the turbulence model that a surrogate is compared with: all settings that were tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

from suite.workloads.science.rans import cases
from suite.workloads.science.rans.solver import CAREFUL, Relaxation, spalart_allmaras, steady
from suite.workloads.science.rans.timing import STRICT, STRICT_ITERATIONS, Timing, arrival, timed

#: Relaxations of velocity and of turbulence, and steps of the turbulence model before each of the velocity.
SETTINGS: tuple[Relaxation, ...] = tuple(
    Relaxation(velocity=velocity, turbulence=turbulence, steps=steps)
    for velocity, turbulence, steps in product((0.5, 0.7, 0.85, 1.0), (0.7, 0.9, 1.0), (1, 2, 3))
)


@dataclass(frozen=True)
class Tried:
    """A setting, and when it came near to the truth for good and to a strictly steady state: None if it did not."""

    relaxation: Relaxation
    near: Timing | None
    strict: Timing | None


def tuning(height: float, level: int, settings: Sequence[Relaxation] = SETTINGS) -> Iterator[Tried]:
    """Yield what each setting takes over a step of this height."""
    flow = cases.channel(height, level)
    truth = flow.grid.centred(steady(spalart_allmaras(flow, CAREFUL), STRICT, 400).velocity)
    for relaxation in settings:
        passed = timed(flow, partial(spalart_allmaras, flow, relaxation), STRICT_ITERATIONS)
        last, seconds = passed[-1]
        strict = (len(passed), seconds) if last.stands_still(STRICT) else None
        yield Tried(relaxation, arrival(flow, [passed], truth), strict)
