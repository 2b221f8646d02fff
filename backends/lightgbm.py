"""LightGBM, called by its own `train` on a `Dataset`, which `fit` makes: binning is on its bill.

The trees are scikit-learn's to rounding where `l2_regularization` is 0; otherwise it no longer looks at features that
have gained nothing in a node when it splits the node's children. With `gpu` (OpenCL) the histograms are summed on the
device; all else, and `predict`, stays on the CPU. Which device that was is known from its log alone.
Source: its parameter documentation and source (feature_histogram.hpp, multiclass_objective.hpp, col_sampler.hpp).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
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

MOST_LEAVES = 131_072
ICD_FOLDER = "/etc/OpenCL/vendors"
_CURE = how_to_install("lightgbm")
_ICD_CURE = "install the GPU's OpenCL driver; NVIDIA: echo libnvidia-opencl.so.1 > /etc/OpenCL/vendors/nvidia.icd"
_DEVICE = re.compile(r"Using (?:GPU Device: (.*), Vendor: (.*)|requested OpenCL platform \d+ device \d+)")
_MOVED = re.compile(r"(\d+) dense feature groups .* transferred to GPU .* (\d+) sparse feature groups")
_TRY = """
import lightgbm, numpy
class Log:
    info = warning = staticmethod(print)
lightgbm.register_logger(Log)
settings = {"device_type": "gpu", "min_data_in_leaf": 1, "num_threads": 1, "verbosity": 1}
X = numpy.arange(200.0).reshape(100, 2)
lightgbm.train(settings, lightgbm.Dataset(X, X[:, 0], params=settings), 1)
"""


def _size(params: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    """It always grows best-first up to a number of leaves: without one, as many as there can be."""
    leaves, depth = params["max_leaf_nodes"], params["max_depth"]
    if leaves is None:
        leaves = max(2, problem.n_samples if depth is None else min(problem.n_samples, 2**depth))
    if leaves > MOST_LEAVES:
        raise UnsupportedError(f"LightGBM: {problem.algorithm}: {leaves} leaves, it has at most {MOST_LEAVES}")
    return {"num_leaves": leaves, "max_depth": -1 if depth is None else depth}


def _hessian_scale(problem: Problem) -> float:
    """Softmax's second derivative is K / (K - 1) p (1 - p) in LightGBM, p (1 - p) in scikit-learn."""
    return problem.n_classes / (problem.n_classes - 1) if problem.n_classes > 2 else 1.0


