"""Relativistic kinematics and phase space, in GeV with c = 1; four-momenta are (..., 4): E, px, py, pz."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def boost(p: Floats, velocity: Floats) -> Floats:
    """Return four-momenta (..., 4) as seen from a frame in which theirs moves with `velocity` (..., 3)."""
    speed2 = np.sum(velocity**2, axis=-1, keepdims=True)
    gamma = 1.0 / np.sqrt(1.0 - speed2)
    energy, momentum = p[..., :1], p[..., 1:]
    along = np.sum(velocity * momentum, axis=-1, keepdims=True)
    moved = momentum + velocity * (gamma**2 / (gamma + 1.0) * along + gamma * energy)
    return np.concatenate([gamma * (energy + along), moved], axis=-1)


def velocity_of(p: Floats) -> Floats:
    """Return the velocity (..., 3) of the rest frame of four-momenta (..., 4)."""
    return np.asarray(p[..., 1:] / p[..., :1])


def mass(p: Floats) -> Floats:
    """Return the invariant mass of four-momenta (..., 4); zero where rounding makes its square negative."""
    return np.asarray(np.sqrt(np.maximum(p[..., 0] ** 2 - np.sum(p[..., 1:] ** 2, axis=-1), 0.0)))


def isotropic(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Return unit vectors (*shape, 3), uniform on the sphere."""
    cosine = rng.uniform(-1.0, 1.0, shape)
    azimuth = rng.uniform(0.0, 2.0 * np.pi, shape)
    sine = np.sqrt(1.0 - cosine**2)
    return np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine], axis=-1)


def rambo(rng: np.random.Generator, total: Floats, bodies: int) -> Floats:
    """Return massless four-momenta (events, bodies, 4), flat in phase space, at rest together.

    All events have the same weight. Kleiss, Stirling and Ellis, Comput. Phys. Commun. 40 (1986) 359: isotropic
    momenta of independent energies E exp(-E), then the boost to their rest frame and the scaling to `total` (events,),
    the mass of all of them.
    """
    energy = rng.gamma(2.0, 1.0, (len(total), bodies))
    direction = isotropic(rng, energy.shape)
    q = np.concatenate([energy[..., None], energy[..., None] * direction], axis=-1)
    together = q.sum(axis=1, keepdims=True)
    at_rest = boost(q, -velocity_of(together))
    return at_rest * (total / mass(together)[:, 0])[:, None, None]


def two_body(rng: np.random.Generator, parent: Floats, mass_1: Any = 0.0, mass_2: Any = 0.0) -> tuple[Floats, Floats]:
    """Return the four-momenta of the two products of an isotropic decay of `parent` (events, 4)."""
    total = mass(parent)
    kallen = (total**2 - (mass_1 + mass_2) ** 2) * (total**2 - (mass_1 - mass_2) ** 2)
    momentum = (np.sqrt(np.maximum(kallen, 0.0)) / (2.0 * total))[:, None] * isotropic(rng, total.shape)
    size2 = np.sum(momentum**2, axis=-1)
    moving = velocity_of(parent)
    first = np.concatenate([np.sqrt(size2 + mass_1**2)[:, None], momentum], axis=-1)
    second = np.concatenate([np.sqrt(size2 + mass_2**2)[:, None], -momentum], axis=-1)
    return boost(first, moving), boost(second, moving)


def breit_wigner(rng: np.random.Generator, n: int, peak: float, width: float, low: float, high: float) -> Floats:
    """Return masses (n,) whose square s has the density 1 / ((s - peak^2)^2 + peak^2 width^2) from low^2 to high^2."""
    scale = peak * width
    start, end = (np.arctan((bound**2 - peak**2) / scale) for bound in (low, high))
    return np.asarray(np.sqrt(peak**2 + scale * np.tan(rng.uniform(start, end, n))))
