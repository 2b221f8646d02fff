"""A workload on data of other rows and features than its own, with what that means for its other figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from math import exp, log
from typing import Any

from suite.datasets import source_of
from suite.errors import UsageError
from suite.workloads.entry import DataSpec, Operation, Size, Workload
from suite.workloads.growth import work
from suite.workloads.products import steps_of

#: Values (rows × features) from which data count as M, L and XL where a workload does not say it by sizes of its own.
LARGER_FROM: Mapping[Size, float] = {Size.M: 1.5e6, Size.L: 4e7, Size.XL: 6e8}


def reshaped(
    workload: Workload, n_train: int | None, n_test: int | None, n_features: int | None
) -> tuple[Workload, Size]:
    """Return the workload with data of this one shape, and the size that this counts as.

    What is None is as at the nearest size of the workload. Whole-number arguments that grow with its sizes (clusters
    of a fixed number of rows) are interpolated on logarithmic axes, and so is the expected time, by what the algorithm
    has to do (`suite.workloads.growth`).
    """
    nearest = min(workload.data, key=lambda size: _distance(workload.data[size], n_train, n_features))
    own = workload.data[nearest]
    held_out = own.n_test if n_test is None else n_test
    spec = replace(own, n_train=n_train or own.n_train, n_test=held_out, n_features=n_features or own.n_features)
    spec = replace(spec, args=_arguments(workload, own, spec))
    size = nearest if len(workload.data) > 1 else size_of(spec)
    fit_s = _interpolated_fit_s(workload, spec)
    return replace(workload, data={size: spec}, fit_s={size: fit_s} if fit_s else {}), size


def expected_fit_s(workload: Workload, size: Size) -> float | None:
    """Return the seconds of one fit and predict of stock on two cores; None if nothing is known.

    They are those that the workload states, for this size or for others; or else those of the first workload of the
    catalogue that has this algorithm, at this shape.
    """
    if size in workload.fit_s:
        return workload.fit_s[size]
    spec = _with_shape(workload.data[size])
    if spec is None:
        return None
    return _interpolated_fit_s(workload, spec) or _like_the_catalogues(workload, spec)


def _with_shape(spec: DataSpec) -> DataSpec | None:
    """Return the data with the rows and features that they have by themselves; None if these are not known."""
    try:
        source = source_of(spec.source)
        rows, features = source.shape(spec, source.resolve(spec))
    except UsageError:  # a file of the user's, which is read when it is measured
        return None
    n_train = spec.n_train or rows - spec.n_test
    # Data that nobody has yet are said to have none, and what is held out of a file may be all of it: it will say so.
    return replace(spec, n_train=n_train, n_features=features) if min(n_train, features) > 0 else None


def _like_the_catalogues(workload: Workload, spec: DataSpec) -> float | None:
    from suite.workloads import catalogue

    algorithm = steps_of(workload)[-1].algorithm
    for known in catalogue():
        if known.algorithm == algorithm and known.operation is Operation.FIT and len(known.data) > 1:
            return _interpolated_fit_s(known, spec)
    return None


def _interpolated_fit_s(workload: Workload, spec: DataSpec) -> float:
    """Return the expected time on such data from those at the workload's sizes; 0 if it has none.

    These are taken to the same features and held-out rows by how the algorithm grows, and along the rows they are
    interpolated; what states one time only grows with the rows as the algorithm does.
    """
    known = [(workload.data[size], fit_s) for size, fit_s in workload.fit_s.items() if size in workload.data]
    of_rows: dict[float, float] = {
        own.n_train: fit_s * work(workload, replace(spec, n_train=own.n_train)) / work(workload, own)
        for own, fit_s in known
    }
    if len(of_rows) > 1:
        return interpolated(of_rows, spec.n_train)
    return next((fit_s * work(workload, spec) / work(workload, own) for own, fit_s in known), 0.0)


def size_of(spec: DataSpec) -> Size:
    """Return the size that data count as by their rows × features."""
    reached = [size for size, values in LARGER_FROM.items() if _values(spec) >= values]
    return reached[-1] if reached else Size.S


def interpolated(points: Mapping[float, float], at: float) -> float:
    """Return the value at `at` on straight lines through the points on logarithmic axes; one point is proportional."""
    known = sorted((log(x), log(y)) for x, y in points.items() if x > 0 and y > 0)
    if len(known) < 2:
        return exp(known[0][1] + log(at) - known[0][0]) if known else 0.0
    after = next((i for i in range(1, len(known) - 1) if known[i][0] >= log(at)), len(known) - 1)
    (x0, y0), (x1, y1) = known[after - 1], known[after]
    return exp(y0 + (y1 - y0) * (log(at) - x0) / (x1 - x0))


def _arguments(workload: Workload, own: DataSpec, spec: DataSpec) -> dict[str, Any]:
    """Return the arguments; whole numbers that rise with the rows of the workload's sizes rise on."""
    found = dict(own.args)
    for name, value in own.args.items():
        by_rows = {
            float(known.n_train): known.args[name]
            for known in workload.data.values()
            if type(known.args.get(name)) is int
        }
        rising = sorted(by_rows.items())
        if type(value) is int and len(by_rows) > 1 and all(a[1] < b[1] for a, b in pairwise(rising)):
            found[name] = max(1, round(interpolated(by_rows, spec.n_train)))
    return found


def _values(spec: DataSpec) -> float:
    return float(max(1, spec.n_train) * max(1, spec.n_features))


def _distance(spec: DataSpec, n_train: int | None, n_features: int | None) -> float:
    """Return how far the data are from these rows and features, as the logarithm of a factor."""
    wanted = replace(spec, n_train=n_train or spec.n_train, n_features=n_features or spec.n_features)
    return abs(log(_values(wanted)) - log(_values(spec)))
