"""Statistics of the elements' properties over a composition.

Ward, L., Agrawal, A., Choudhary, A., and Wolverton, C. (2016): A general-purpose machine learning framework for
predicting properties of inorganic materials, npj Computational Materials 2, 16028 ("Magpie").
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: What is computed of each property, in the order of the features.
STATISTICS = ("mean", "average deviation", "minimum", "maximum", "range", "mode")

_CHUNK_ROWS = 1 << 16


def statistics(X: NDArray[Any], properties: NDArray[np.float64]) -> NDArray[Any]:
    """Return (compounds, statistics x properties), statistic by statistic, in the dtype of X.

    Parameters
    ----------
    X
        (compounds, elements): shares of the atoms, summing to one in each row.
    properties
        (elements, properties).

    Notes
    -----
    Mean and average deviation are weighted by the shares; the mode is the property of the most abundant element, of
    equally abundant ones the one of lowest atomic number.
    """
    found = np.empty((len(X), len(STATISTICS) * properties.shape[1]), X.dtype)
    for start in range(0, len(X), _CHUNK_ROWS):
        found[start : start + _CHUNK_ROWS] = _of_chunk(X[start : start + _CHUNK_ROWS], properties)
    return found


def _of_chunk(X: NDArray[Any], properties: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute on the elements that are there: a few of all."""
    rows, elements = np.nonzero(X)
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    share, values = X[rows, elements].astype(np.float64)[:, None], properties[elements]
    mean = np.add.reduceat(share * values, starts)
    deviation = np.add.reduceat(share * np.abs(values - mean[rows]), starts)
    least, most = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    return np.hstack([mean, deviation, least, most, most - least, properties[X.argmax(axis=1)]])
