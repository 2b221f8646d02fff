"""Networks with planted communities, and what is measured of them; adjacency is symmetric, unweighted, without loops.

The degree-corrected stochastic block model (Karrer and Newman, Phys. Rev. E 83 (2011) 016107), with the mixing of
Lancichinetti and Fortunato: the share of a node's links that leave its community. At a mixing of 1 - 1/k, k communities
of equal size leave no trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

COMMUNITIES = 12
MEAN_DEGREE = 16.0

#: A node's propensity to link has the density 2.5 x^-3.5 above 1.
TAIL = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network: its adjacency matrix, and of each node its community and its propensity to link."""

    adjacency: csr_array[Any]
    truth: NDArray[np.int64]
    propensity: NDArray[np.float64]


def planted(
    rng: np.random.Generator,
    n: int,
    mixing: float,
    *,
    communities: int = COMMUNITIES,
    degree: float = MEAN_DEGREE,
) -> Network:
    """Return a network of n nodes with n * degree / 2 links, less those that are loops or there twice.

    A link starts at a node drawn by propensity. It leaves the node's community with the probability `mixing`, and ends
    at a node drawn by propensity: of all other communities if so, else of its own.
    """
    truth = rng.integers(0, communities, n)
    propensity = rng.pareto(TAIL, n) + 1.0
    order = np.argsort(truth, kind="stable")
    ends = np.concatenate([[0.0], np.cumsum(propensity[order])])
    bounds = ends[np.searchsorted(truth[order], np.arange(communities + 1))]
    total = ends[-1]

    def nodes_at(place: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the nodes whose stretch of [0, total) a place lies in: stretches are as long as the propensity."""
        return order[np.minimum(np.searchsorted(ends, place, side="right") - 1, n - 1)]

    links = round(n * degree / 2.0)
    start = nodes_at(rng.random(links) * total)
    low, high = bounds[truth[start]], bounds[truth[start] + 1]
    leaves = rng.random(links) < mixing
    share = rng.random(links)
    inside = low + share * (high - low)
    outside = (high + share * (total - (high - low))) % total
    return Network(adjacency=adjacency_of(start, nodes_at(np.where(leaves, outside, inside)), n), truth=truth,
                   propensity=propensity)  # fmt: skip


def adjacency_of(start: NDArray[np.int64], end: NDArray[np.int64], n: int) -> csr_array[Any]:
    """Return the adjacency matrix of n nodes with these links, less those that are loops or there twice."""
    proper = start != end
    rows, columns = start[proper].astype(np.int32), end[proper].astype(np.int32)
    both = (np.concatenate([rows, columns]), np.concatenate([columns, rows]))
    matrix = csr_array(coo_array((np.ones(len(both[0]), dtype=np.float32), both), shape=(n, n)))
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix


def matrix_of(indptr: NDArray[Any], indices: NDArray[Any]) -> csr_array[Any]:
    """Return the adjacency matrix from the columns of its entries, in float64."""
    n = len(indptr) - 1
    return csr_array((np.ones(len(indices)), np.asarray(indices), np.asarray(indptr)), shape=(n, n))


def degree_profile(adjacency: csr_array[Any]) -> NDArray[np.float64]:
    """Return of each node log(1 + x) of its degree, and of the least, greatest, mean and deviation of its neighbours'.

    The local degree profile of Cai and Wang (arXiv:1811.03508): (n, 5). A node without neighbours has zeros.
    """
    degree = np.diff(adjacency.indptr).astype(np.float64)
    linked = degree > 0
    neighbours = degree[adjacency.indices]
    starts = adjacency.indptr[:-1][linked]
    out = np.zeros((len(degree), 5))
    out[:, 0] = degree
    out[linked, 1] = np.minimum.reduceat(neighbours, starts)
    out[linked, 2] = np.maximum.reduceat(neighbours, starts)
    mean = np.add.reduceat(neighbours, starts) / degree[linked]
    square = np.add.reduceat(neighbours**2, starts) / degree[linked]
    out[linked, 3] = mean
    out[linked, 4] = np.sqrt(np.maximum(square - mean**2, 0.0))
    return np.log1p(out)


def modularity(adjacency: csr_array[Any], labels: NDArray[np.int64]) -> float:
    """Return how much larger the share of links within groups is than by chance at these degrees (Newman, 2004)."""
    degree = np.diff(adjacency.indptr).astype(np.float64)
    own = np.repeat(labels, np.diff(adjacency.indptr))
    within = float(np.mean(own == labels[adjacency.indices]))
    return within - float(np.sum((np.bincount(labels, weights=degree) / degree.sum()) ** 2))
