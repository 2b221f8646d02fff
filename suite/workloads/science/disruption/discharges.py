"""Discharges of a tokamak: their wave forms, the island in each, what the diagnostics see of it, and how each ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from suite.workloads.science.disruption.island import Floats, Island, advance

#: Time slices that are kept of a discharge, and their distance in s.
SLICES = 50
SLICE_S = 0.01
#: Slices that are simulated, and steps within each; islands are seeded from slice `SLICES` on.
SIMULATED = 150
STEPS = 10
#: Discharges that are simulated at once.
BATCH = 256
#: The smallest island, and the frequency in 1/s under which a mode counts as locked.
FLOOR = 0.004
LOCKED = 2.0 * np.pi * 50.0

CHANNELS = ("n1_rms", "n1_locked", "rotation_khz", "q95", "beta_n", "greenwald", "radiated", "li")


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """Ranges from which the discharges of a machine are drawn.

    Attributes
    ----------
    beta_n
        Normalised beta, in % m T / MA.
    rotation_khz
        Frequency of a mode that is carried with the plasma.
    greenwald
        Line-averaged density as a share of the Greenwald limit, at the start.
    """

    beta_n: tuple[float, float]
    rotation_khz: tuple[float, float]
    greenwald: tuple[float, float]


HOME = Regime(beta_n=(1.3, 2.8), rotation_khz=(1.0, 5.0), greenwald=(0.3, 0.75))
#: Another machine: more pressure, less torque.
FAR = Regime(beta_n=(2.0, 3.4), rotation_khz=(0.5, 2.0), greenwald=(0.3, 0.75))


@dataclass(frozen=True, slots=True)
class Discharges:
    """What is kept: (discharges, SLICES, channels), and whether each ends in a disruption right after its last slice.

    `width` and `omega` are the island's, (discharges, SLICES): the truth behind the diagnostics.
    """

    signals: Floats
    disrupts: NDArray[np.bool_]
    width: Floats
    omega: Floats


@dataclass(frozen=True, slots=True)
class _Waves:
    """Wave forms of (discharges, SIMULATED) without an island."""

    q95: Floats
    beta_n: Floats
    greenwald: Floats
    radiated: Floats
    li: Floats
    natural: Floats
    seeds: Floats


def simulate(
    number: int, regime: Regime, seed: tuple[int, int], progress: Callable[[float], None] | None = None
) -> Discharges:
    """Simulate discharges, in batches whose random numbers depend on the seed and the batch alone."""
    parts = []
    for batch, start in enumerate(range(0, number, BATCH)):
        parts.append(_batch(regime, np.random.default_rng([*seed, batch]), min(BATCH, number - start)))
        if progress:
            progress(min(1.0, (start + BATCH) / number))
    return Discharges(
        np.concatenate([part.signals for part in parts]),
        np.concatenate([part.disrupts for part in parts]),
        np.concatenate([part.width for part in parts]),
        np.concatenate([part.omega for part in parts]),
    )


def _batch(regime: Regime, rng: np.random.Generator, number: int) -> Discharges:
    waves = _waves(regime, rng)
    island = _island(rng)
    width, omega = _evolve(island, waves)
    signals = _diagnose(island, waves, width, omega, rng)
    overlap = rng.normal(0.06, 0.006, (BATCH, 1)) * waves.q95  # w at which islands overlap: sooner at low q95
    quenched = (width > overlap) & (omega < LOCKED)
    disrupts = np.asarray(quenched.any(axis=1), dtype=np.bool_)
    ends = np.where(disrupts, quenched.argmax(axis=1), rng.integers(SLICES, SIMULATED, BATCH))
    kept = ends[:, None] - SLICES + np.arange(SLICES)

    def cut(values: Floats) -> Floats:
        return np.take_along_axis(values, kept, axis=1)[:number]

    rows = np.take_along_axis(signals, kept[:, :, None], axis=1)[:number]
    return Discharges(rows, disrupts[:number], cut(width), cut(omega))


def _waves(regime: Regime, rng: np.random.Generator) -> _Waves:
    """Draw the wave forms: a start, a ramp and slow fluctuations each; radiation rises towards the density limit."""
    ramp = np.clip(np.linspace(-1.0, 1.0, SIMULATED), 0.0, None)  # starts when the record may

    def draw(low: float, high: float) -> Floats:
        return rng.uniform(low, high, (BATCH, 1))

    q95 = draw(2.8, 5.2) - draw(0.0, 0.4) * ramp + 0.03 * _slow(rng)
    beta_n = draw(*regime.beta_n) * (1.0 + draw(-0.15, 0.25) * ramp + 0.04 * _slow(rng))
    greenwald = draw(*regime.greenwald) * (1.0 + draw(-0.2, 0.6) * ramp + 0.02 * _slow(rng))
    radiated = draw(0.2, 0.45) + 0.5 * greenwald**3 + 0.03 * _slow(rng)
    li = draw(0.75, 1.05) + 0.4 * np.clip(radiated - 0.5, 0.0, None) + 0.02 * _slow(rng)
    natural = 2e3 * np.pi * draw(*regime.rotation_khz) * (1.0 - draw(0.0, 0.4) * ramp) * (1.0 + 0.05 * _slow(rng))
    crash = rng.random((BATCH, SIMULATED)) < SLICE_S / draw(0.05, 0.3)  # sawteeth
    crash[:, :SLICES] = False
    seeds = np.where(crash, rng.lognormal(np.log(0.015), 0.5, (BATCH, SIMULATED)), 0.0)
    return _Waves(q95, beta_n, greenwald, radiated, li, natural, seeds)


def _slow(rng: np.random.Generator, correlation_s: float = 0.1) -> Floats:
    """Return fluctuations of unit variance, an Ornstein-Uhlenbeck process of (BATCH, SIMULATED)."""
    kept = np.exp(-SLICE_S / correlation_s)
    start = rng.standard_normal((BATCH, 1))
    kicks = np.sqrt(1.0 - kept**2) * rng.standard_normal((BATCH, SIMULATED))
    return np.asarray(lfilter([1.0], [1.0, -kept], kicks, axis=1, zi=kept * start)[0], dtype=np.float64)


def _island(rng: np.random.Generator) -> Island:
    """Draw what does not change within a discharge; arrays of (BATCH,)."""

    def draw(low: float, high: float) -> Floats:
        return rng.uniform(low, high, BATCH)

    tau_w, tau_v = np.full(BATCH, 0.004), draw(0.06, 0.15)
    reference, lock = 2e3 * np.pi * 2.0, draw(0.09, 0.16)  # a mode of 2 kHz locks at this width
    return Island(
        tau_r=draw(0.8, 1.6),
        tau_w=tau_w,
        tau_v=tau_v,
        delta_prime=draw(-3.6, -2.4),
        delta_wall=np.full(BATCH, 4.0 * 0.7**4),  # 2 m (r_s / b)^2m for m = 2
        bootstrap=draw(0.55, 0.95),
        loss=np.full(BATCH, 0.6),
        w_d=draw(0.045, 0.075),
        natural=reference,
        wall_drag=reference**2 * tau_w / (4.0 * tau_v * lock**4),
        error_drag=draw(0.2, 2.0) * reference / tau_v,
    )


def _evolve(island: Island, waves: _Waves) -> tuple[Floats, Floats]:
    """Return the island's width and frequency at every slice, (BATCH, SIMULATED) each."""
    width, omega = np.empty_like(waves.q95), np.empty_like(waves.q95)
    w, turn = np.full(BATCH, FLOOR), waves.natural[:, 0].copy()
    for at in range(SIMULATED):
        w = np.maximum(w, waves.seeds[:, at])
        width[:, at], omega[:, at] = w, turn
        poloidal = 0.125 * waves.beta_n[:, at] * waves.q95[:, at]
        cooled = np.clip(waves.radiated[:, at] - 0.6, 0.0, None)  # the edge contracts: Δ' grows
        now = island.at(
            bootstrap=island.bootstrap * poloidal,
            delta_prime=island.delta_prime + 8.0 * cooled,
            natural=waves.natural[:, at],
        )
        for _ in range(STEPS):
            w, turn = advance(now, w, turn, SLICE_S / STEPS)
            w = np.clip(w, FLOOR, 1.0)
    return width, omega


