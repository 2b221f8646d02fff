"""Counts of operations, against numpy's own shapes and by hand."""

from __future__ import annotations

from typing import Any

import pytest

from suite.workloads.entry import DataSpec, Direction, Quality, Size, Task, Workload
from suite.workloads.operations import operations


def workload(name: str, /, **params: Any) -> Workload:
    return Workload(
        name="w",
        algorithm=name,
        task=Task.REGRESSION,
        about="a test",
        data={Size.S: DataSpec(source="regression", n_train=100, n_test=10, n_features=4)},
        quality=Quality(metric="r2", direction=Direction.HIGHER, tolerance=0.1, origin="a test"),
        params=params,
    )


@pytest.mark.parametrize("algorithm", ["LinearRegression", "Ridge"])
def test_linear(algorithm: str) -> None:
    found = operations(workload(algorithm), 100, 10, 4)
    assert found is not None
    assert (found.fit, found.predict) == (100 * 16 + 64 / 3, 80)


def test_pca_needs_a_number_of_components() -> None:
    found = operations(workload("PCA", n_components=2), 100, 10, 4)
    assert found is not None
    assert (found.fit, found.predict) == (100 * 16 + 9 * 64, 2 * 10 * 4 * 2)
    assert operations(workload("PCA", n_components=0.9), 100, 10, 4) is None


def test_neighbours_only_by_brute_force() -> None:
    found = operations(workload("KNeighborsClassifier", algorithm="brute"), 100, 10, 4)
    assert found is not None
    assert found.predict == 2 * 10 * 100 * 4
    assert operations(workload("KNeighborsClassifier"), 100, 10, 4) is None


def test_what_depends_on_the_data_has_no_count() -> None:
    assert operations(workload("KMeans"), 100, 10, 4) is None
    assert operations(workload("Ridge"), 0, 0, 0) is None
