"""Chemical formulas: how much of each element is in them."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.materials.elements import COLUMN

_TOKEN = re.compile(r"([A-Z][a-z]?)([\d.]*)|(\()|\)([\d.]*)")


def counts(formula: str) -> dict[str, float]:
    """Return the atoms of each element, of a formula such as Ca3(PO4)2; raises ValueError if it is none."""
    open_groups: list[dict[str, float]] = [{}]
    position = 0
    while position < len(formula):
        token = _TOKEN.match(formula, position)
        if token is None:
            raise ValueError(f"{formula!r} is not a chemical formula")
        position = token.end()
        symbol, number, opens, times = token.groups()
        if symbol:
            _add(open_groups[-1], {symbol: 1}, number)
        elif opens:
            open_groups.append({})
        elif len(open_groups) > 1:
            closed = open_groups.pop()
            _add(open_groups[-1], closed, times)
        else:
            raise ValueError(f"{formula!r} closes what it did not open")
    if len(open_groups) != 1:
        raise ValueError(f"{formula!r} does not close what it opened")
    return open_groups[0]


def fractions(formulas: list[str]) -> NDArray[np.float64]:
    """Return (formulas, elements) shares of the atoms."""
    X = np.zeros((len(formulas), len(COLUMN)))
    for row, formula in enumerate(formulas):
        for symbol, number in counts(formula).items():
            X[row, COLUMN[symbol]] = number
    return np.asarray(X / X.sum(axis=1, keepdims=True))


def _add(to: dict[str, float], atoms: dict[str, float], times: str) -> None:
    for symbol, number in atoms.items():
        to[symbol] = to.get(symbol, 0) + number * float(times or 1)
