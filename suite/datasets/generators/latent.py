"""Features that are mixtures of a few latent variables: classes, numbers, and directions to find."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from suite.datasets.generators.chunks import STRUCTURE, Arrays, Floats, labelled, room, stream, unlabelled
from suite.datasets.generators.draws import (
    add_mixtures,
    draw,
    falling,
    limits,
    normals,
    powers,
    reflect,
    students,
    unit_rows,
)
from suite.datasets.source import Request

#: Mixes the rows of a chunk of independent normal draws, in place.
Mix = Callable[[Generator, Floats], None]
#: The variance of a sum of mixed rows with these weights.
Variance = Callable[[Floats], float]

#: Two make the principal axes of ill-conditioned features differ from the features.
N_REFLECTIONS = 2


def classification(request: Request) -> Arrays:
    """Classes of Gaussian clusters in a latent space, seen through correlated and noisy features.

    Latent u = centre of the cluster + spread of the cluster × N(0, I), of `n_informative` dimensions. As many features
    and `n_redundant` more are random mixtures of u with a little noise of their own, the rest is pure noise. Each class
    has `imbalance` times the rows of the next one. A share `flip` of the labels is drawn anew.
    """
    arg = request.args
    n_classes, latent = int(arg["n_classes"]), int(arg["n_informative"])
    seen = latent + int(arg["n_redundant"])
    per_class = int(arg["clusters_per_class"])
    rng = stream(request, STRUCTURE)
    centres = float(arg["separation"]) * rng.standard_normal((latent, n_classes * per_class))
    spreads = rng.uniform(0.7, 1.3, n_classes * per_class)
    mixing = unit_rows(rng, seen, latent)
    columns = rng.permutation(request.n_features)
    shares = limits(1.0 / float(arg["imbalance"]), n_classes)

    def fill(rng: Generator, chunk: Floats, target: NDArray[Any]) -> None:
        n = len(target)
        label = draw(rng, shares, n)
        cluster = label + n_classes * rng.integers(0, per_class, n)
        normals(rng, chunk)
        u = normals(rng, room("u", (latent, n)))
        u *= spreads[cluster]
        u += np.take(centres, cluster, axis=1, mode="clip", out=room("centres", (latent, n)))
        mixed = np.take(chunk, columns[:seen], axis=0, mode="clip", out=room("mixed", (seen, n)))
        mixed *= 0.1
        add_mixtures(mixed, u, mixing)
        chunk[columns[:seen]] = mixed
        anew = np.flatnonzero(rng.random(n) < float(arg["flip"]))
        label[anew] = draw(rng, shares, len(anew))
        target[:] = label

    return labelled(request, fill, "int64")


def regression(request: Request) -> Arrays:
    """Correlated features of unit variance and a target of known noise, y = 1 + signal + noise × N(0, 1).

    x - mean = sqrt(1 - correlation) e + sqrt(correlation) L f, with `n_factors` common factors f and unit rows of L;
    with a `condition`, x - mean = Q D e instead: Q orthogonal, the scales D falling geometrically to 1/condition of the
    largest, with a mean square of 1. The signal is linear in `n_informative` features, of variance 1, plus `curvature`
    times products of pairs of them. With `noise_freedom`, the noise is Student's t and not normal.

    With the `target` counts, y is drawn from Poisson's law of mean 3 (s/2 + sqrt(1 + s²/4)) with s = signal + noise,
    which is near 3 exp(s/2).
    """
    arg = request.args
    informative, d = int(arg["n_informative"]), request.n_features
    rng = stream(request, STRUCTURE)
    mix, variance = _conditioned(request, rng) if arg["condition"] else _factored(request, rng)
    columns = rng.permutation(d)[:informative]
    weights = np.zeros(d)
    weights[columns] = rng.choice([-1.0, 1.0], informative) * rng.uniform(0.5, 1.5, informative)
    weights /= sqrt(variance(weights))
    pairs = columns[: informative // 2 * 2].reshape(-1, 2)
    means = rng.standard_normal((d, 1))
    bend = float(arg["curvature"]) / sqrt(max(len(pairs), 1))
    counted = arg["target"] == "counts"
    noise, freedom = float(arg["noise"]), int(arg["noise_freedom"])

    def fill(rng: Generator, chunk: Floats, target: NDArray[Any]) -> None:
        normals(rng, chunk)
        mix(rng, chunk)
        room = np.empty(len(target))
        signal = noise * students(rng, freedom, len(target))
        for column in columns:
            np.multiply(chunk[column], weights[column], out=room)
            signal += room
        for first, second in pairs if bend else ():
            signal += bend * chunk[first] * chunk[second]
        half = signal / 2.0
        target[:] = rng.poisson(3.0 * (half + np.sqrt(1.0 + half * half))) if counted else signal + 1.0
        chunk += means

    return labelled(request, fill, request.dtype)


def _factored(request: Request, rng: Generator) -> tuple[Mix, Variance]:
    """Return what turns independent rows into ones of common factors, and the variance of a weighted sum of them."""
    n_factors, correlation = int(request.args["n_factors"]), float(request.args["correlation"])
    own = sqrt(1.0 - correlation)
    loadings = sqrt(correlation) * unit_rows(rng, request.n_features, n_factors)

    def mix(rng: Generator, chunk: Floats) -> None:
        chunk *= own
        add_mixtures(chunk, normals(rng, np.empty((n_factors, chunk.shape[1]))), loadings)

    def variance(weights: Floats) -> float:
        through = (weights[:, None] * loadings).sum(axis=0)
        return float(own * own * (weights * weights).sum() + (through * through).sum())

    return mix, variance


def _conditioned(request: Request, rng: Generator) -> tuple[Mix, Variance]:
    """Return the same for features of a known condition number."""
    d = request.n_features
    scales = falling(float(request.args["condition"]), d)
    mirrors = unit_rows(rng, N_REFLECTIONS, d)

    def mix(rng: Generator, chunk: Floats) -> None:
        del rng
        chunk *= scales[:, None]
        for mirror in mirrors:
            reflect(chunk, mirror)

    def variance(weights: Floats) -> float:
        through = weights[:, None].copy()
        for mirror in mirrors[::-1]:
            reflect(through, mirror)
        return float((through[:, 0] * scales * through[:, 0] * scales).sum())

    return mix, variance


def low_rank(request: Request) -> Arrays:
    """`rank` directions whose strength falls by `decay` from each to the next, in isotropic noise.

    The noise has the standard deviation `noise` relative to the last direction's, per feature.
    """
    arg = request.args
    rank = int(arg["rank"])
    rng = stream(request, STRUCTURE)
    strengths = powers(float(arg["decay"]), rank)
    directions = rng.standard_normal((rank, request.n_features)) * strengths[:, None]
    means = rng.standard_normal(request.n_features)

    def fill(rng: Generator, chunk: Floats, target: NDArray[Any]) -> None:
        del target
        normals(rng, chunk)
        chunk *= float(arg["noise"]) * strengths[-1]
        chunk += means[:, None]
        add_mixtures(chunk, normals(rng, np.empty((rank, chunk.shape[1]))), directions.T)

    return unlabelled(request, fill)
