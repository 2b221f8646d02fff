"""ONNX Runtime applies scikit-learn's models, converted by skl2onnx to a graph of ONNX operators.

Its operators of `ai.onnx.ml` (trees, SVMs, linear models) exist for the CPU alone, so it has no other device here.
Those of trees and SVMs take float32; what a graph of elementary operators can express is in the data's own type.
Source: skl2onnx's list of converters, and ONNX Runtime's table of kernels by execution provider; the tests try each.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import MappingProxyType

from backends._inference import Converted, InferenceEngine
from backends._installed import how_to_install
from backends.protocol import Array, EngineReport

_BOTH = (
    "LogisticRegression", "LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis", "GaussianNB", "BernoulliNB",
    "MultinomialNB", "KNeighborsClassifier", "MLPClassifier", "LinearRegression", "Ridge", "Lasso", "ElasticNet",
    "BayesianRidge", "HuberRegressor", "PoissonRegressor", "SGDRegressor", "LinearSVR", "KNeighborsRegressor",
    "GaussianProcessRegressor", "MLPRegressor", "KMeans", "MiniBatchKMeans", "GaussianMixture",
)  # fmt: skip
_FLOAT32 = (
    "RidgeClassifier", "SGDClassifier", "Perceptron", "SVC", "NuSVC", "LinearSVC", "DecisionTreeClassifier",
    "RandomForestClassifier", "ExtraTreesClassifier", "GradientBoostingClassifier", "HistGradientBoostingClassifier",
    "AdaBoostClassifier", "SVR", "NuSVR", "DecisionTreeRegressor", "RandomForestRegressor", "ExtraTreesRegressor",
    "GradientBoostingRegressor", "HistGradientBoostingRegressor",
)  # fmt: skip


class OnnxModel(Converted):
    """A session of ONNX Runtime on the converted model."""

    def convert(self, X: Array) -> None:
        """Convert by skl2onnx and open a session with the problem's threads."""
        onnxruntime, skl2onnx = import_module("onnxruntime"), import_module("skl2onnx")
        types = import_module("skl2onnx.common.data_types")
        kind = types.FloatTensorType if self.problem.dtype == "float32" else types.DoubleTensorType
        mixture = self.problem.algorithm == "GaussianMixture"
        self.has_probabilities = hasattr(self.stock, "predict_proba") and not mixture
        options = {id(self.stock): {"zipmap": False}} if self.has_probabilities else None
        graph = skl2onnx.convert_sklearn(self.stock, initial_types=[("X", kind([None, X.shape[1]]))], options=options)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = self.problem.threads
        settings.inter_op_num_threads = 1
        settings.log_severity_level = 4  # what it raises says as much
        self.session = onnxruntime.InferenceSession(
            graph.SerializeToString(), settings, providers=["CPUExecutionProvider"]
        )
        self.outputs = [output.name for output in self.session.get_outputs()]
        self.operators = ", ".join(dict.fromkeys(node.op_type for node in graph.graph.node))

    def apply(self, X: Array) -> Array:
        """Run the graph's first output: the labels or values, of shapes that differ by the converter."""
        result = self.session.run(self.outputs[:1], {"X": X})[0].reshape(len(X), -1)
        return result[:, 0] if result.shape[1] == 1 else result

    def probabilities(self, X: Array) -> Array:
        """Run the graph's second output."""
        if not self.has_probabilities:
            return super().probabilities(X)
        return self.session.run(self.outputs[1:2], {"X": X})[0]

    def evidence(self) -> EngineReport:
        """Say which provider the session has, and what the graph is made of."""
        provider = ", ".join(self.session.get_providers())
        return EngineReport("ONNX Runtime", accelerated=True, evidence=f"{provider}: {self.operators}")


class OnnxRuntime(InferenceEngine):
    """ONNX Runtime on the CPU."""

    name = "onnxruntime"
    title = "ONNX Runtime"
    packages = ("onnxruntime", "skl2onnx", "onnx", "protobuf", "scikit-learn", "numpy")
    fork_safe = sys.platform == "linux"
    estimators = MappingProxyType(dict.fromkeys((*_BOTH, *_FLOAT32), OnnxModel))
    otherwise = "skl2onnx has no converter for it that ONNX Runtime can run"
    float32_only = frozenset(_FLOAT32)
    modules = ("onnxruntime", "skl2onnx")
    cure = how_to_install("onnxruntime")
