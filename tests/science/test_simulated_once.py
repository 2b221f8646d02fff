"""What is simulated is kept: other features, dtypes and orders are derived from it, and a damaged one is made again."""

import json
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from suite.datasets import prepare
from suite.datasets.arrays import open_array
from suite.workloads.entry import DataSpec
from suite.workloads.science.rans.resolution import Resolution

CELLS = Resolution.of(3).cells
MAPS = {"cells": 16, "records": 4, "n_far": 2, "n_designs": 10, "n_points": 0}
#: By topic: what simulates, a data set, and arguments with which another one is of the same simulations.
SIMULATIONS = {
    "rans": (
        "steady",
        DataSpec(source="rans", n_train=2 * CELLS, n_test=CELLS, n_features=9, args={"level": 3}),
        {"features": "local"},
    ),
    "injector": (
        "simulate",
        DataSpec(source="injector_map", n_train=4, n_test=2, n_features=5, args=MAPS),
        {"n_designs": 20, "n_points": 30},
    ),
    "weather": (
        "advance",
        DataSpec(
            source="weather_turbulence",
            n_train=6,
            n_test=58,
            n_features=32**2,
            args={"trajectories": 1, "cases": 2, "members": 2},
        ),
        {"members": 3, "stations": 20},
    ),
}


def arrays(spec, cache, **asked):
    dataset = prepare(spec, **{"dtype": "float64", "order": "C", "seed": 0, "cache": cache} | asked)
    return {name: open_array(dataset.paths, name) for name in dataset.paths}


@pytest.mark.parametrize("topic", SIMULATIONS)
def test_simulations_are_made_once_and_rounded_afterwards(topic, tmp_path, monkeypatch):
    simulates, spec, others = SIMULATIONS[topic]
    module = import_module(f"suite.workloads.science.{topic}.data")
    real, calls = getattr(module, simulates), []
    monkeypatch.setattr(module, simulates, lambda *given: calls.append(simulates) or real(*given))
    narrow = arrays(spec, tmp_path, dtype="float32", order="F")
    made = len(calls)
    assert made > 0
    wide = arrays(spec, tmp_path)
    other = arrays(replace(spec, args={**spec.args, **others}), tmp_path)
    assert len(calls) == made
    for name, array in wide.items():
        np.testing.assert_array_equal(narrow[name], array.astype(narrow[name].dtype))
    assert any(not np.array_equal(other[name], array) for name, array in wide.items())


def test_a_damaged_simulation_is_made_again(tmp_path):
    spec = SIMULATIONS["injector"][1]
    first = arrays(spec, tmp_path)
    recipes = {file: json.loads(file.read_text())["recipe"] for file in tmp_path.glob("*/manifest.json")}
    kept = next(file.parent for file, recipe in recipes.items() if not recipe["dtype"])
    (kept / "train.npy").write_bytes(b"")
    np.testing.assert_array_equal(arrays(spec, tmp_path, order="F")["y_train"], first["y_train"])
    assert (kept / "train.npy").stat().st_size > 0
