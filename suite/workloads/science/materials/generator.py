"""Generated compounds: random compositions, and a conductivity that depends smoothly on what they are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from suite.workloads.science.materials.descriptors import STATISTICS, statistics
from suite.workloads.science.materials.elements import COLUMN, PROPERTIES, SYMBOLS, properties

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Shares of compounds of two to five elements, and of compounds without an anion.
_ELEMENTS = (0.15, 0.48, 0.27, 0.10)
_MOST = len(_ELEMENTS) + 1
_METALLIC = 0.3
_ANIONS = {
    "O": 0.45, "S": 0.11, "F": 0.10, "N": 0.07, "P": 0.07, "Se": 0.06, "Cl": 0.06, "C": 0.04, "Br": 0.02, "I": 0.02,
}  # fmt: skip
_NOBLE = ("He", "Ne", "Ar", "Kr", "Xe")
#: How often a formula has one, two or three structures; what a structure does to the logarithm of the conductivity.
_STRUCTURES = (0.75, 0.18, 0.07)
_DEVIATION = 0.8
_CHUNK_ROWS = 1 << 16


@dataclass(frozen=True, slots=True)
class Compounds:
    """Compounds: (compounds, elements) shares of atoms, (compounds,) log10 of conductivity, and numbers of formulas."""

    X: Floats
    y: Floats
    formula: Integers


def generate(n: int, seed: int, *, unseen: str, has: bool) -> Compounds:
    """Return n compounds which all have the element `unseen`, as their anion, or all lack it."""
    random = np.random.default_rng([seed, int(has)])
    parts, left = [], n
    while left > 0:
        parts.append(_chunk(random, min(left, _CHUNK_ROWS), unseen, has))
        left -= len(parts[-1].y)
    X, y, formula = (np.concatenate([getattr(part, name) for part in parts]) for name in ("X", "y", "formula"))
    return Compounds(X, y, formula)


def log_conductivity(X: Floats) -> Floats:
    """Return log10 of a conductivity: high without a gap, which opens with the difference of electronegativities.

    Levels and spread are near those of computed ones: about 4.5 for metals and 1.5 for semiconductors.
    """
    table = statistics(X, properties())

    def of(statistic: str, name: str) -> Floats:
        return np.asarray(table[:, STATISTICS.index(statistic) * len(PROPERTIES) + PROPERTIES.index(name)])

    gap = 4.0 * of("average deviation", "electronegativity") + 0.8 * np.tanh(of("mean", "p electrons") / 2)
    gap -= 0.25 * of("mean", "unfilled states") ** 0.5 + 0.3 * np.tanh(of("mean", "covalent radius") - 1.2)
    heavy = 0.4 * np.tanh((of("mean", "atomic mass") - 80) / 40)
    return np.asarray(1.5 + 3.0 / (1 + np.exp((gap - 1.2) / 0.25)) + heavy - 0.15 * of("range", "period"))


def _chunk(random: Generator, n: int, unseen: str, has: bool) -> Compounds:
    """Return at most n compounds, structures of one formula one after the other."""
    structures = 1 + random.choice(len(_STRUCTURES), n, p=_STRUCTURES)
    elements, atoms = _formulas(random, int(np.searchsorted(structures.cumsum(), n)) + 1, unseen, has)
    formula = np.repeat(_numbers(elements, atoms), structures[: len(elements)])[:n]
    X = np.zeros((len(elements), len(SYMBOLS)))
    np.put_along_axis(X, elements, atoms / atoms.sum(axis=1, keepdims=True), axis=1)
    y = np.repeat(log_conductivity(X), structures[: len(elements)])[:n]
    return Compounds(
        np.repeat(X, structures[: len(elements)], axis=0)[:n], y + _DEVIATION * random.standard_normal(len(y)), formula
    )


def _formulas(random: Generator, n: int, unseen: str, has: bool) -> tuple[Integers, Integers]:
    """Return (n, most elements) columns of elements, and how many atoms in smallest numbers; zero where none."""
    anions = {unseen: 1.0} if has else _ANIONS
    weight = np.ones(len(SYMBOLS))
    weight[[COLUMN[name] for name in (*_ANIONS, *_NOBLE, unseen)]] = 0
    with np.errstate(divide="ignore"):
        rank = np.log(weight) + random.gumbel(size=(n, len(SYMBOLS)))
    shares = np.array([*anions.values()])
    anion = np.array([COLUMN[name] for name in anions])[random.choice(len(shares), n, p=shares / shares.sum())]
    salt = random.random(n) >= (0 if has else _METALLIC)
    rank[salt, anion[salt]] = np.inf
    elements = np.argsort(-rank, axis=1, kind="stable")[:, :_MOST]
    atoms = 1 + random.choice(4, (n, _MOST), p=(0.5, 0.25, 0.15, 0.1))
    atoms[:, 0] = np.where(salt, random.integers(1, 9, n), atoms[:, 0])
    number = 2 + random.choice(len(_ELEMENTS), n, p=_ELEMENTS)
    atoms[np.arange(_MOST) >= number[:, None]] = 0
    return elements, atoms // np.gcd.reduce(atoms, axis=1, keepdims=True)


def _numbers(elements: Integers, atoms: Integers) -> Integers:
    """Return a number for each formula: its elements in order with their atoms, eleven bits each."""
    digits = np.sort(np.where(atoms > 0, elements * 16 + atoms, 0), axis=1)
    return np.asarray((digits << (11 * np.arange(_MOST))).sum(axis=1))
