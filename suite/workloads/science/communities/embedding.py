"""Nodes as points: the leading eigenvectors of the normalised adjacency matrix, and where k-means starts from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import eigsh

#: Relative error of the eigenvalues.
TOLERANCE = 1e-6


def leading(
    adjacency: csr_array[Any], k: int, *, regularisation: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the k largest eigenvalues of D^-1/2 A D^-1/2, rising, and their eigenvectors (n, k).

    To the degrees in D, the mean degree times `regularisation` is added, so that nodes of few links do not have
    eigenvectors of their own (Qin and Rohe, NeurIPS 2013).
    """
    degree = np.asarray(adjacency.sum(axis=1), dtype=np.float64)
    scale = diags_array(1.0 / np.sqrt(np.maximum(degree + regularisation * degree.mean(), 1e-12)))
    start = np.random.default_rng(0).standard_normal(len(degree))
    values, vectors = eigsh(csr_array(scale @ adjacency @ scale), k=k, which="LA", v0=start, tol=TOLERANCE)
    rising = np.argsort(values)
    return values[rising], vectors[:, rising]


def directions(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a node's components in the eigenvectors (n, k), scaled to length 1.

    The length tells of the node's degree, the direction of its community (Ng, Jordan and Weiss, NeurIPS 2001).
    """
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12))


def pivots(vectors: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the k nodes, of eigenvectors (n, k), whose directions differ most: the centres to start k-means from.

    Pivots of a QR factorisation: Damle, Minden and Ying, Information and Inference 8 (2019) 181. They are as good as
    the best of ten random starts here, and do not depend on the precision.
    """
    order = qr(vectors.T, mode="r", pivoting=True)[1]
    return np.asarray(order[: vectors.shape[1]], dtype=np.int64)
