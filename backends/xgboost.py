"""XGBoost, called by its own `train` on a `QuantileDMatrix`, which `fit` makes: binning is on its bill.

The trees are scikit-learn's to rounding: same gain, same leaves, same start. XGBoost keeps features in float32. With
`cuda` the arrays stay on the host and go to the GPU inside `fit` and `predict`.
Source: XGBoost's parameter documentation, and its objectives for the factor of the softmax's second derivative.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

from backends._boosting import (
    CLASSIFIER,
    IDLE,
    MIN_HESSIAN,
    ONLY,
    REGRESSOR,
    Boosting,
    Trees,
    ask_python,
    features_per_split,
    seed_as,
)
from backends._installed import how_to_install, version
from backends._parameters import Computed, Fixed, Renamed, Target
from backends.protocol import Array, Diagnosis, EngineReport, Problem, State, UnsupportedError

#: The published wheel is built with CUDA 12, whose compiler starts at compute capability 5.0.
CUDA, CAPABILITY = 12000, (5, 0)
_CURE = how_to_install("xgboost")
_NO_CUDA = "this build of XGBoost has no CUDA"
_GPU_CURE = f"pip uninstall xgboost-cpu; {how_to_install('xgboost-cuda')}"


def _size(params: Mapping[str, Any], _: Problem) -> dict[str, Any]:
    """Best-first up to a number of leaves; without one the order is free, and level by level is faster."""
    leaves, depth = params["max_leaf_nodes"], params["max_depth"]
    free = leaves is None and depth is not None
    return {"max_leaves": leaves or 0, "max_depth": depth or 0, "grow_policy": "depthwise" if free else "lossguide"}


def _hessian_scale(problem: Problem) -> float:
    """Softmax's second derivative is 2 p (1 - p) in XGBoost, p (1 - p) in scikit-learn."""
    return 2.0 if problem.n_classes > 2 else 1.0


