"""Dose-response curves: Hill's equation, the area under it, and the IC50 that fits measured viabilities best.

Hill, A. V. (1910), Journal of Physiology 40, iv-vii. The fit has a prior on the logarithm of the IC50, as fits to
screens need one for drugs that do nothing within the tested doses: Vis et al. (2016), Pharmacogenomics 17, 691-700.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Steps of the fit, and the largest one, in ln(IC50).
_STEPS = 8
_LONGEST_STEP = 1.0
_CHUNK_ROWS = 1 << 16


@dataclass(frozen=True, slots=True)
class Prior:
    """A normal distribution of ln(IC50)."""

    mean: float
    deviation: float


def viability(log_doses: Floats, log_ic50: Floats, slope: Floats) -> Floats:
    """Return the share of cells that live, (curves, doses), by Hill's equation.

    Parameters
    ----------
    log_doses
        (doses,) natural logarithms of doses.
    log_ic50
        (curves,) of the doses that halve viability, in the same unit.
    slope
        (curves,) Hill's coefficients.
    """
    return np.asarray(1 / (1 + np.exp(slope[:, None] * (log_doses - log_ic50[:, None]))))


def area(log_doses: Floats, log_ic50: Floats, slope: Floats) -> Floats:
    """Return the mean viability over the doses, (curves,): the area under the curve as a share of the largest."""
    areas = np.empty(len(log_ic50))
    for start in range(0, len(areas), _CHUNK_ROWS):
        rows = slice(start, start + _CHUNK_ROWS)
        areas[rows] = viability(log_doses, log_ic50[rows], slope[rows]).mean(axis=1)
    return areas


def fit_log_ic50(measured: Floats, log_doses: Floats, slope: Floats, noise: float, prior: Prior) -> Floats:
    """Return the most probable ln(IC50) of measured curves, (curves,), by Gauss-Newton steps from their areas.

    Parameters
    ----------
    measured
        (curves, doses) viabilities with independent errors.
    slope
        (curves,) Hill's coefficients, known.
    noise
        Standard deviation of a viability's error.
    """
    low, high = log_doses.min(), log_doses.max()
    fitted = low + np.clip(measured.mean(axis=1), 0, 1) * (high - low)
    for _ in range(_STEPS):
        curve = viability(log_doses, fitted, slope)
        gradient = slope[:, None] * curve * (1 - curve)
        push = (gradient * (measured - curve)).sum(axis=1) / noise**2 + (prior.mean - fitted) / prior.deviation**2
        stiffness = (gradient**2).sum(axis=1) / noise**2 + 1 / prior.deviation**2
        fitted = fitted + np.clip(push / stiffness, -_LONGEST_STEP, _LONGEST_STEP)
    return np.asarray(fitted)
