"""The flow of this topic: which turbulence is simulated, how it is observed, and when."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from suite.workloads.science.weather.turbulence import BetaPlane, Field, Spectrum

#: β, μ and ν, in the units of `turbulence`: statistically steady, chaotic, resolved by 32² points.
BETA, DRAG, VISCOSITY = 0.3, 0.05, 0.012
#: Forcing: its total wavenumber, and its root mean square.
FORCED, STRENGTH = 3, 1 / np.sqrt(2)
#: Time between two snapshots, and how many of these it takes to forget the start.
INTERVAL, SPIN_UP = 0.2, 150
#: Time steps in an interval on 32² points: a Courant number of 2 at the fastest winds; more on finer grids.
STEPS = 3
#: The window of assimilation, and the forecast after it, in intervals.
WINDOW, LEAD = 8, 10
LONGEST_LEAD = 20
#: Standard deviation of an observation's error, in that of the stream function (`deviation` in the data).
NOISE = 0.1
#: The background's error, as a share of a random departure from the climate.
BACKGROUND = 0.5
#: Of the forcing in the climate that was not learnt.
FAR = 1.3


def forcing(n: int) -> Field:
    """Return the steady forcing on n × n points: all waves of total wavenumber three, their phases by golden sections.

    Different phases break the symmetries of the square, so the flow has a mean, as weather has.
    """
    x = 2 * np.pi / n * np.arange(n)
    waves = [
        (kx, ky)
        for kx in range(FORCED + 1)
        for ky in range(-FORCED, FORCED + 1)
        if abs(np.hypot(kx, ky) - FORCED) < 0.5 and (kx > 0 or ky > 0)
    ]
    golden = (np.sqrt(5) - 1) / 2
    total = np.zeros((n, n))
    for i, (kx, ky) in enumerate(waves):
        total += np.cos(kx * x[None, :] + ky * x[:, None] + 2 * np.pi * (i * golden % 1))
    return np.asarray(STRENGTH * np.sqrt(2 / len(waves)) * total)


def plane(n: int, strength: float = 1.0) -> BetaPlane:
    """Return the flow on n × n points, its forcing multiplied by `strength`."""
    return BetaPlane(n, INTERVAL / steps(n), BETA, DRAG, VISCOSITY, strength * forcing(n))


def steps(n: int) -> int:
    """Return the time steps in an interval on n × n points."""
    return int(np.ceil(STEPS * n / 32))


def advance(flow: BetaPlane, w: Spectrum, intervals: int = 1) -> Spectrum:
    """Return the state some intervals later."""
    for _ in range(intervals * steps(flow.n)):
        w = flow.step(w)
    return w


def start(flow: BetaPlane, rngs: Sequence[np.random.Generator]) -> Spectrum:
    """Return a state on the attractor for each generator: random vorticity, advanced until it was forgotten."""
    return advance(flow, flow.spectrum(np.stack([rng.standard_normal((flow.n, flow.n)) for rng in rngs])), SPIN_UP)
