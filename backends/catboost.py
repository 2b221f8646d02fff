"""CatBoost, called by its own `CatBoost.fit` on a `Pool`, which `fit` makes: binning is on its bill.

Its trees are made to grow as scikit-learn's do, best-first or level by level instead of symmetric, without its random
extras. For the squared error they are then the same to rounding. For the log loss the CPU chooses splits by first
derivatives and numbers of rows, not by second derivatives (leaves are Newton steps); the GPU does as scikit-learn does.
CatBoost keeps features in float32 and applies such trees on the CPU only. Source: CatBoost's parameter documentation.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

from backends._boosting import (
    CLASSIFIER,
    IDLE,
    ONLY,
    REGRESSOR,
    Boosting,
    Trees,
    ask_python,
    seed_as,
)
from backends._installed import how_to_install, version
from backends._parameters import Computed, Fixed, Only, Renamed, Target
from backends.protocol import Array, Diagnosis, EngineReport, Problem, State, UnsupportedError

#: "NVIDIA Driver of version 450.80.02 or higher", which is for CUDA 11.0, and "compute capability >= 3.5".
CUDA, CAPABILITY = 11000, (3, 5)
MOST_LEAVES, DEEPEST = 64, 16
_CURE = how_to_install("catboost")


def _size(params: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    """Best-first up to 64 leaves, or level by level; 16 levels at most, which a few leaves cannot exceed."""
    leaves, depth = params["max_leaf_nodes"], params["max_depth"]
    if leaves is not None and leaves > MOST_LEAVES:
        raise UnsupportedError(f"CatBoost: {problem.algorithm}(max_leaf_nodes={leaves}): at most {MOST_LEAVES}")
    possible = min(leaf_depth for leaf_depth in (depth, leaves and leaves - 1, problem.n_samples) if leaf_depth)
    if possible > DEEPEST:
        where = f"CatBoost: {problem.algorithm}(max_depth={depth}, max_leaf_nodes={leaves})"
        raise UnsupportedError(f"{where}: its trees have at most {DEEPEST} levels, set max_depth={DEEPEST} for all")
    if leaves is None:
        return {"grow_policy": "Depthwise", "max_depth": possible}
    return {"grow_policy": "Lossguide", "max_leaves": leaves, "max_depth": possible}


def _bins(params: Mapping[str, Any], _: Problem) -> dict[str, Any]:
    return {"border_count": params["max_bins"] - 1}


def _loss(_: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    if problem.n_classes > 2:
        where = f"CatBoost: {CLASSIFIER} of {problem.n_classes} classes"
        raise UnsupportedError(f"{where}: it grows one tree for all classes, scikit-learn one for each")
    return {"loss_function": "Logloss"}


def _seed(params: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    return seed_as("random_seed", params, problem)


_FIXED = {
    "score_function": Fixed("L2", "the gain that scikit-learn uses, for the squared error"),
    "bootstrap_type": Fixed("No", "all rows for every tree"),
    "random_strength": Fixed(0, "no noise on the gain"),
    "boosting_type": Fixed("Plain", "no ordered boosting"),
    "boost_from_average": Fixed(True, "the start is the mean, or its log-odds"),
    "leaf_estimation_method": Fixed("Newton", "leaves as in scikit-learn"),
    "leaf_estimation_iterations": Fixed(1, "one step"),
    "leaf_estimation_backtracking": Fixed("No", "of full length"),
    "feature_border_type": Fixed("Median", "bins of about as many rows"),
    "nan_mode": Fixed("Forbidden", "it puts missing values at an end; scikit-learn learns their side at each split"),
    "verbose": Fixed(False, "silent"),
    "allow_writing_files": Fixed(False, "no folder of logs"),
}


def _target(algorithm: str, estimator: str, **table: Any) -> Target:
    return Target(
        f"catboost.{estimator}",
        passed="learning_rate",
        renamed={
            "max_iter": Renamed("iterations"),
            "l2_regularization": Renamed("l2_leaf_reg"),
            **table.get("renamed", {}),
        },
        only={
            **ONLY[algorithm],
            "min_samples_leaf": Only((1,), "min_data_in_leaf is the smallest leaf that is split, not that remains"),
            "max_features": Only((1.0,), "it draws features by tree or level, not by split"),
        },
        idle=IDLE,
        fixed=_FIXED,
        computed={
            "max_leaf_nodes max_depth": Computed(
                ("grow_policy", "max_leaves", "max_depth"),
                _size,
                "best-first or by level: 64 leaves, 16 levels at most",
            ),
            "max_bins": Computed(("border_count",), _bins, "one border fewer than bins"),
            "random_state": Computed(("random_seed",), _seed, "where it is given"),
            **table.get("computed", {}),
        },
        note=table.get("note", "features are kept in float32"),
    )


_ON_THE_CPU: Mapping[str, Target] = MappingProxyType(
    {
        CLASSIFIER: _target(
            CLASSIFIER,
            "CatBoostClassifier",
            computed={"loss": Computed(("loss_function",), _loss, "two classes only")},
            note="splits are chosen by first derivatives and rows; features are kept in float32",
        ),
        REGRESSOR: _target(
            REGRESSOR,
            "CatBoostRegressor",
            renamed={"loss": Renamed("loss_function", {"squared_error": "RMSE"}, "only the squared error is the same")},
        ),
    }
)
_NEWTON = {"score_function": Fixed("NewtonL2", "the gain that scikit-learn uses")}
#: device -> algorithm -> the table.
TARGETS: Mapping[str, Mapping[str, Target]] = MappingProxyType(
    {
        "cpu": _ON_THE_CPU,
        "cuda": {
            name: replace(target, fixed=_FIXED | _NEWTON, note="features are kept in float32; predict is on the CPU")
            for name, target in _ON_THE_CPU.items()
        },
    }
)


class CatBoostTrees(Trees):
    """CatBoost's model."""

    def train(self, X: Array, y: Array) -> Any:
        """Make a `Pool` and train on it."""
        import catboost

        try:
            return catboost.CatBoost(self.settings).fit(catboost.Pool(X, y, thread_count=self.settings["thread_count"]))
        except catboost.CatBoostError as error:
            if "nan" in str(error).lower():
                raise UnsupportedError(f"CatBoost: missing values: {_FIXED['nan_mode'].reason}") from error
            raise

    def margins(self, X: Array) -> Array:
        """Apply the model on the CPU: CatBoost's evaluator for GPUs takes symmetric trees only."""
        threads = self.settings["thread_count"]
        return self.model.predict(X, prediction_type="RawFormulaVal", thread_count=threads)

    def trained(self, model: Any) -> EngineReport:
        """Read the device and the way of growing from the trained model."""
        params = model.get_all_params()
        kind = params.get("task_type", "unknown")
        evidence = f"task_type {kind}, {params.get('grow_policy')}, score {params.get('score_function')}"
        engine = {"CPU": "CatBoost", "GPU": "CatBoost CUDA"}.get(kind, "CatBoost")
        ran = kind == self.settings["task_type"]
        return EngineReport(engine, ran, "" if ran else f"the model says task_type {kind}", evidence)

    def predicted(self, model: Any) -> EngineReport:  # noqa: ARG002
        """Say that it is the CPU, whatever the model was trained on: such trees are applied nowhere else."""
        engine = "CatBoost" if self.settings["task_type"] == "CPU" else "CatBoost on the CPU"
        return EngineReport(engine, accelerated=True, evidence="CatBoost.predict, which runs on the CPU")


