"""What stands for the simulation: maps from designs, by components or point by point."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.injector.entry import COMPONENTS
from suite.workloads.science.injector.maps import Layout, Maps
from suite.workloads.science.injector.nozzle import VARIABLES
from suite.workloads.science.workflow import Learner, Model

#: Values of maps that are made at once: few enough to stay near the processor.
_VALUES_AT_ONCE = 1 << 22
#: Rows of points that an engine is given at once.
_ROWS_AT_ONCE = 1 << 20

#: Fits the model of one component or variable.
Fit = Callable[[NDArray[Any], NDArray[Any]], Model]


class Surrogate(ABC):
    """Gives maps for designs. Every model has one target: the one form that all engines have."""

    layout: Layout

    @abstractmethod
    def blocks(self, X: NDArray[Any]) -> Iterator[Maps]:
        """Yield the maps of coded designs, some at a time."""

    def maps(self, X: NDArray[Any]) -> Maps:
        """Return the maps of all designs, of (designs, values)."""
        return np.concatenate(list(self.blocks(X)))

    def deviations(self, X: NDArray[Any]) -> Maps | None:  # noqa: ARG002
        """Return the standard deviation that the models give every value of the maps, None where they give none."""
        return None

    def objectives(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return the objective of every design; its map is made and forgotten."""
        return np.concatenate([self.layout.objective(maps) for maps in self.blocks(X)])


class ByComponents(Surrogate):
    """Proper orthogonal decomposition of the maps, and a regression of each component's coefficient."""

    def __init__(self, X: NDArray[Any], y: Maps, layout: Layout, learner: Learner, fit: Fit) -> None:
        self.layout = layout
        scales = layout.scales(y).astype(y.dtype)
        scaled = np.ascontiguousarray(y / scales)
        fewer: dict[str, Any] = {"n_components": len(y) - 1} if len(y) <= COMPONENTS else {}
        decomposition = learner.fit(scaled, role="pca", **fewer)
        self.modes = decomposition.attribute("components_") * scales
        self.mean = decomposition.attribute("mean_").ravel() * scales
        coefficients = decomposition.transform(scaled)
        self.models = [fit(X, np.ascontiguousarray(column)) for column in coefficients.T]
        self.left_out = np.std(scaled - self.mean / scales - coefficients @ (self.modes / scales), axis=0) * scales

    def deviations(self, X: NDArray[Any]) -> Maps | None:
        """Return those of the coefficients, taken as independent, with what the components leave out."""
        found = [model.deviations(X) for model in self.models]
        columns = [deviation for deviation in found if deviation is not None]
        if len(columns) < len(found):
            return None
        deviations: Maps = np.sqrt(np.column_stack(columns) ** 2 @ self.modes**2 + self.left_out**2)
        return deviations

    def blocks(self, X: NDArray[Any]) -> Iterator[Maps]:
        """Yield the maps of coded designs, some at a time."""
        coefficients = np.column_stack([model.predict(X) for model in self.models]).astype(self.modes.dtype)
        step = max(1, _VALUES_AT_ONCE // self.modes.shape[1])
        for start in range(0, len(X), step):
            yield coefficients[start : start + step] @ self.modes + self.mean


class ByPoints(Surrogate):
    """A regression of each variable on the design, the time and the height, in rows of one point each.

    `points` are those to learn, counted through over (design, time, height).
    """

    def __init__(self, X: NDArray[Any], y: Maps, layout: Layout, points: NDArray[np.int64], fit: Fit) -> None:
        self.layout = layout
        design, point = np.divmod(points, layout.points)
        time, height = np.divmod(point, layout.heights)
        rows = np.column_stack([X[design], self._places(X.dtype)[point]])
        fields = layout.unfold(y)
        self.models = [fit(rows, fields[design, time, variable, height]) for variable in range(len(VARIABLES))]

    def blocks(self, X: NDArray[Any]) -> Iterator[Maps]:
        """Yield the maps of coded designs, some at a time."""
        places = self._places(X.dtype)
        step = max(1, _ROWS_AT_ONCE // len(places))
        for start in range(0, len(X), step):
            block = X[start : start + step]
            rows = np.column_stack([np.repeat(block, len(places), axis=0), np.tile(places, (len(block), 1))])
            fields = [model.predict(rows).reshape(len(block), self.layout.times, -1) for model in self.models]
            yield np.stack(fields, axis=2).reshape(len(block), -1)

    def _places(self, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return time and height of the points of a map, both from 0 to 1, of (points, 2)."""
        axes = (np.linspace(0, 1, n, dtype=dtype) for n in (self.layout.times, self.layout.heights))
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
