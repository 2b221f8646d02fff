"""Passes of one case, on a real engine in the tests' own process."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from backends.sklearn import Sklearn
from suite.measure.messages import Open, Pass
from suite.measure.passes import Bench
from suite.records.schema import Sample

FEATURES = 1_000


@pytest.fixture
def covariance(tmp_path: Path) -> Bench:
    """A model that is ten times as large as its data."""
    np.save(tmp_path / "X_train.npy", np.random.default_rng(0).standard_normal((FEATURES // 10, FEATURES)))
    order = Open(
        algorithm="EmpiricalCovariance",
        params={"store_precision": False},
        output="",
        supervised=False,
        arrays={"X_train": str(tmp_path / "X_train.npy")},
        n_classes=0,
        dtype="float64",
        threads=1,
        strict=True,
        scratch=str(tmp_path),
        products=["covariance_"],
    )
    return Bench(Sklearn(), order)


def taken(bench: Bench, loops: int) -> Sample:
    return bench.run(Pass(case="c", seed=0, fit_loops=loops, predict_loops=1, keep=False)).sample


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a peak is that of the process's life")
def test_who_loops_more_needs_no_more_memory(covariance: Bench) -> None:
    model_bytes = 8 * FEATURES**2
    once, looped = taken(covariance, 1), taken(covariance, 10)
    assert (once.fit_loops, looped.fit_loops) == (1, 10)
    assert 0 < looped.fit_s < looped.wall_s / 9
    assert looped.peak_host_bytes - once.peak_host_bytes < 3 * model_bytes
