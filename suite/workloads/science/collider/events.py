"""Collisions with four jets: signal and background, the detector, and what is recorded of them.

The signal is X -> A B with A -> j j and B -> j j, A and B of Breit-Wigner masses; the background has four massless jets
flat in phase space, from the same spectrum of total masses. So only the masses of pairs tell them apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.collider.phase_space import Floats, boost, breit_wigner, rambo, two_body

JETS = 4

#: pT, pseudorapidity and azimuth of each jet, jets by falling pT; then |sum of px|, |sum of py| and the sum of pT.
LOW_LEVEL = 3 * JETS + 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Resonance:
    """A Breit-Wigner resonance, in GeV, within bounds far outside its width."""

    peak: float
    width: float
    low: float
    high: float


HEAVY = Resonance(peak=125.0, width=4.0, low=80.0, high=170.0)
LIGHT = Resonance(peak=91.2, width=2.5, low=60.0, high=120.0)

#: Total masses are from here on, above HEAVY.high + LIGHT.high; beyond it they follow a gamma distribution (in GeV).
LEAST_TOTAL, TOTAL_SHAPE, TOTAL_SCALE = 300.0, 3.0, 110.0

#: Standard deviation of the event's rapidity along the beam.
RAPIDITY = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """How energies are measured: scaled, with the relative error sqrt(stochastic^2 / E + constant^2), E in GeV."""

    stochastic: float
    constant: float
    scale: float = 1.0


CALIBRATED = Detector(stochastic=0.8, constant=0.03)
MISCALIBRATED = Detector(stochastic=1.6, constant=0.06, scale=1.05)

#: The least measured share of a jet's energy.
LEAST_SHARE = 0.1


def total_masses(rng: np.random.Generator, n: int) -> Floats:
    """Return the total masses (n,) of signal and background alike."""
    return LEAST_TOTAL + rng.gamma(TOTAL_SHAPE, TOTAL_SCALE, n)


def signal(rng: np.random.Generator, total: Floats) -> Floats:
    """Return the jets (events, 4, 4) of resonance pairs at rest; the first two are of HEAVY, the others of LIGHT."""
    at_rest = np.concatenate([total[:, None], np.zeros((len(total), 3))], axis=1)
    masses = [breit_wigner(rng, len(total), r.peak, r.width, r.low, r.high) for r in (HEAVY, LIGHT)]
    pair = two_body(rng, at_rest, *masses)
    return np.stack([jet for parent in pair for jet in two_body(rng, parent)], axis=1)


def collisions(rng: np.random.Generator, n: int) -> tuple[Floats, NDArray[np.int64]]:
    """Return jets (n, 4, 4) as produced, boosted along the beam, and whether they are signal (n,)."""
    y = rng.integers(0, 2, n)
    total = total_masses(rng, n)
    jets = np.empty((n, JETS, 4))
    jets[y == 0] = rambo(rng, total[y == 0], JETS)
    jets[y == 1] = signal(rng, total[y == 1])
    velocity = np.zeros((n, 1, 3))
    velocity[:, 0, 2] = np.tanh(rng.normal(0.0, RAPIDITY, n))
    return boost(jets, velocity), y


def measured(rng: np.random.Generator, jets: Floats, detector: Detector) -> Floats:
    """Return the jets (n, 4, 4) as measured: each is scaled, its direction is exact."""
    energy = jets[..., 0]
    error = np.sqrt(detector.stochastic**2 / energy + detector.constant**2)
    share = detector.scale * (1.0 + error * rng.standard_normal(energy.shape))
    return np.asarray(jets * np.maximum(share, LEAST_SHARE)[..., None])


def low_level(jets: Floats) -> Floats:
    """Return what is recorded of jets (n, 4, 4), as (n, 15); see `LOW_LEVEL`."""
    pt = np.hypot(jets[..., 1], jets[..., 2])
    order = np.argsort(-pt, axis=1, kind="stable")
    jets = np.take_along_axis(jets, order[..., None], axis=1)
    pt = np.take_along_axis(pt, order, axis=1)
    eta = np.arcsinh(jets[..., 3] / pt)
    phi = np.arctan2(jets[..., 2], jets[..., 1])
    sums = np.abs(jets[..., 1:3].sum(axis=1))
    return np.concatenate([pt, eta, phi, sums, pt.sum(axis=1, keepdims=True)], axis=1)