def _newton(params: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    scale = _hessian_scale(problem)
    return {
        "learning_rate": scale * params["learning_rate"],
        "lambda_l2": scale * params["l2_regularization"],
        "min_sum_hessian_in_leaf": scale * MIN_HESSIAN,
    }


def _smallest_leaf(params: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    rows = params["min_samples_leaf"]
    if problem.algorithm == REGRESSOR:  # the second derivatives are all 1: the estimate is exact
        return {"min_data_in_leaf": rows}
    if rows != 1:
        where = f"LightGBM: {CLASSIFIER}(min_samples_leaf={rows!r})"
        raise UnsupportedError(f"{where}: it estimates the rows of a leaf from the sum of their second derivatives")
    return {"min_data_in_leaf": 0}  # a leaf with a row of any derivative


def _features(params: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    drawn = features_per_split(params["max_features"], problem.n_features)
    return {"feature_fraction_bynode": drawn / problem.n_features}


def _seed(params: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    return seed_as("seed", params, problem)


def _objective(_: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    return {"objective": "multiclass" if problem.n_classes > 2 else "binary"}


def _target(algorithm: str, estimator: str, **table: Any) -> Target:
    return Target(
        f"lightgbm.{estimator}",
        renamed={"max_iter": Renamed("num_iterations"), "max_bins": Renamed("max_bin"), **table.get("renamed", {})},
        only=ONLY[algorithm],
        idle=IDLE,
        fixed={"min_data_in_bin": Fixed(1, "a bin for each value where there are few, as in scikit-learn")},
        computed={
            "max_leaf_nodes max_depth": Computed(
                ("num_leaves", "max_depth"),
                _size,
                "where leaves are not limited, as many as the depth or the rows allow",
            ),
            "learning_rate l2_regularization": Computed(
                ("learning_rate", "lambda_l2", "min_sum_hessian_in_leaf"),
                _newton,
                "times K / (K - 1) for K > 2 classes, as its second derivative",
            ),
            "min_samples_leaf": Computed(
                ("min_data_in_leaf",), _smallest_leaf, "exact for squared error; else 1 only, for it is estimated"
            ),
            "max_features": Computed(("feature_fraction_bynode",), _features, "the share that draws as many"),
            "random_state": Computed(("seed",), _seed, "where it is given"),
            **table.get("computed", {}),
        },
        note="with L2 it passes over features that gained nothing in the parent node",
    )


TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        CLASSIFIER: _target(
            CLASSIFIER, "LGBMClassifier", computed={"loss": Computed(("objective",), _objective, "by the classes")}
        ),
        REGRESSOR: _target(
            REGRESSOR,
            "LGBMRegressor",
            renamed={
                "loss": Renamed("objective", {"squared_error": "regression"}, "only the squared error is the same")
            },
        ),
    }
)
#: The same for OpenCL.
GPU_TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        name: replace(target, note=f"{target.note}; only histograms are summed on the device, predict is on the CPU")
        for name, target in TARGETS.items()
    }
)
_FOREST = "its random forest mode draws rows without replacement and limits leaves, not depth"


class Log:
    """What LightGBM writes since the last look; set by `LightGBM.load` for the whole process."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, line: str) -> None:
        """Take a line."""
        self.lines.append(line)

    warning = info


LOG = Log()


class LightGBMTrees(Trees):
    """LightGBM's booster."""

    def train(self, X: Array, y: Array) -> Any:
        """Bin into a `Dataset` and train on it."""
        import lightgbm

        settings = dict(self.settings)
        rounds = settings.pop("num_iterations")
        if self.problem.n_classes > 2:
            settings["num_class"] = self.problem.n_classes
        LOG.lines.clear()
        model = lightgbm.train(settings, lightgbm.Dataset(X, y, params=settings), rounds)
        self.log = tuple(LOG.lines)
        if self.calls.strict and not (report := self.trained(model)).accelerated:
            raise UnsupportedError(f"LightGBM did not train on a GPU: {report.cause}")
        return model

    def margins(self, X: Array) -> Array:
        """Apply the model, which LightGBM does on the CPU."""
        return self.model.predict(X, raw_score=True, num_threads=self.settings["num_threads"])

    def trained(self, model: Any) -> EngineReport:
        """Read the device from the model's text; the name of an OpenCL device from what LightGBM wrote."""
        text = model.model_to_string(num_iteration=1)
        evidence = ", ".join(re.findall(r"^\[((?:device_type|tree_learner|num_threads): .*)\]$", text, re.MULTILINE))
        if self.settings["device_type"] == "cpu":
            return EngineReport("LightGBM", accelerated="device_type: cpu" in evidence, evidence=evidence)
        device, moved = _named(self.log), next(filter(None, map(_MOVED.search, self.log)), None)
        if "device_type: gpu" not in evidence or not device or not moved or moved[1] == "0":
            cause = "it did not say that it moved features to an OpenCL device"
            return EngineReport("LightGBM on the CPU", accelerated=False, cause=cause, evidence=evidence)
        evidence = f"{evidence}, on {device}, {moved[1]} dense and {moved[2]} sparse groups of features"
        if is_cpu(device):
            cause = f"the OpenCL device is the CPU ({device})"
            return EngineReport("LightGBM OpenCL", accelerated=False, cause=cause, evidence=evidence)
        return EngineReport("LightGBM OpenCL", accelerated=True, evidence=evidence)

    def predicted(self, model: Any) -> EngineReport:  # noqa: ARG002
        """Say that it is the CPU, whatever the model was trained on: LightGBM applies its models nowhere else."""
        engine = "LightGBM" if self.settings["device_type"] == "cpu" else "LightGBM on the CPU"
        return EngineReport(engine, accelerated=True, evidence="Booster.predict, which runs on the CPU")


class LightGBM(Boosting):
    """LightGBM on the CPU, or with histograms summed by OpenCL on a GPU of any vendor."""

    name = "lightgbm"
    title = "LightGBM"
    packages = ("lightgbm", "numpy", "scipy")
    devices = ("cpu", "gpu")
    fork_safe = sys.platform == "linux"
    trees = LightGBMTrees
    lacks = MappingProxyType(dict.fromkeys(("RandomForestClassifier", "RandomForestRegressor"), _FOREST))

    def diagnose(self) -> Diagnosis:
        """Say whether LightGBM is installed, and for `gpu` whether any OpenCL driver is registered."""
        if find_spec("lightgbm") is None:
            return Diagnosis(State.NOT_INSTALLED, "no module named lightgbm", cure=_CURE)
        installed = version("lightgbm")
        if self.device == "cpu":
            return Diagnosis(State.READY, version=installed, device="CPU")
        drivers = opencl_drivers()
        if not drivers:
            return Diagnosis(State.NO_DRIVER, f"no OpenCL driver in {ICD_FOLDER}", _ICD_CURE, installed)
        return Diagnosis(State.READY, version=installed, device=f"OpenCL ({', '.join(drivers)})")

    def probe(self) -> Diagnosis:
        """Say the same, after importing LightGBM in a process of its own; for `gpu` a tree is grown there."""
        found = self.diagnose()
        if found.state is not State.READY:
            return found
        code = "import lightgbm" if self.device == "cpu" else _TRY
        written, seen = ask_python(code, found, f"pip install --force-reinstall lightgbm=={found.version}")
        if self.device == "cpu":
            return seen
        if seen.state is not State.READY:
            return Diagnosis(State.NO_DEVICE, seen.detail, _ICD_CURE, found.version, found.device)
        device = _named(written.splitlines())
        if is_cpu(device):
            return Diagnosis(State.NO_DEVICE, f"OpenCL has only the CPU ({device})", _ICD_CURE, found.version, device)
        return Diagnosis(State.READY, version=found.version, device=f"OpenCL, {device}")

    def targets(self) -> Mapping[str, Target]:
        """Return the tables of this device: they differ in their notes only."""
        return TARGETS if self.device == "cpu" else GPU_TARGETS

    def load(self, algorithms: frozenset[str]) -> None:  # noqa: ARG002
        """Import LightGBM and, for `gpu`, listen to it. It starts no threads before the first fit."""
        lightgbm = import_module("lightgbm")
        if self.device == "gpu":
            lightgbm.register_logger(LOG)

    def settings(self, problem: Problem) -> dict[str, Any]:
        """Return LightGBM's parameters, with the threads and the device; for `gpu` it writes what it does."""
        ours = {
            "num_threads": problem.threads,
            "device_type": self.device,
            "verbosity": 1 if self.device == "gpu" else -1,
        }
        return super().settings(problem) | ours


def opencl_drivers() -> list[str]:
    """Return the names of the registered OpenCL drivers, as the loader finds them (Khronos OpenCL-ICD-Loader)."""
    listed = [name for name in os.environ.get("OCL_ICD_FILENAMES", "").split(os.pathsep) if name]
    folder = Path(os.environ.get("OCL_ICD_VENDORS") or ICD_FOLDER)
    return [Path(name).name for name in listed] + sorted(file.stem for file in folder.glob("*.icd"))


def _named(lines: Any) -> str:
    """Return the device that LightGBM says it uses, empty if it does not say."""
    for line in lines:
        if match := _DEVICE.search(line):
            return f"{match[1]}, {match[2]}" if match[1] else match[0]
    return ""


def is_cpu(device: str) -> bool:
    """Whether an OpenCL device bears the processor's name, as those of Intel's and pocl's CPU drivers do."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    name = device.partition(",")[0].removeprefix("cpu-").removeprefix("pthread-").strip()
    models = {line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")}
    return any(name and (name in model or model in name) for model in models)
