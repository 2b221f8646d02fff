"""Compounds: for training, held out by formula, and with an element that no training compound has."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from suite.datasets.archives import opened
from suite.datasets.source import Request
from suite.datasets.split import finished
from suite.errors import UsageError
from suite.workloads.science.materials.elements import COLUMN, properties
from suite.workloads.science.materials.formulas import fractions
from suite.workloads.science.materials.generator import Compounds, generate
from suite.workloads.science.tabular import hold_out_groups

if TYPE_CHECKING:
    from suite.datasets.source import Made

#: The element that is kept out of training, and how many compounds with it there are, of the held-out ones.
UNSEEN = "Te"
FAR_SHARE = 0.125
#: What the table may unpack to.
_MOST_BYTES = 64 << 20


def make(request: Request) -> Iterator[tuple[str, Made]]:
    """Yield training, held-out and unlike (`X_far`, `y_far`) compounds and the (elements, properties) table.

    Features are (compounds, elements) shares of atoms; targets are log10 of the electrons' conductivity per
    relaxation time at 300 K, as the file has it.
    """
    n_far = round(request.n_test * FAR_SHARE)
    near, far = _real() if request.args["data"] == "real" else _generated(request, n_far)
    if n_far > len(far.y):
        raise UsageError(f"materials_transport has {len(far.y)} compounds of {UNSEEN}: not enough for {n_far}")
    train, test = hold_out_groups(request, near.formula, "materials_transport")
    chosen = np.sort(np.random.default_rng([request.seed, 3]).choice(len(far.y), n_far, replace=False))
    parts = (("train", near, train), ("test", near, test), ("far", far, chosen))
    yield from finished(request, ((part, of.X[rows], of.y[rows]) for part, of, rows in parts), "materials_transport")
    yield "properties", properties()


def _generated(request: Request, n_far: int) -> tuple[Compounds, Compounds]:
    n_near = round(1.01 * (request.n_train + request.n_test)) + 100
    return (
        generate(n_near, request.seed, unseen=UNSEEN, has=False),
        generate(n_far, request.seed, unseen=UNSEEN, has=True),
    )


def _real() -> tuple[Compounds, Compounds]:
    """Return the compounds of Ricci et al. (2017), Scientific Data 4, 170085, without and with the unseen element."""
    import pandas as pd

    found = find_spec("matminer")
    folders = (found and found.submodule_search_locations) or []
    inner = Path("utils", "data_files", "mp_transport", "transport_database.tar.xz")
    path = next((file for folder in folders if (file := Path(folder) / inner).is_file()), None)
    if path is None:
        raise UsageError(f"the installed version of matminer has no {inner.name}")
    with opened(path, _MOST_BYTES, "transport_database.csv") as stream:
        table = pd.read_csv(stream, usecols=["pretty_formula", "sigma_n"])
    X, formula = fractions([*table["pretty_formula"]]), pd.factorize(table["pretty_formula"])[0]
    y, has = np.log10(table["sigma_n"].to_numpy(np.float64)), X[:, COLUMN[UNSEEN]] > 0
    return Compounds(X[~has], y[~has], formula[~has]), Compounds(X[has], y[has], formula[has])
