"""Groups of rows, and rows that belong to none."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from suite.datasets.generators.chunks import STRUCTURE, Arrays, Floats, clustered, stream
from suite.datasets.generators.draws import normals, squares, unit_rows
from suite.datasets.source import Request


def blobs(request: Request) -> Arrays:
    """Gaussian clusters of different spread around centres drawn from N(0, separation²).

    Each is `stretch` times as wide along a random direction of its own. A share `background` of the rows, of truth -1,
    is uniform over the box of the centres and 2 more on each side.
    """
    arg = request.args
    n_clusters, d = int(arg["n_clusters"]), request.n_features
    stretch, background = float(arg["stretch"]), float(arg["background"])
    rng = stream(request, STRUCTURE)
    centres = float(arg["separation"]) * rng.standard_normal((d, n_clusters))
    spreads = rng.uniform(0.7, 1.3, n_clusters)
    along = unit_rows(rng, n_clusters, d).T.copy()
    low, high = centres.min(axis=1, keepdims=True) - 2.0, centres.max(axis=1, keepdims=True) + 2.0

    def fill(rng: Generator, chunk: Floats, target: NDArray[Any]) -> None:
        cluster = rng.integers(0, n_clusters, len(target))
        normals(rng, chunk)
        chunk *= spreads[cluster]
        if stretch != 1.0:
            _widen(chunk, along, cluster, stretch)
        room = np.empty(len(target))
        for row, centre in zip(chunk, centres, strict=True):
            row += np.take(centre, cluster, out=room)
        target[:] = cluster
        if background:
            _scatter(rng, chunk, target, background, low, high)

    return clustered(request, fill)


def _widen(chunk: Floats, along: Floats, cluster: NDArray[Any], stretch: float) -> None:
    """Stretch each column of (d, n) along its cluster's direction, a unit column of (d, clusters)."""
    part, room = np.zeros(len(cluster)), np.empty(len(cluster))
    for row, direction in zip(chunk, along, strict=True):
        np.take(direction, cluster, out=room)
        room *= row
        part += room
    part *= stretch - 1.0
    for row, direction in zip(chunk, along, strict=True):
        np.take(direction, cluster, out=room)
        room *= part
        row += room


def _scatter(
    rng: Generator, chunk: Floats, target: NDArray[Any], share: float, low: float | Floats, high: float | Floats
) -> None:
    """Put a share of the columns of (d, n) anywhere in a box; their target is -1."""
    away = np.flatnonzero(rng.random(len(target)) < share)
    chunk[:, away] = low + (high - low) * rng.random((len(chunk), len(away)))
    target[away] = -1


def density(request: Request) -> Arrays:
    """Curved bands of even density on a uniform background, truth -1: clusters that no centre describes.

    Each cluster is a parabola arc about 0.7 long in a unit cell of its own, so that clusters stay about 0.2 apart;
    points lie within N(0, thickness²) of it. A share `background` of the points is uniform over the box of cells.
    """
    arg = request.args
    d, n_clusters = request.n_features, int(arg["n_clusters"])
    side = 1
    while prod([side] * d) < n_clusters:
        side += 1
    rng = stream(request, STRUCTURE)
    cells = rng.permutation(min(prod([side] * d), 1 << 24))[:n_clusters]
    corners = np.empty((d, n_clusters))
    for corner in corners:
        corner[:] = cells % side
        cells //= side
    along = 0.35 * unit_rows(rng, n_clusters, d).T
    bend = rng.uniform(-0.12, 0.12, (d, n_clusters))

    def fill(rng: Generator, chunk: Floats, target: NDArray[Any]) -> None:
        n = len(target)
        cluster = rng.integers(0, n_clusters, n)
        at = rng.uniform(-1.0, 1.0, n)
        normals(rng, chunk)
        chunk *= float(arg["thickness"])
        for row, corner, slope, curve in zip(chunk, corners, along, bend, strict=True):
            row += corner[cluster] + 0.5 + slope[cluster] * at + curve[cluster] * (at * at - 0.5)
        target[:] = cluster
        _scatter(rng, chunk, target, float(arg["background"]), 0.0, float(side))

    return clustered(request, fill)


def moons(request: Request) -> Arrays:
    """Two curves in a plane that no straight line parts; truth: which one. Further features are noise alone.

    Either two half circles of radius 1 whose ends reach into each other, or, as `shape` circles, one of radius 1 around
    one of `inner`. Points are even along them, and lie within N(0, noise²) of them in every feature.
    """
    arg = request.args
    circles, inner, noise = arg["shape"] == "circles", float(arg["inner"]), float(arg["noise"])

    def fill(rng: Generator, chunk: Floats, target: NDArray[Any]) -> None:
        second = rng.integers(0, 2, len(target))
        across, up = normals(rng, np.empty((2, len(target))))  # of any direction alike
        length = np.sqrt(across * across + up * up)
        across, up = across / length, up / length
        if circles:
            radius = np.where(second, inner, 1.0)
            across, up = radius * across, radius * up
        else:
            across, up = np.where(second, 1.0 - across, across), np.where(second, 0.5 - np.abs(up), np.abs(up))
        normals(rng, chunk)
        chunk *= noise
        chunk[0] += across
        chunk[1] += up
        target[:] = second

    return clustered(request, fill)


def heavy_tails(request: Request) -> Arrays:
    """One crowd with heavy tails, and outliers, truth -1, all over a wide box around it.

    The crowd, truth 0, is the multivariate Student's t of `freedom` degrees: normal over the square root of a
    chi-square over its degrees, one for each row. A share `outliers` is uniform within `reach` of 0 in every feature.
    """
    arg = request.args
    freedom, reach = int(arg["freedom"]), float(arg["reach"])

    def fill(rng: Generator, chunk: Floats, target: NDArray[Any]) -> None:
        normals(rng, chunk)
        chunk *= np.sqrt(freedom / squares(rng, freedom, len(target)))
        target[:] = 0
        _scatter(rng, chunk, target, float(arg["outliers"]), -reach, reach)

    return clustered(request, fill, truth_test="truth_test")
