"""Joback's groups: what a molecule is made of, and what each group adds to its melting point.

Joback, K. G., and Reid, R. C. (1987): Estimation of pure-component properties from group-contributions, Chemical
Engineering Communications 57, 233-243. The contributions to the melting point are in kelvin. The group -N= outside
rings is left out: it has none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Melting point in kelvin before any group is counted.
BASE_K = 122.5

#: Standard atomic masses in g/mol (IUPAC, abridged).
MASSES = {
    "H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "S": 32.06, "Cl": 35.45, "Br": 79.904, "I": 126.90,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """A group: its atoms, its contribution in kelvin, the hydrogens it donates and the atoms that accept one."""

    atoms: str
    kelvin: float
    donates: int = 0
    accepts: int = 0


GROUPS = {
    "CH3": Group("C H H H", -5.10),
    "CH2": Group("C H H", 11.27),
    "CH": Group("C H", 12.64),
    "C": Group("C", 46.43),
    "=CH2": Group("C H H", -4.32),
    "=CH": Group("C H", 8.73),
    "=C<": Group("C", 11.14),
    "=C=": Group("C", 17.78),
    "#CH": Group("C H", -11.18),
    "#C": Group("C", 64.32),
    "ring CH2": Group("C H H", 7.75),
    "ring CH": Group("C H", 19.88),
    "ring C": Group("C", 60.15),
    "ring =CH": Group("C H", 8.13),
    "ring =C<": Group("C", 37.02),
    "F": Group("F", -15.78),
    "Cl": Group("Cl", 13.55),
    "Br": Group("Br", 43.43),
    "I": Group("I", 41.69),
    "OH": Group("O H", 44.45, 1, 1),
    "phenol OH": Group("O H", 82.83, 1, 1),
    "O": Group("O", 22.23, 0, 1),
    "ring O": Group("O", 23.05, 0, 1),
    "CO": Group("C O", 61.20, 0, 1),
    "ring CO": Group("C O", 75.97, 0, 1),
    "CHO": Group("C H O", 36.90, 0, 1),
    "COOH": Group("C O O H", 155.50, 1, 2),
    "COO": Group("C O O", 53.60, 0, 2),
    "=O": Group("O", 2.08, 0, 1),
    "NH2": Group("N H H", 66.89, 2, 1),
    "NH": Group("N H", 52.66, 1, 1),
    "ring NH": Group("N H", 101.51, 1, 1),
    "N": Group("N", 48.84, 0, 1),
    "ring =N": Group("N", 68.40, 0, 1),
    "=NH": Group("N H", 68.91, 1, 1),
    "CN": Group("C N", 59.89, 0, 1),
    "NO2": Group("N O O", 127.24, 0, 2),
    "SH": Group("S H", 20.09, 1, 0),
    "S": Group("S", 34.40),
    "ring S": Group("S", 79.93),
}
NAMES = tuple(GROUPS)
COLUMN = {name: column for column, name in enumerate(NAMES)}

#: (groups,): contributions in kelvin, masses in g/mol, atoms other than hydrogen, donors and acceptors of hydrogen.
KELVIN = np.array([group.kelvin for group in GROUPS.values()])
GROUP_MASSES = np.array([sum(MASSES[atom] for atom in group.atoms.split()) for group in GROUPS.values()])
HEAVY_ATOMS = np.array([sum(atom != "H" for atom in group.atoms.split()) for group in GROUPS.values()])
DONORS = np.array([group.donates for group in GROUPS.values()])
ACCEPTORS = np.array([group.accepts for group in GROUPS.values()])


def joback(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return Joback's melting points in kelvin of (molecules, groups) counts."""
    return np.asarray(BASE_K + counts @ KELVIN)
