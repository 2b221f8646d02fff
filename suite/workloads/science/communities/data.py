"""The network whose communities are looked for, and one that is mixed more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from suite.datasets.source import Request
from suite.workloads.science.communities.network import Network, degree_profile, planted

if TYPE_CHECKING:
    from suite.datasets.source import Made

#: By how much the other network is mixed more, and its nodes at most.
MORE_MIXING = 0.1
MOST_FAR = 20_000

#: Of the local degree profile.
FEATURES = 5


def make(request: Request) -> Iterator[tuple[str, Made]]:
    """Yield the network, and a smaller or equal one that is mixed more (names in _far).

    `X_train` is the local degree profile of each node, `truth` its community; the neighbours of node i are
    `indices[indptr[i]:indptr[i + 1]]`.
    """
    if request.n_features != FEATURES or request.n_test:
        raise ValueError(f"a network has {FEATURES} features and no held-out rows")
    mixing = request.args["mixing"]
    network = planted(np.random.default_rng([request.seed, 0]), request.n_train, mixing)
    request.progress(0.5)
    order: Any = request.order
    yield "X_train", np.asarray(degree_profile(network.adjacency), request.dtype, order=order)
    yield from _arrays(network, "")
    n_far = min(request.n_train, MOST_FAR)
    yield from _arrays(planted(np.random.default_rng([request.seed, 1]), n_far, mixing + MORE_MIXING), "_far")


def _arrays(network: Network, suffix: str) -> Iterator[tuple[str, Made]]:
    yield f"truth{suffix}", network.truth
    yield f"indptr{suffix}", network.adjacency.indptr
    yield f"indices{suffix}", network.adjacency.indices
