"""The baseline that must be beaten: each drug's mean over the training lines."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Pairs' worth of weight of the mean over all drugs: for drugs of few pairs.
PRIOR_PAIRS = 5.0


def line_numbers(X: NDArray[Any]) -> NDArray[np.int64]:
    """Return the cell lines of (pairs, 2)."""
    return X[:, 0].astype(np.int64)


def drug_numbers(X: NDArray[Any]) -> NDArray[np.int64]:
    """Return the drugs of (pairs, 2)."""
    return X[:, 1].astype(np.int64)


def drug_means(drugs: NDArray[np.int64], y: NDArray[Any], n_drugs: int) -> NDArray[np.float64]:
    """Return (drugs,) means of ln(IC50), drawn to the mean of all where a drug has few pairs."""
    sums, counts = np.bincount(drugs, y, n_drugs), np.bincount(drugs, minlength=n_drugs)
    return np.asarray((sums + PRIOR_PAIRS * y.mean(dtype=np.float64)) / (counts + PRIOR_PAIRS))


def beyond_means(X: NDArray[Any], y: NDArray[Any], means: NDArray[np.float64]) -> NDArray[Any]:
    """Return what is to be learnt of pairs: ln(IC50) less the drug's mean, in y's dtype."""
    return np.asarray((y - means[drug_numbers(X)]).astype(y.dtype))
