"""What is done to expression data before they are clustered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

#: Rows that are prepared at once.
CHUNK = 4096
#: Genes of similar expression are compared with each other in so many groups.
GROUPS = 20
#: Standardised values are cut here: single outlying cells would make a component of their own.
MOST = 10.0


@dataclass(frozen=True, slots=True)
class Preparation:
    """How rows become what is clustered: learnt from the training rows, then used on any.

    Attributes
    ----------
    depth
        The library size that counts are brought to before their logarithm is taken; None for data that are logarithms.
    genes
        The columns that are kept.
    mean, scale
        Of each gene that is kept.
    """

    depth: float | None
    genes: NDArray[np.int64]
    mean: Floats
    scale: Floats

    def __call__(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the genes that are kept of (rows, genes), standardised, in X's dtype."""
        out = np.empty((len(X), len(self.genes)), X.dtype)
        for at in range(0, len(X), CHUNK):
            rows = np.asarray(X[at : at + CHUNK], dtype=np.float64)
            if self.depth is not None:
                rows = logarithm(rows, self.depth)
            out[at : at + CHUNK] = np.clip((rows[:, self.genes] - self.mean) / self.scale, -MOST, MOST)
        return out


def logarithm(counts: Floats, depth: float) -> Floats:
    """Return log(1 + x) of counts that are scaled to the same library size in each row."""
    size = np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    return np.asarray(np.log1p(counts * (depth / size)))


def prepare_counts(X: NDArray[Any], n_genes: int) -> Preparation:
    """Normalise by library size, take logarithms, and choose the genes whose dispersion is high for their mean.

    The depth is the median library size; the dispersion is variance over mean of the normalised counts, standardised
    among the genes of similar mean (Satija, Farrell, Gennert, Schier and Regev 2015).
    """
    depth = float(np.median(_library(X)))
    sums = np.zeros((4, X.shape[1]))
    for at in range(0, len(X), CHUNK):
        logs = logarithm(np.asarray(X[at : at + CHUNK], dtype=np.float64), depth)
        levels = np.expm1(logs)
        sums += [levels.sum(axis=0), (levels**2).sum(axis=0), logs.sum(axis=0), (logs**2).sum(axis=0)]
    level, level2, log, log2 = sums / len(X)
    dispersion = np.log(np.maximum(level2 - level**2, 1e-12) / np.maximum(level, 1e-12))
    genes = _most_dispersed(dispersion, level, n_genes)
    return Preparation(depth, genes, log[genes], _scale(log2[genes] - log[genes] ** 2))


def prepare_logarithms(X: NDArray[Any], n_genes: int) -> Preparation:
    """Choose the genes of the largest variance; they are centred and keep their scale."""
    values = np.asarray(X, dtype=np.float64)
    genes = np.sort(np.argsort(-values.var(axis=0), kind="stable")[:n_genes])
    return Preparation(None, genes, values[:, genes].mean(axis=0), np.ones(len(genes)))


def _library(X: NDArray[Any]) -> Floats:
    return np.concatenate([X[at : at + CHUNK].sum(axis=1, dtype=np.float64) for at in range(0, len(X), CHUNK)])


def _scale(variance: Floats) -> Floats:
    return np.asarray(np.where(variance > 1e-12, np.sqrt(np.maximum(variance, 1e-12)), 1.0))


def _most_dispersed(dispersion: Floats, level: Floats, n_genes: int) -> NDArray[np.int64]:
    """Return the genes, in order, whose dispersion stands out most among those of similar mean."""
    standing = np.empty_like(dispersion)
    for group in np.array_split(np.argsort(level, kind="stable"), GROUPS):
        values = dispersion[group]
        standing[group] = (values - np.median(values)) / np.maximum(values.std(), 1e-12)
    return np.asarray(np.sort(np.argsort(-standing, kind="stable")[:n_genes]), dtype=np.int64)
