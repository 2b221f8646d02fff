"""What a scientific workflow shows beside its judged results."""

from __future__ import annotations

from msgspec import Struct


class Figure(Struct, frozen=True, kw_only=True):
    """A number that a workflow found, with its unit ("" if it has none) and the condition under which it holds."""

    name: str
    value: float
    unit: str = ""
    condition: str


class Series(Struct, frozen=True, kw_only=True):
    """A curve: `y` against `x`, with the words for both axes and what the curve is; `shares` if both go from 0 to 1."""

    name: str
    label: str
    x_label: str
    y_label: str
    x: list[float]
    y: list[float]
    shares: bool = False


class Picture(Struct, frozen=True, kw_only=True):
    """A field on a grid, row by row from the top, to be shown in one scale with those of the same `name`."""

    name: str
    label: str
    columns: int
    values: list[float]


class Findings(Struct, frozen=True, kw_only=True):
    """What a workflow shows beside its judged results; of no weight in a verdict."""

    figures: list[Figure] = []
    series: list[Series] = []
    pictures: list[Picture] = []
