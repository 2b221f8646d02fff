"""How well membranes are found, by pixel and by the cells that they enclose."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

#: Grey values among which the best threshold is sought.
THRESHOLDS = np.linspace(0.3, 0.8, 51)


def f1(truth: NDArray[Any], found: NDArray[Any]) -> float:
    """Return the harmonic mean of precision and recall of membrane pixels; zero if none is found right."""
    right = int(np.count_nonzero((truth == 1) & (found == 1)))
    return 2.0 * right / max(1, int(np.count_nonzero(truth == 1)) + int(np.count_nonzero(found == 1)))


def best_threshold(grey: NDArray[np.float64], truth: NDArray[Any]) -> float:
    """Return the grey value below which pixels are best taken for membrane, by their F1."""
    return float(max(THRESHOLDS, key=lambda level: f1(truth, grey < level)))


def cells(membrane: NDArray[Any]) -> NDArray[np.int64]:
    """Return the cell of each pixel of an image, 1 and on: connected pixels that are no membrane; 0 on membranes."""
    return np.asarray(ndimage.label(membrane == 0)[0], dtype=np.int64)


def rand_f(truth: NDArray[Any], found: NDArray[Any]) -> float:
    """Return the foreground-restricted Rand score of the cells in an image (1 is best).

    1 less the adapted Rand error of the ISBI challenge: Arganda-Carreras et al., Front. Neuroanat. 9 (2015) 142. Pixels
    on true membranes do not count. A hole in a membrane merges two cells: it costs little F1, and much of this.
    """
    inside = truth > 0
    pairs = np.stack([truth[inside], found[inside]])
    counts = np.unique(pairs, axis=1, return_counts=True)[1].astype(np.float64)
    sizes = [np.bincount(labels).astype(np.float64) for labels in pairs]
    return float(2.0 * np.sum(counts**2) / sum(np.sum(size**2) for size in sizes))
