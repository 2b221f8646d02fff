"""What a map of the exit plane is, how two are compared, and what a design is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.injector.nozzle import VARIABLES

Maps = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Layout:
    """How a map's values are arranged: by time, then variable (u, v, void), then height."""

    times: int
    heights: int

    @classmethod
    def of(cls, data: Mapping[str, NDArray[Any]]) -> Layout:
        """Return that of a data set."""
        return cls(len(data["times"]), len(data["heights"]))

    @property
    def shape(self) -> tuple[int, int, int]:
        """That of a map."""
        return self.times, len(VARIABLES), self.heights

    @property
    def points(self) -> int:
        """In how many points of time and height a map has its three values."""
        return self.times * self.heights

    def unfold(self, maps: Maps) -> Maps:
        """Return maps of (n, values) as (n, times, variables, heights)."""
        return maps.reshape(-1, *self.shape)

    def scales(self, maps: Maps) -> NDArray[np.float64]:
        """Return, for every value of a map, the standard deviation of its variable over all maps."""
        deviations = self.unfold(maps).std(axis=(0, 1, 3), dtype=np.float64)
        return np.broadcast_to(deviations[:, None], self.shape).ravel()

    def objective(self, maps: Maps) -> NDArray[np.float64]:
        """Return what is to be small in a design: the mean void fraction and the liquid's asymmetry at the exit.

        The asymmetry is the mean over time of |flux through the upper half - flux through the lower half| over the mean
        flux, of liquid: (1 - void) u.
        """
        fields = self.unfold(maps)
        void = np.clip(fields[:, :, 2], 0, 1)
        liquid = (1 - void) * fields[:, :, 0]
        halves = np.stack([np.ones(self.heights), np.where(np.arange(self.heights) < self.heights / 2, -1.0, 1.0)], 1)
        flux, difference = np.moveaxis(liquid @ halves.astype(liquid.dtype), 2, 0).astype(np.float64)
        asymmetry = np.abs(difference).mean(axis=1) / flux.mean(axis=1)
        objective: NDArray[np.float64] = void.mean(axis=(1, 2), dtype=np.float64) + asymmetry
        return objective


def nrmse(predicted: Maps, true: Maps, trained: Maps, layout: Layout) -> float:
    """Return the root mean squared error, relative to that of the mean training map; each variable in its own scale.

    Parameters
    ----------
    predicted, true
        Maps of (n, values).
    trained
        The training maps: from them come the scales and the mean.
    """
    scales = layout.scales(trained)
    error = (np.asarray(predicted, np.float64) - true) / scales
    spread = (true - trained.mean(axis=0, dtype=np.float64)) / scales
    return float(np.sqrt(np.mean(error**2) / np.mean(spread**2)))
