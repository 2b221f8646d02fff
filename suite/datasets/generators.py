"""Synthetic data by NumPy's Generator, chunk by chunk straight into the asked dtype and order.

Every value is a sum of products of standard normal and uniform draws, computed element by element: no matrix product
and no transcendental function, whose last bits depend on the processor. A data set of float32 is that of float64
rounded, without a float64 copy of more than a chunk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from suite.datasets.source import Request

Floats = NDArray[np.float64]
#: Fills (features, rows) of the chunk and (rows,) of the target.
Fill = Callable[[Generator, Floats, NDArray[Any]], None]
Arrays = Iterator[tuple[str, NDArray[Any]]]

CHUNK_VALUES = 1 << 20
STRUCTURE, TRAIN, TEST = 0, 1, 2


def classification(request: Request) -> Arrays:
    """Classes of Gaussian clusters in a latent space, seen through correlated and noisy features.

    Latent u = centre of the cluster + spread of the cluster × N(0, I), of `n_informative` dimensions. As many features
    and `n_redundant` more are random mixtures of u with a little noise of their own, the rest is pure noise. A share
    `flip` of the labels is drawn anew.
    """
    arg = request.args
    n_classes, latent = int(arg["n_classes"]), int(arg["n_informative"])
    seen = latent + int(arg["n_redundant"])
    n_clusters = n_classes * int(arg["clusters_per_class"])
    rng = _stream(request, STRUCTURE)
    centres = float(arg["separation"]) * rng.standard_normal((latent, n_clusters))
    spreads = rng.uniform(0.7, 1.3, n_clusters)
    mixing = rng.standard_normal((seen, latent))
    mixing /= np.sqrt((mixing * mixing).sum(axis=1, keepdims=True))
    columns = rng.permutation(request.n_features)

    def fill(rng: Generator, chunk: Floats, target: NDArray[Any]) -> None:
        n = len(target)
        cluster = rng.integers(0, n_clusters, n)
        rng.standard_normal(out=chunk)
        u = rng.standard_normal((latent, n))
        u *= spreads[cluster]
        u += centres[:, cluster]
        for row, weights in zip(columns[:seen], mixing, strict=True):
            chunk[row] *= 0.1
            for value, weight in zip(u, weights, strict=True):
                chunk[row] += weight * value
        anew = rng.random(n) < float(arg["flip"])
        target[:] = np.where(anew, rng.integers(0, n_classes, n), cluster % n_classes)

    return _labelled(request, fill, np.dtype(np.int64))


def regression(request: Request) -> Arrays:
    """Correlated features of unit variance and a target of known noise, y = 1 + signal + N(0, noise²).

    x - mean = sqrt(1 - correlation) e + sqrt(correlation) L f, with `n_factors` common factors f and unit rows of L.
    The signal is linear in `n_informative` features, of variance 1, plus `curvature` times products of pairs of them.
    """
    arg = request.args
    informative, n_factors = int(arg["n_informative"]), int(arg["n_factors"])
    own, common = float(1 - arg["correlation"]) ** 0.5, float(arg["correlation"]) ** 0.5  # type: ignore[operator]
    rng = _stream(request, STRUCTURE)
    loadings = rng.standard_normal((request.n_features, n_factors))
    loadings *= common / np.sqrt((loadings * loadings).sum(axis=1, keepdims=True))
    columns = rng.permutation(request.n_features)[:informative]
    weights = rng.choice([-1.0, 1.0], informative) * rng.uniform(0.5, 1.5, informative)
    through = (weights[:, None] * loadings[columns]).sum(axis=0)
    weights /= np.sqrt(own * own * (weights * weights).sum() + (through * through).sum())
    pairs = columns[: informative // 2 * 2].reshape(-1, 2)
    means = rng.standard_normal((request.n_features, 1))
    bend = float(arg["curvature"]) / max(len(pairs), 1) ** 0.5

    def fill(rng: Generator, chunk: Floats, target: NDArray[Any]) -> None:
        n = len(target)
        rng.standard_normal(out=chunk)
        chunk *= own
        factors = rng.standard_normal((n_factors, n))
        for row, loading in zip(chunk, loadings, strict=True):
            for value, weight in zip(factors, loading, strict=True):
                row += weight * value
        signal = 1.0 + float(arg["noise"]) * rng.standard_normal(n)
        for column, weight in zip(columns, weights, strict=True):
            signal += weight * chunk[column]
        for first, second in pairs if bend else ():
            signal += bend * chunk[first] * chunk[second]
        target[:] = signal
        chunk += means

    return _labelled(request, fill, np.dtype(request.dtype))


def blobs(request: Request) -> Arrays:
    """Gaussian clusters of different spread around centres drawn from N(0, separation²)."""
    arg = request.args
    n_clusters = int(arg["n_clusters"])
    rng = _stream(request, STRUCTURE)
    centres = float(arg["separation"]) * rng.standard_normal((request.n_features, n_clusters))
    spreads = rng.uniform(0.7, 1.3, n_clusters)

    def fill(rng: Generator, chunk: Floats, target: NDArray[Any]) -> None:
        target[:] = rng.integers(0, n_clusters, len(target))
        rng.standard_normal(out=chunk)
        chunk *= spreads[target]
        chunk += centres[:, target]

    return _clustered(request, fill)


def density(request: Request) -> Arrays:
    """Curved bands of even density on a uniform background, truth -1: clusters that no centre describes.

    Each cluster is a parabola arc about 0.7 long in a unit cell of its own, so that clusters stay about 0.2 apart;
    points lie within N(0, thickness²) of it. A share `background` of the points is uniform over the box of cells.
    """
    arg = request.args
    d, n_clusters = request.n_features, int(arg["n_clusters"])
    side = 1
    while side**d < n_clusters:
        side += 1
    rng = _stream(request, STRUCTURE)
    cells = rng.permutation(min(side**d, 1 << 24))[:n_clusters]
    corners = np.stack([cells // side**axis % side for axis in range(d)]).astype(np.float64)
    along = rng.standard_normal((d, n_clusters))
    along *= 0.35 / np.sqrt((along * along).sum(axis=0))
    bend = rng.uniform(-0.12, 0.12, (d, n_clusters))

    def fill(rng: Generator, chunk: Floats, target: NDArray[Any]) -> None:
        n = len(target)
        cluster = rng.integers(0, n_clusters, n)
        at = rng.uniform(-1.0, 1.0, n)
        rng.standard_normal(out=chunk)
        chunk *= float(arg["thickness"])
        chunk += corners[:, cluster] + 0.5 + along[:, cluster] * at + bend[:, cluster] * (at * at - 0.5)
        away = np.flatnonzero(rng.random(n) < float(arg["background"]))
        chunk[:, away] = rng.uniform(0.0, side, (d, len(away)))
        target[:] = cluster
        target[away] = -1

    return _clustered(request, fill)


def low_rank(request: Request) -> Arrays:
    """`rank` directions whose strength falls by `decay` from each to the next, in isotropic noise.

    The noise has the standard deviation `noise` relative to the last direction's, per feature.
    """
    arg = request.args
    rank = int(arg["rank"])
    rng = _stream(request, STRUCTURE)
    strengths = float(arg["decay"]) ** np.arange(rank)
    directions = rng.standard_normal((rank, request.n_features)) * strengths[:, None]
    means = rng.standard_normal(request.n_features)

    def fill(rng: Generator, chunk: Floats, target: NDArray[Any]) -> None:
        del target
        rng.standard_normal(out=chunk)
        chunk *= float(arg["noise"]) * strengths[-1]
        chunk += means[:, None]
        scores = rng.standard_normal((rank, chunk.shape[1]))
        for row, weights in zip(chunk, directions.T, strict=True):
            for value, weight in zip(scores, weights, strict=True):
                row += weight * value

    return _unlabelled(request, fill)


def _stream(request: Request, part: int) -> Generator:
    """A generator of its own for each part: the held-out rows do not depend on the number of training rows."""
    return np.random.default_rng([request.seed, part])


def _labelled(request: Request, fill: Fill, kind: np.dtype[Any]) -> Arrays:
    X, y = _part(request, fill, TRAIN, request.n_train, kind)
    yield "X_train", X
    del X
    yield "y_train", y
    if request.n_test:
        X, y = _part(request, fill, TEST, request.n_test, kind)
        yield "X_test", X
        yield "y_test", y


def _clustered(request: Request, fill: Fill) -> Arrays:
    X, truth = _part(request, fill, TRAIN, request.n_train, np.dtype(np.int64))
    yield "X_train", X
    del X
    yield "truth", truth
    if request.n_test:
        yield "X_test", _part(request, fill, TEST, request.n_test, np.dtype(np.int64))[0]


def _unlabelled(request: Request, fill: Fill) -> Arrays:
    yield "X_train", _part(request, fill, TRAIN, request.n_train, np.dtype(np.int8))[0]
    if request.n_test:
        yield "X_test", _part(request, fill, TEST, request.n_test, np.dtype(np.int8))[0]


def _part(request: Request, fill: Fill, part: int, n: int, kind: np.dtype[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Make `n` rows: X of (n, features) in the asked dtype and order, and the target of (n,)."""
    rng = _stream(request, part)
    X = np.empty((n, request.n_features), dtype=request.dtype, order="F" if request.order == "F" else "C")
    target = np.empty(n, dtype=kind)
    rows = max(1, CHUNK_VALUES // request.n_features)
    for start in range(0, n, rows):
        stop = min(start + rows, n)
        chunk = np.empty((request.n_features, stop - start))
        fill(rng, chunk, target[start:stop])
        X[start:stop] = chunk.T
    return X, target
