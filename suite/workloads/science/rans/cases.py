"""The family of flows: steps of several heights on one topology of cells, and what is looked at in each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.rans.flow import Channel
from suite.workloads.science.rans.grid import CHANNEL_HEIGHT, Floats, Grid
from suite.workloads.science.rans.resolution import Resolution

#: Lowest and highest step for training, and the steps beyond them.
LOWEST, HIGHEST = 0.5, 1.4
BEYOND = (0.35, 1.6)
#: How many of the features of potential flow are the paper's: the first ones.
PAPER_FEATURES = 5
#: Held-out heights lie between these shares of the way from one training height to the next.
_NEAREST, _FARTHEST = 0.3, 0.7


def training_heights(n: int) -> Floats:
    """Return n heights at equal distances, (n,)."""
    return np.linspace(LOWEST, HIGHEST, n)


def held_out_heights(n: int, n_training: int) -> Floats:
    """Return n heights between training heights, spread over all of them and never near one, (n,)."""
    place = (np.arange(n) + 0.5) / n * (n_training - 1)
    gap = np.floor(place)
    share = _NEAREST + (_FARTHEST - _NEAREST) * (place - gap)
    return LOWEST + (gap + share) * (HIGHEST - LOWEST) / (n_training - 1)


def channel(height: float, level: int) -> Channel:
    """Return the flow over a step of this height on the grid of this level of resolution."""
    return Channel.with_step(Grid.over_step(height, Resolution.of(level)))


def channels(data: Mapping[str, NDArray[Any]], part: str) -> list[Channel]:
    """Return the flows of a part of the data set: "train", "test" or "far"."""
    return [channel(float(height), int(data["level"][0])) for height in data[f"heights_{part}"]]


def potential_features(flow: Channel) -> Floats:
    """Return what is known of each fluid cell before the flow is, (fluid cells, 9).

    The paper's: potential-flow velocity, position and step height. And: distance from the wall, position by the step's
    height, and height above the step by what is clear there.
    """
    X, Y = flow.grid.centres
    height = flow.grid.height
    potential = flow.grid.centred(flow.potential)
    return np.column_stack([potential, X, Y, np.full_like(X, height), flow.grid.wall_distance, *_scaled(flow.grid)])


def local_features(flow: Channel, velocity: Floats) -> Floats:
    """Return what is known of each fluid cell in the current flow, (fluid cells, 8).

    Logarithms of vorticity and of the distance from the wall, both velocities, speed, and scaled positions.

    Parameters
    ----------
    velocity
        On all faces.
    """
    centred = flow.grid.centred(velocity)
    vorticity = np.log(flow.momentum.vorticity_in_cells(velocity) + 1e-6)
    distance = np.log(flow.grid.wall_distance)
    speed = np.hypot(centred[:, 0], centred[:, 1])
    return np.column_stack([vorticity, distance, centred, speed, *_scaled(flow.grid)])


def _scaled(grid: Grid) -> tuple[Floats, Floats, Floats]:
    X, Y = grid.centres
    return X / grid.height, Y / grid.height, (Y - grid.height) / (CHANNEL_HEIGHT - grid.height)


def velocity_error(grid: Grid, velocity: Floats, truth: Floats) -> float:
    """Return the L2 norm of the difference of two velocities, (fluid cells, 2), by that of the truth."""
    weight = grid.volume[:, None]
    return float(np.sqrt((weight * (velocity - truth) ** 2).sum() / (weight * truth**2).sum()))


def viscosity_error(grid: Grid, viscosity: Floats, truth: Floats) -> float:
    """Return the L2 norm of the difference of two viscosities, (fluid cells,), by that of the truth."""
    return velocity_error(grid, viscosity[:, None], truth[:, None])


def reattachment(grid: Grid, velocity: Floats) -> float:
    """Return where the flow along the floor turns downstream for good, in step heights; 0 if it never turns.

    Parameters
    ----------
    velocity
        In the fluid cells, (fluid cells, 2).
    """
    X, Y = grid.centres
    floor = (grid.y[1] > Y) & (X > 0)
    x, u = X[floor], velocity[floor, 0]
    turns = np.flatnonzero((u[:-1] < 0) & (u[1:] >= 0))
    if not len(turns):
        return 0.0
    k = turns[-1]
    return float((x[k] - u[k] * (x[k + 1] - x[k]) / (u[k + 1] - u[k])) / grid.height)


def reattachment_error(grid: Grid, velocity: Floats, truth: Floats) -> float:
    """Return by which share the reattachment length is wrong."""
    return abs(reattachment(grid, velocity) / reattachment(grid, truth) - 1)
