"""The features of pairs for linear models: products of what is known of the drug and of the cell line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.drug_response.means import drug_numbers, line_numbers

#: Directions in which drugs' profiles differ most.
N_PROFILES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """All products of (1, the drug's profiles) and (1, the line's components), made as rows are taken.

    They are those of a pairwise kernel, cut to low rank: Pahikkala et al. (2015), Briefings in Bioinformatics 16,
    325-337.

    Attributes
    ----------
    X
        (pairs, 2): numbers of line and drug.
    profiles
        (drugs, profiles).
    components
        (lines, components).
    """

    X: NDArray[Any]
    profiles: NDArray[Any]
    components: NDArray[Any]

    @property
    def shape(self) -> tuple[int, int]:
        """How many pairs and features there are."""
        return len(self), (1 + self.profiles.shape[1]) * (1 + self.components.shape[1])

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        pairs = self.X[rows]
        drugs = _with_one(self.profiles)[drug_numbers(pairs)]
        lines = _with_one(self.components)[line_numbers(pairs)]
        return np.asarray((drugs[:, :, None] * lines[:, None, :]).reshape(len(pairs), -1))


def _with_one(values: NDArray[Any]) -> NDArray[Any]:
    return np.column_stack([np.ones(len(values), values.dtype), values])