def _diagnose(island: Island, waves: _Waves, width: Floats, omega: Floats, rng: np.random.Generator) -> Floats:
    """Return what is measured, (BATCH, SIMULATED, channels), in the units that are usual; fields in mT."""

    def noise(scale: float | Floats) -> Floats:
        return np.asarray(scale * rng.standard_normal(width.shape), dtype=np.float64)

    field = 100.0 * width**2
    shielded = field / np.sqrt(1.0 + (omega * island.tau_w[:, None]) ** 2)
    pickup = 0.15 * rng.standard_normal((BATCH, 1)) + 0.15 * _slow(rng, 0.3)  # of the coils, not quite compensated
    seen = 1.0 / (1.0 + (0.1 / field) ** 2)
    kilohertz = (seen * omega + (1.0 - seen) * waves.natural) / (2e3 * np.pi)
    beta_n = waves.beta_n * (1.0 - island.loss[:, None] * width)
    measured = (
        np.abs(field + noise(0.2)),
        np.abs(shielded + pickup + noise(0.1)),
        kilohertz + noise(0.15 + 0.5 * (1.0 - seen)),
        waves.q95 + noise(0.03),
        beta_n + noise(0.05),
        waves.greenwald + noise(0.02),
        waves.radiated + 0.3 * width + noise(0.03),
        waves.li + noise(0.02),
    )
    return np.stack(measured, axis=-1)
