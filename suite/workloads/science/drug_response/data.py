"""Pairs of cell lines and drugs: lines for training, held-out lines, and lines of a tissue never seen in training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from suite.datasets.source import Request
from suite.errors import UsageError
from suite.workloads.science.drug_response.gdsc import read
from suite.workloads.science.drug_response.generator import generate
from suite.workloads.science.drug_response.screen import Integers, Screen
from suite.workloads.science.tabular import hold_out_groups

if TYPE_CHECKING:
    from suite.datasets.source import Made

#: So many pairs of the tissue that is kept out, of the number of held-out pairs.
FAR_SHARE = 0.25


def make(request: Request) -> Iterator[tuple[str, Made]]:
    """Yield pairs as (pairs, 2) numbers of line and drug, ln(IC50 in micromolar) of each, and who they are.

    The lines' features are (lines, features), in the asked dtype like the pairs; numbers below 2^24 are exact in both.
    `true_test` is what is true of the held-out pairs: what was measured unless the data are generated.
    """
    args = request.args
    real = args["data"] == "real"
    screen = read() if real else generate(args["n_lines"], args["n_drugs"], request.seed)
    true = np.empty(0)
    for number, (part, pairs) in enumerate(_split(request, screen).items()):
        if not len(pairs):
            continue
        ids = np.column_stack([screen.lines[pairs], screen.drugs[pairs]])
        yield f"X_{part}", _cast(request, ids)
        measured, truth = screen.measure(pairs)
        yield f"y_{part}", measured.astype(request.dtype)
        true = truth if part == "test" else true
        request.progress((number + 1) / 3)
    yield "true_test", true
    yield "line_features", _cast(request, screen.line_features)
    yield "line_tissue", screen.line_tissue
    yield "drug_target", screen.drug_target
    yield "slope", screen.slope
    yield "doses", screen.doses


def _cast(request: Request, values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(request.dtype, order="F" if request.order == "F" else "C")


def _split(request: Request, screen: Screen) -> dict[str, Integers]:
    """Return the numbers of the pairs of each part."""
    strange = screen.line_tissue[screen.lines] == screen.far_tissue
    near, far = np.flatnonzero(~strange), np.flatnonzero(strange)
    n_far = round(request.n_test * FAR_SHARE)
    if n_far > len(far):
        raise UsageError(
            f"drug_response has {len(far)} pairs of the tissue that is kept out: too few for {request.n_test} held out"
        )
    train, test = hold_out_groups(request, screen.lines[near], "drug_response")
    random = np.random.default_rng([request.seed, 3])
    return {"train": near[train], "test": near[test], "far": np.sort(random.choice(far, n_far, replace=False))}
