"""How the time of an algorithm grows with the shape of its data, for estimates: exponents, with the reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from suite.workloads.entry import DataSpec, Workload
from suite.workloads.products import steps_of


class Growth(NamedTuple):
    """Exponents of training rows, features, held-out rows, and the smaller of rows and features."""

    rows: float = 1.0
    features: float = 1.0
    held_out: float = 0.0
    narrow: float = 0.0


#: What is not listed goes through all values a number of times that does not depend on the shape.
LINEAR = Growth()
#: A symmetric matrix of the shorter side is made and factored.
_GRAM = Growth(narrow=1.0)
#: All pairs of training rows: neighbourhoods in many dimensions, distances, rows of a kernel.
_PAIRS = Growth(rows=2.0)
#: A distance from each held-out row to each training row.
_SEARCH = Growth(held_out=1.0)
#: A matrix of rows × rows is factored; making it costs little beside that.
_FACTORED = Growth(rows=3.0, features=0.0)
#: The same matrix, of which a few eigenvectors are found by products.
_EIGENVECTORS = Growth(rows=2.0, features=0.0)
#: Rows are sorted or put into trees: rows × log rows, which is about this over the sizes that are measured.
_SORTED = 1.1

GROWTH: Mapping[str, Growth] = MappingProxyType(
    {
        **dict.fromkeys(("LinearRegression", "Ridge", "LinearDiscriminantAnalysis", "PCA"), _GRAM),
        **dict.fromkeys(("EmpiricalCovariance", "LedoitWolf", "GaussianMixture"), Growth(features=2.0)),
        "PolynomialFeatures": Growth(features=2.0),  # as many columns come out
        **dict.fromkeys(("SVC", "NuSVC", "SVR", "NuSVR"), _PAIRS),
        **dict.fromkeys(("DBSCAN", "HDBSCAN", "LocalOutlierFactor", "AgglomerativeClustering"), _PAIRS),
        **dict.fromkeys(("KNeighborsClassifier", "KNeighborsRegressor", "NearestNeighbors", "KernelDensity"), _SEARCH),
        **dict.fromkeys(("KernelRidge", "GaussianProcessRegressor", "GaussianProcessClassifier"), _FACTORED),
        **dict.fromkeys(("SpectralClustering", "KernelPCA", "Isomap"), _EIGENVECTORS),
        # A split looks at the square root of the features by default, of regressors at all.
        **dict.fromkeys(("RandomForestClassifier", "ExtraTreesClassifier"), Growth(rows=_SORTED, features=0.5)),
        **dict.fromkeys(("RandomForestRegressor", "ExtraTreesRegressor"), Growth(rows=_SORTED)),
        # The neighbours are found once; what is iterated is of two dimensions.
        **dict.fromkeys(("TSNE", "UMAP"), Growth(rows=_SORTED, features=0.0)),
    }
)


def work(workload: Workload, spec: DataSpec) -> float:
    """Return what the time of a workload on such data is taken to be proportional to; of a pipeline its last step."""
    last = steps_of(workload)[-1]
    growth = GROWTH.get(last.algorithm, LINEAR)
    rows, held_out, features = (float(max(1, count)) for count in (spec.n_train, spec.n_test, spec.n_features))
    factors = zip((rows, features, held_out, min(rows, features)), growth, strict=True)
    return math.prod(math.pow(count, exponent) for count, exponent in factors)
