"""Random molecules as counts of Joback's groups, and melting points that are not quite the sum of their groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from suite.workloads.science.melting_point.groups import (
    ACCEPTORS,
    BASE_K,
    COLUMN,
    DONORS,
    GROUP_MASSES,
    HEAVY_ATOMS,
    NAMES,
    joback,
)

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Above about so many kelvin of contributions a sum of groups overestimates.
SATURATION_K = 700.0
#: What a bond between a donated hydrogen and an acceptor adds, and a chain of an even number of CH2, in kelvin.
HYDROGEN_BOND_K = 18.0
EVEN_CHAIN_K = 10.0
#: Relative deviation of a measured melting point: polymorphs, impurities, other laboratories.
DEVIATION = 0.09

#: Ends of chains and substituents of rings, with how common they are.
_ENDS = {
    "CH3": 0.36, "OH": 0.12, "Cl": 0.10, "NH2": 0.08, "COOH": 0.08, "F": 0.05, "NO2": 0.05, "Br": 0.05, "CN": 0.03,
    "CHO": 0.03, "SH": 0.02, "I": 0.02, "=CH2": 0.02, "#CH": 0.01,
}  # fmt: skip
#: What stands between two parts of a molecule.
_LINKS = {"O": 0.3, "CO": 0.2, "COO": 0.2, "NH": 0.17, "S": 0.13}
#: What a double or triple bond at an end hangs on.
_PARTNERS = {"=CH2": "=CH", "#CH": "#C"}
#: What may replace a CH2 of a saturated ring, or a CH of an aromatic one.
_IN_SATURATED = {"ring O": 0.4, "ring NH": 0.3, "ring CO": 0.2, "ring S": 0.1}


@dataclass(frozen=True, slots=True)
class Table:
    """Molecules: (molecules, features) descriptors, (molecules,) melting points in kelvin and molar masses in g/mol."""

    X: Floats
    y: Floats
    mass: Floats


#: Descriptors beyond the groups' counts: molar mass, heavy atoms, rings.
N_FEATURES = len(NAMES) + 3


def generate(n: int, seed: int) -> Table:
    """Return n molecules with measured melting points."""
    random = np.random.default_rng([seed, 0])
    counts, rings = _draw(random, n)
    points = melting_points(counts) * np.exp(DEVIATION * random.standard_normal(n))
    mass = counts @ GROUP_MASSES
    return Table(np.column_stack([counts, mass, counts @ HEAVY_ATOMS, rings]).astype(np.float64), points, mass)


def melting_points(counts: Counts) -> Floats:
    """Return true melting points in kelvin: Joback's sum, levelling off, with what pairs of groups add to it."""
    total = joback(counts) - BASE_K
    levelled = total / (1 + np.maximum(total, 0) / SATURATION_K)
    bonds = np.sqrt(np.minimum(counts @ DONORS, counts @ ACCEPTORS))
    chain = counts[:, COLUMN["CH2"]]
    even = (chain > 1) & (chain % 2 == 0)
    return np.asarray(BASE_K + levelled + HYDROGEN_BOND_K * bonds + EVEN_CHAIN_K * even)


def _draw(random: Generator, n: int) -> tuple[Counts, Counts]:
    """Return (n, groups) counts of molecules whose bonds are all taken, and their numbers of rings.

    Parts joined as a tree have as many ends as the branches demand: 2 + the sum of (bonds - 2) over all other parts.
    """
    counts = np.zeros((n, len(NAMES)), dtype=np.int64)
    aromatic = random.choice(4, n, p=(0.35, 0.42, 0.18, 0.05))
    saturated = random.choice(3, n, p=(0.72, 0.23, 0.05))
    bonds = np.zeros(n, dtype=np.int64)
    for number in range(1, 4):
        bonds += _add_aromatic(random, counts, aromatic >= number)
        if number < 3:
            bonds += _add_saturated(random, counts, saturated >= number)
    bonds += _add_chain(random, counts)
    missing = np.maximum(-2 - bonds, 0)
    counts[:, COLUMN["CH"]] += missing
    _share_out(random, counts, 2 + bonds + missing, _ENDS)
    for end, partner in _PARTNERS.items():
        counts[:, COLUMN[partner]] += counts[:, COLUMN[end]]
    phenols = random.binomial(counts[:, COLUMN["OH"]], np.where(aromatic > 0, 0.7, 0.0))
    counts[:, COLUMN["OH"]] -= phenols
    counts[:, COLUMN["phenol OH"]] += phenols
    return counts, aromatic + saturated


def _add_aromatic(random: Generator, counts: Counts, there: NDArray[np.bool_]) -> Counts:
    """Add a six-ring where `there`; returns the bonds it has beyond two."""
    bound = np.where(there, 1 + random.binomial(3, 0.4, len(counts)), 0)
    nitrogen = np.where(there, random.binomial(2, 0.12, len(counts)), 0)
    counts[:, COLUMN["ring =C<"]] += bound
    counts[:, COLUMN["ring =N"]] += nitrogen
    counts[:, COLUMN["ring =CH"]] += np.where(there, 6 - bound - nitrogen, 0)
    return np.where(there, bound - 2, 0)


def _add_saturated(random: Generator, counts: Counts, there: NDArray[np.bool_]) -> Counts:
    """Add a ring of five or six where `there`; returns the bonds it has beyond two."""
    bound = np.where(there, 1 + random.binomial(2, 0.35, len(counts)), 0)
    twice = np.where(there, random.binomial(1, 0.2, len(counts)), 0)
    other = np.where(there, random.binomial(2, 0.3, len(counts)), 0)
    size = 5 + random.integers(0, 2, len(counts))
    counts[:, COLUMN["ring CH"]] += bound - twice
    counts[:, COLUMN["ring C"]] += twice
    counts[:, COLUMN["ring CH2"]] += np.where(there, size - bound - other, 0)
    _share_out(random, counts, other, _IN_SATURATED)
    return np.where(there, bound + twice - 2, 0)


def _add_chain(random: Generator, counts: Counts) -> Counts:
    """Add CH2, branches, double bonds and links; returns the bonds beyond two."""
    n = len(counts)
    counts[:, COLUMN["CH2"]] += random.geometric(0.3, n) - 1
    branches, crossings, amines = (random.binomial(3, 0.15, n), random.binomial(2, 0.08, n), random.binomial(1, 0.1, n))
    double, forked = random.binomial(2, 0.08, n), random.binomial(1, 0.06, n)
    counts[:, COLUMN["CH"]] += branches
    counts[:, COLUMN["C"]] += crossings
    counts[:, COLUMN["N"]] += amines
    counts[:, COLUMN["=CH"]] += 2 * double + forked
    counts[:, COLUMN["=C<"]] += forked
    _share_out(random, counts, random.binomial(3, 0.25, n), _LINKS)
    return np.asarray(branches + amines + forked + 2 * crossings)


def _share_out(random: Generator, counts: Counts, how_many: Counts, among: dict[str, float]) -> None:
    """Add so many groups to each molecule, drawn at random among some."""
    shares = np.array([*among.values()])
    counts[:, [COLUMN[name] for name in among]] += random.multinomial(how_many, shares / shares.sum())