class CatBoostBackend(Boosting):
    """CatBoost on the CPU or an NVIDIA GPU."""

    name = "catboost"
    title = "CatBoost"
    packages = ("catboost", "numpy", "scipy")
    devices = ("cpu", "cuda")
    fork_safe = sys.platform == "linux"
    trees = CatBoostTrees
    lacks = MappingProxyType({})

    def diagnose(self) -> Diagnosis:
        """Say whether CatBoost is installed, and for `cuda` whether there is a GPU for it, without importing it."""
        if find_spec("catboost") is None:
            return Diagnosis(State.NOT_INSTALLED, "no module named catboost", cure=_CURE)
        installed = version("catboost")
        if self.device == "cpu":
            return Diagnosis(State.READY, version=installed, device="CPU")
        from backends._cuda import Needs, judge, look  # ctypes, for this device only

        return judge(look(), Needs(CUDA, CAPABILITY), installed)

    def probe(self) -> Diagnosis:
        """Say the same, after importing CatBoost in a process of its own."""
        found = self.diagnose()
        if found.state is not State.READY:
            return found
        cure = f"pip install --force-reinstall catboost=={found.version}"
        return ask_python("import catboost", found, cure)[1]

    def targets(self) -> Mapping[str, Target]:
        """Return the tables of this device."""
        return TARGETS[self.device]

    def load(self, algorithms: frozenset[str]) -> None:  # noqa: ARG002
        """Import CatBoost. It starts no threads before the first fit."""
        import_module("catboost")

    def settings(self, problem: Problem) -> dict[str, Any]:
        """Return CatBoost's parameters, with the threads and the device."""
        ours = {"thread_count": problem.threads, "task_type": "CPU" if self.device == "cpu" else "GPU"}
        return super().settings(problem) | ours
