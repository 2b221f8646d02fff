"""A screen of drugs on cell lines: who they are, and which pairs were measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A screen.

    Attributes
    ----------
    line_features
        (lines, features): mutations as 0 or 1, and expression of genes where there is any.
    line_tissue
        (lines,): the number of the tissue that each line comes from.
    drug_target
        (drugs,): the number of what each drug acts on; zero for all if that is unknown.
    slope
        (drugs,): Hill's coefficients.
    doses
        (doses,): in micromolar.
    far_tissue
        The tissue that is kept out of training.
    lines, drugs
        (pairs,): which line each measured pair has, and which drug.
    measure
        Returns ln(IC50 in micromolar) of pairs by their numbers, and what is true of them: the same unless generated.
    """

    line_features: Floats
    line_tissue: Integers
    drug_target: Integers
    slope: Floats
    doses: Floats
    far_tissue: int
    lines: Integers
    drugs: Integers
    measure: Callable[[Integers], tuple[Floats, Floats]]
