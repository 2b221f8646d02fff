"""Noise as machines make it: log-ratios of pairs whose true median is zero."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from suite.stats.types import Floats

Noise = Callable[[Generator, int], Floats]


def normal(rng: Generator, n: int) -> Floats:
    return rng.normal(0, 0.1, n)


def student(rng: Generator, n: int) -> Floats:
    """Two degrees of freedom: the variance is infinite."""
    return 0.07 * rng.standard_t(2, n)


def hog(rng: Generator, n: int) -> Floats:
    """A neighbour hits four samples in ten, hard."""
    first, second = (rng.normal(0, 0.01, n) + (rng.random(n) < 0.4) * rng.uniform(0.1, 0.6, n) for _ in range(2))
    return first - second


def two_modes(rng: Generator, n: int) -> Floats:
    """Exactly one sample of every pair is hit, always equally hard: the worst case for a test of normal values."""
    return rng.choice([-0.3, 0.3], n) + rng.normal(0, 0.01, n)


def drifting(rng: Generator, n: int) -> Floats:
    """Noise that grows fifteenfold while measuring."""
    return rng.normal(0, 1, n) * np.linspace(0.02, 0.3, n)


def autocorrelated(rng: Generator, n: int, rho: float) -> Floats:
    """A first-order autoregressive series of unit innovations times 0.1."""
    series = rng.normal(0, 0.1, n)
    for i in range(1, n):
        series[i] += rho * series[i - 1]
    return series


def machine(rho: float) -> Noise:
    """The machine's state carries over from sample to sample; the order within a pair is random, as in the suite."""

    def noise(rng: Generator, n: int) -> Floats:
        samples = autocorrelated(rng, 2 * n, rho).reshape(n, 2)
        return (samples[:, 0] - samples[:, 1]) * rng.choice([-1.0, 1.0], n)

    return noise


def ratios(rho: float) -> Noise:
    """The log-ratios themselves carry over: what random order is there to prevent."""
    return lambda rng, n: autocorrelated(rng, n, rho)


NOISES: dict[str, Noise] = {
    "normal": normal,
    "Student t(2)": student,
    "hog": hog,
    "two modes": two_modes,
    "drifting": drifting,
    "machine AR(0.3)": machine(0.3),
    "machine AR(0.6)": machine(0.6),
    "ratios AR(0.3)": ratios(0.3),
    "ratios AR(0.6)": ratios(0.6),
}


def looks(most: int) -> list[int]:
    """After every pair at first, then ever more seldom: 2, 3, ... 40, then by 8 %."""
    numbers = list(range(2, min(40, most) + 1))
    while numbers[-1] < most:
        numbers.append(min(most, int(numbers[-1] * 1.08) + 1))
    return numbers
