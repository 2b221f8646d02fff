"""What a slice looks like with its past, and the alarm that slices raise for their discharge."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.disruption.discharges import CHANNELS, SLICES

#: Slices in a window: 80 ms that end with the slice itself.
WINDOW = 8
#: The last slices of a discharge, 30 ms: an alarm among them comes too late to act on.
LATE = 3
#: An alarm stands for so many slices in a row.
STANDING = 2


def window_features(X: NDArray[Any]) -> NDArray[Any]:
    """Return value, mean, slope and deviation of each channel over the window that ends with each row.

    Parameters
    ----------
    X
        (discharges * SLICES, channels), in order of time. Before its first slice a discharge is taken as at rest there.

    Returns
    -------
    (discharges * SLICES, 4 * channels) in X's dtype: no feature looks ahead, none into another discharge.
    """
    signals = np.asarray(X, dtype=np.float64).reshape(-1, SLICES, X.shape[1])
    padded = np.concatenate([np.repeat(signals[:, :1], WINDOW - 1, axis=1), signals], axis=1)
    lag = np.arange(WINDOW) - (WINDOW - 1) / 2
    mean, square, moment = np.zeros_like(signals), np.zeros_like(signals), np.zeros_like(signals)
    for at in range(WINDOW):
        part = padded[:, at : at + SLICES] - signals  # relative to the slice: squares lose no digits
        mean += part / WINDOW
        square += part**2 / WINDOW
        moment += part * lag[at]
    slope = moment / (lag @ lag)
    deviation = np.sqrt(np.maximum(square - mean**2, 0.0))
    features = np.concatenate([signals, signals + mean, slope, deviation], axis=2)
    return features.reshape(X.shape[0], -1).astype(X.dtype)


def standing(risk: NDArray[Any]) -> NDArray[np.float64]:
    """Return the lowest risk among each slice and those before it for which an alarm stands, (discharges, SLICES)."""
    by_slice = np.asarray(risk, dtype=np.float64).reshape(-1, SLICES)
    held = by_slice.copy()
    for back in range(1, STANDING):
        held[:, back:] = np.minimum(held[:, back:], by_slice[:, :-back])
    held[:, : STANDING - 1] = -np.inf  # too few slices yet
    return held


def alarms(risk: NDArray[Any]) -> NDArray[np.float64]:
    """Return the level at which each discharge would just have raised a timely alarm, from the risk of its slices."""
    level: NDArray[np.float64] = standing(risk)[:, :-LATE].max(axis=1)
    return level


def threshold(X: NDArray[Any], channel: str) -> NDArray[np.float64]:
    """Return the alarms of the classic detector, a threshold on one diagnostic such as the locked mode's amplitude."""
    return alarms(X[:, CHANNELS.index(channel)])
