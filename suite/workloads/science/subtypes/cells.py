"""Counts of transcripts in single cells: a mixture of negative-binomial distributions, one component a subtype.

The number of transcripts of gene g in a cell of subtype k and batch b is, as is usual for unique molecular identifiers
(Zappia, Phipson and Oshlack 2017; Svensson 2020)::

    x ~ NB(mean = L p_kg exp(d_bg), shape = r_g), then lost with probability K / (K + mean)

L is the cell's library size and is log-normal, p_k the subtype's expression profile, d_b the batch's effect on each
gene, and r the inverse dispersion. The loss is that of Andrews and Hemberg (2019), Michaelis-Menten in the mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Labels: TypeAlias = NDArray[np.int64]

#: Transcripts in a typical cell for each gene that is measured, and the deviation of the logarithm of that.
DEPTH = 1.5
SPREAD = 0.45
#: How many genes mark a subtype, and the deviation of the logarithm of their change.
MARKERS = 80
CHANGE = 0.8
#: Cells that are drawn at once.
CHUNK = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Laboratory:
    """How cells are measured: the deviation of log batch effects, and the mean at which half of the counts are lost."""

    batches: int
    batch_effect: float
    half_lost: float


HOME = Laboratory(batches=2, batch_effect=0.1, half_lost=0.1)
#: Another one, with a stronger effect on the genes and less capture.
FAR = Laboratory(batches=1, batch_effect=0.5, half_lost=0.5)


@dataclass(frozen=True, slots=True)
class Population:
    """The subtypes: expression `profiles` of (subtypes, genes), each of sum 1, their shares, and r of each gene."""

    profiles: Floats
    shares: Floats
    shape: Floats


def population(subtypes: int, genes: int, seed: int) -> Population:
    """Draw the subtypes: log-normal expression, marker genes of each, the later subtypes rarer."""
    rng = np.random.default_rng([seed, 0])
    level = rng.normal(0.0, 1.2, genes)
    marked = rng.random((subtypes, genes)) < MARKERS / genes
    profiles = np.exp(level + np.where(marked, rng.normal(0.0, CHANGE, (subtypes, genes)), 0.0))
    shares = 1.0 / np.sqrt(1.0 + np.arange(subtypes))
    return Population(
        profiles / profiles.sum(axis=1, keepdims=True), shares / shares.sum(), rng.lognormal(np.log(3.0), 0.4, genes)
    )


def batch_effects(laboratory: Laboratory, genes: int, seed: tuple[int, int]) -> Floats:
    """Return the factor of each gene in each batch, (batches, genes)."""
    effects = np.random.default_rng([*seed, 1]).normal(0.0, laboratory.batch_effect, (laboratory.batches, genes))
    return np.asarray(np.exp(effects), dtype=np.float64)


def draw(
    cells: Population, laboratory: Laboratory, effects: Floats, number: int, rng: np.random.Generator
) -> tuple[Floats, Labels, Labels]:
    """Return counts of (number, genes), and each cell's subtype and batch."""
    genes = cells.profiles.shape[1]
    kind = rng.choice(len(cells.shares), number, p=cells.shares)
    batch = rng.integers(0, laboratory.batches, number)
    size = DEPTH * genes * rng.lognormal(0.0, SPREAD, (number, 1))
    mean = size * cells.profiles[kind] * effects[batch]
    counts = rng.poisson(mean * rng.standard_gamma(cells.shape, (number, genes)) / cells.shape)
    kept = rng.random((number, genes)) * (laboratory.half_lost + mean) >= laboratory.half_lost
    return (counts * kept).astype(np.float64), kind.astype(np.int64), batch.astype(np.int64)
