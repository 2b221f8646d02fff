"""The molecules: training, held out among the lighter nine tenths, and the heaviest tenth."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from suite.datasets import source_of
from suite.datasets.source import Request
from suite.datasets.split import finished
from suite.errors import UsageError
from suite.workloads.science.melting_point.molecules import Table, generate
from suite.workloads.science.tabular import hold_out_groups

if TYPE_CHECKING:
    from suite.datasets.source import Made

#: The share of the molecules, the heaviest, that is kept out of training; of so many of the held-out rows.
HEAVY_SHARE = 0.1
FAR_SHARE = 0.5
#: Average molar mass among RDKit's descriptors.
_MASS = 1


def make(request: Request) -> Iterator[tuple[str, Made]]:
    """Yield training, held-out and heavy (`X_far`, `y_far`) molecules, and the masses in g/mol of the latter two.

    Molecules with the same descriptors, which are isomers, are on one side.
    """
    n_far = round(request.n_test * FAR_SHARE)
    table = _real() if request.args["data"] == "real" else _generated(request, n_far)
    order = np.argsort(table.mass, kind="stable")
    edge = len(order) - round(len(order) * HEAVY_SHARE)
    light, heavy = np.sort(order[:edge]), np.sort(order[edge:])
    heavy = heavy[~_among(table.X, heavy, light)]
    if n_far > len(heavy):
        raise UsageError(f"melting_point has {len(heavy)} heavy molecules: not enough for {request.n_test} held out")
    isomers = np.unique(table.X[light], axis=0, return_inverse=True)[1].ravel()
    train, test = hold_out_groups(request, isomers, "melting_point")
    far = np.sort(np.random.default_rng([request.seed, 3]).choice(heavy, n_far, replace=False))
    parts = {"train": light[train], "test": light[test], "far": far}
    yield from finished(
        request, ((part, table.X[rows], table.y[rows]) for part, rows in parts.items()), "melting_point"
    )
    yield "mass_test", table.mass[parts["test"]]
    yield "mass_far", table.mass[far]


def _among(X: NDArray[Any], rows: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each of these rows is also one of the others: isomers on both sides of the edge."""
    same = np.unique(X[np.concatenate([others, rows])], axis=0, return_inverse=True)[1].ravel()
    return np.isin(same[len(others) :], same[: len(others)])


def _generated(request: Request, n_far: int) -> Table:
    wanted = max((request.n_train + request.n_test) / (1 - HEAVY_SHARE), n_far / HEAVY_SHARE)
    return generate(ceil(1.02 * wanted) + 100, request.seed)


def _real() -> Table:
    """Return all molecules of the source `melting_points`, in its order."""
    whole = Request(
        n_train=0,
        n_test=0,
        n_features=0,
        args={"test_share": 0.0, "standardize": False},
        dtype="float64",
        order="C",
        seed=0,
    )
    arrays: dict[str, Any] = dict(source_of("melting_points").make(whole))
    X = arrays["X_train"]
    return Table(X, arrays["y_train"], X[:, _MASS])