def _newton(params: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    scale = _hessian_scale(problem)
    rate, l2 = scale * params["learning_rate"], scale * params["l2_regularization"]
    return {"learning_rate": rate, "reg_lambda": l2}


def _smallest_leaf(params: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    if problem.algorithm == REGRESSOR:  # the second derivative of the squared error is 1 a row
        return {"min_child_weight": max(float(params["min_samples_leaf"]), MIN_HESSIAN)}
    if params["min_samples_leaf"] != 1:
        where = f"XGBoost: {CLASSIFIER}(min_samples_leaf={params['min_samples_leaf']!r})"
        raise UnsupportedError(f"{where}: min_child_weight is a sum of second derivatives, not a number of rows")
    return {"min_child_weight": MIN_HESSIAN * _hessian_scale(problem)}


def _features(params: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    drawn = features_per_split(params["max_features"], problem.n_features)
    every = drawn == problem.n_features
    return {"colsample_bynode": 1.0 if every else (drawn + 0.5) / problem.n_features}  # which XGBoost rounds down


def _seed(params: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    return seed_as("random_state", params, problem)


def _objective(_: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    return {"objective": "multi:softprob" if problem.n_classes > 2 else "binary:logistic"}


def _target(algorithm: str, estimator: str, **table: Any) -> Target:
    return Target(
        f"xgboost.{estimator}",
        renamed={"max_iter": Renamed("n_estimators"), "max_bins": Renamed("max_bin"), **table.get("renamed", {})},
        only=ONLY[algorithm],
        idle=IDLE,
        fixed={"tree_method": Fixed("hist", "splits between histogram bins"), "verbosity": Fixed(0, "silent")},
        computed={
            "max_leaf_nodes max_depth": Computed(
                ("max_leaves", "max_depth", "grow_policy"), _size, "best-first where leaves are limited, else by level"
            ),
            "learning_rate l2_regularization": Computed(
                ("learning_rate", "reg_lambda"), _newton, "doubled for more than two classes, as its second derivative"
            ),
            "min_samples_leaf": Computed(
                ("min_child_weight",), _smallest_leaf, "a sum of second derivatives: exact for squared error"
            ),
            "max_features": Computed(("colsample_bynode",), _features, "the share that draws as many at each split"),
            "random_state": Computed(("random_state",), _seed, "where it is given"),
            **table.get("computed", {}),
        },
        note="features are kept in float32",
    )


TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        CLASSIFIER: _target(
            CLASSIFIER, "XGBClassifier", computed={"loss": Computed(("objective",), _objective, "by the classes")}
        ),
        REGRESSOR: _target(
            REGRESSOR,
            "XGBRegressor",
            renamed={
                "loss": Renamed(
                    "objective", {"squared_error": "reg:squarederror"}, "only its squared error is the same"
                )
            },
        ),
    }
)
_FOREST = "its random forests draw rows without replacement and shrink leaves"
_LINEAR = "its linear booster takes steps of boosting and is not run to an optimum"


class XGBoostTrees(Trees):
    """XGBoost's booster."""

    def train(self, X: Array, y: Array) -> Any:
        """Bin into a `QuantileDMatrix` and train on it; with `strict` a GPU that is not there ends it before."""
        import xgboost

        settings = dict(self.settings)
        rounds = settings.pop("n_estimators")
        if self.problem.n_classes > 2:
            settings["num_class"] = self.problem.n_classes
        data = xgboost.QuantileDMatrix(X, y, max_bin=settings["max_bin"], nthread=settings["n_jobs"])
        if self.calls.strict and settings["device"] != "cpu":
            self._refuse_fallback(xgboost.Booster(settings, [data]))
        return xgboost.train(settings, data, rounds)

    def margins(self, X: Array) -> Array:
        """Apply the model in place on the CPU; a GPU's model takes a matrix, which it copies to the GPU."""
        if self.settings["device"] == "cpu":
            return self.model.inplace_predict(X, predict_type="margin")
        import xgboost

        if self.calls.strict:
            self._refuse_fallback(self.model)
        return self.model.predict(xgboost.DMatrix(X, nthread=self.settings["n_jobs"]), output_margin=True)

    def _refuse_fallback(self, booster: Any) -> None:
        report = self.trained(booster)
        if not report.accelerated:
            raise UnsupportedError(f"XGBoost would fall back to the CPU: {report.cause}")

    def trained(self, model: Any) -> EngineReport:
        """Read the device and the updater from the booster's configuration."""
        import xgboost

        learner = json.loads(model.save_config())["learner"]
        device = learner["generic_param"]["device"]
        updater = learner["gradient_booster"]["gbtree_train_param"]["updater"]
        evidence = f"device {device}, {updater}, {learner['generic_param']['nthread']} threads"
        if device.partition(":")[0] == self.settings["device"]:
            return EngineReport("XGBoost" if device == "cpu" else "XGBoost CUDA", accelerated=True, evidence=evidence)
        cause = "it found no GPU" if xgboost.build_info().get("USE_CUDA") else _NO_CUDA
        return EngineReport("XGBoost on the CPU", accelerated=False, cause=cause, evidence=evidence)

    def predicted(self, model: Any) -> EngineReport:
        """Say the same: the booster is applied on its device."""
        return self.trained(model)


class XGBoost(Boosting):
    """XGBoost on the CPU or an NVIDIA GPU."""

    name = "xgboost"
    title = "XGBoost"
    packages = ("xgboost", "xgboost-cpu", "numpy", "scipy")
    devices = ("cpu", "cuda")
    fork_safe = sys.platform == "linux"
    trees = XGBoostTrees
    lacks = MappingProxyType(
        {
            **dict.fromkeys(("RandomForestClassifier", "RandomForestRegressor"), _FOREST),
            **dict.fromkeys(("LinearRegression", "Ridge", "Lasso", "ElasticNet", "LogisticRegression"), _LINEAR),
        }
    )

    def diagnose(self) -> Diagnosis:
        """Say whether XGBoost is installed, and for `cuda` whether there is a GPU for it, without importing it."""
        if find_spec("xgboost") is None:
            return Diagnosis(State.NOT_INSTALLED, "no module named xgboost", cure=_CURE)
        full, cpu_only = version("xgboost"), version("xgboost-cpu")
        if self.device == "cpu":
            return Diagnosis(State.READY, version=full or cpu_only, device="CPU")
        if cpu_only and not full:
            return Diagnosis(State.NOT_INSTALLED, _NO_CUDA, _GPU_CURE, cpu_only)
        from backends._cuda import Needs, judge, look  # ctypes, for this device only

        return judge(look(), Needs(CUDA, CAPABILITY), full)

    def probe(self) -> Diagnosis:
        """Say the same, after importing XGBoost in a process of its own and asking how it was built."""
        found = self.diagnose()
        if found.state is not State.READY:
            return found
        code = "import xgboost; print(xgboost.build_info().get('USE_CUDA'))"
        built, seen = ask_python(code, found, f"pip install --force-reinstall xgboost=={found.version}")
        if seen.state is State.READY and self.device == "cuda" and built != "True":
            return Diagnosis(State.NOT_INSTALLED, _NO_CUDA, _GPU_CURE, found.version, found.device)
        return seen

    def targets(self) -> Mapping[str, Target]:
        """Return the tables: the same for both devices."""
        return TARGETS

    def load(self, algorithms: frozenset[str]) -> None:  # noqa: ARG002
        """Import XGBoost. It starts no threads before the first fit."""
        import_module("xgboost")

    def settings(self, problem: Problem) -> dict[str, Any]:
        """Return XGBoost's parameters, with the threads and the device."""
        return super().settings(problem) | {"n_jobs": problem.threads, "device": self.device}
