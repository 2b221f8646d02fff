"""A simulation replaced: maps for held-out designs and for many more, of which the best ones are named."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.injector.examination import examine
from suite.workloads.science.injector.maps import Layout, Maps
from suite.workloads.science.injector.surrogate import ByComponents, ByPoints, Surrogate
from suite.workloads.science.workflow import Data, Findings, Learner, Model, Results, Workflow

#: Designs that are named as the best ones.
BEST = 10


class InjectorMap(Workflow):
    """Learn the maps from the simulations, predict those held out, and explore designs."""

    @abstractmethod
    def surrogate(self, X: NDArray[Any], y: Maps, data: Data, learner: Learner) -> Surrogate:
        """Return the surrogate learnt from the first designs of the training set, `X`, and their maps, `y`."""

    def run(self, data: Data, learner: Learner) -> Results:
        """Return held-out maps, maps beyond the range, the objective of every design to explore, and the best ones."""
        surrogate = self.surrogate(data["X_train"], data["y_train"], data, learner)
        objectives = surrogate.objectives(data["X_designs"])
        return {
            "maps": surrogate.maps(data["X_test"]),
            "maps_far": surrogate.maps(data["X_far"]),
            "objectives": objectives,
            "best": np.argsort(objectives, kind="stable")[:BEST],
        }

    def examine(self, data: Data, learner: Learner, results: Results) -> Findings:
        """Return errors in and beyond the range, what they depend on, and what the surrogate saves."""
        return examine(lambda X, y: self.surrogate(X, y, data, learner), data, results)


class Components(InjectorMap):
    """By proper orthogonal decomposition and one model of each coefficient."""

    def surrogate(self, X: NDArray[Any], y: Maps, data: Data, learner: Learner) -> Surrogate:
        """Return the surrogate by components."""

        def fit(rows: NDArray[Any], target: NDArray[Any]) -> Model:
            return learner.fit(rows, target, **self.model_params(rows))

        return ByComponents(X, y, Layout.of(data), learner, fit)

    def model_params(self, rows: NDArray[Any]) -> Mapping[str, Any]:  # noqa: ARG002
        """Return what the entry cannot say of the model's parameters."""
        return {}


class GaussianProcesses(Components):
    """The same by Gaussian processes, each with a length for every parameter, by the marginal likelihood."""

    def model_params(self, rows: NDArray[Any]) -> Mapping[str, Any]:
        """Return the kernel, which is no plain value."""
        from sklearn.gaussian_process.kernels import RBF

        return {"kernel": RBF(np.ones(rows.shape[1]), (0.05, 1000.0))}


class Points(InjectorMap):
    """Point by point: one model of each variable of the flow."""

    def surrogate(self, X: NDArray[Any], y: Maps, data: Data, learner: Learner) -> Surrogate:
        """Return the surrogate by points."""
        layout = Layout.of(data)
        points = np.asarray(data["points"])
        return ByPoints(X, y, layout, points[points < len(X) * layout.points], learner.fit)


WORKFLOWS: Mapping[str, Workflow] = {
    "injector": Components(),
    "gaussian_process": GaussianProcesses(),
    "pointwise": Points(),
}
