"""The staggered grid over a backward-facing step, and the incidences of its faces.

Velocities are on faces, u of (nx + 1, ny) and v of (nx, ny + 1); pressure and viscosity are in cells, (nx, ny); shear
is at corners, (nx + 1, ny + 1) (Harlow and Welch 1965). Fields are kept flat, x first, over the whole rectangle; what
lies in the step is masked. Lengths are in units of which the channel behind the step is 3 high; the step's edge is at
(0, height) and its foot at the origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from suite.workloads.science.rans.resolution import Resolution

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]
Matrix = sparse.csr_array

#: Of the channel behind the step; of the part before and behind the step.
CHANNEL_HEIGHT = 3.0
UPSTREAM_LENGTH = 4.0
DOWNSTREAM_LENGTH = 18.0
#: How strongly cells gather at walls and behind the step: parameters of hyperbolic tangents.
_STRETCH_UPSTREAM, _STRETCH_DOWNSTREAM, _STRETCH_LOWER, _STRETCH_UPPER = 1.6, 2.2, 1.9, 2.3


def gathered_at_start(n: int, strength: float) -> Floats:
    """Return n + 1 points from 0 to 1, densest at 0."""
    return np.asarray(1 + np.tanh(strength * (np.linspace(0, 1, n + 1) - 1)) / np.tanh(strength))


def gathered_at_ends(n: int, strength: float) -> Floats:
    """Return n + 1 points from 0 to 1, densest at both."""
    return np.asarray(0.5 * (1 + np.tanh(strength * np.linspace(-1, 1, n + 1)) / np.tanh(strength)))


def incidence(columns: Integers, n_columns: int, values: Floats | float = 1.0) -> Matrix:
    """Return the matrix with one entry a row, in these columns; none where the column is negative."""
    columns = columns.ravel()
    rows = np.flatnonzero(columns >= 0)
    data = np.broadcast_to(np.ravel(values) if np.ndim(values) else values, columns.shape)[rows]
    return sparse.csr_array((data, (rows, columns[rows])), shape=(len(columns), n_columns))


@dataclass(frozen=True)
class Grid:
    """The grid over a step of this height; in a plain channel the height is 0.

    `x` and `y` are the (nx + 1,) and (ny + 1,) coordinates of faces, `edge` the (column, row) of the step's edge.
    """

    height: float
    x: Floats
    y: Floats
    edge: tuple[int, int]

    @classmethod
    def over_step(cls, height: float, resolution: Resolution) -> Grid:
        """Return a grid that gathers at the walls and behind the step."""
        before = -UPSTREAM_LENGTH * gathered_at_start(resolution.upstream, _STRETCH_UPSTREAM)[::-1]
        behind = DOWNSTREAM_LENGTH * gathered_at_start(resolution.downstream, _STRETCH_DOWNSTREAM)
        below = height * gathered_at_ends(resolution.lower, _STRETCH_LOWER)
        above = height + (CHANNEL_HEIGHT - height) * gathered_at_ends(resolution.upper, _STRETCH_UPPER)
        edge = (resolution.upstream, resolution.lower)
        return cls(height, np.concatenate([before[:-1], behind]), np.concatenate([below[:-1], above]), edge)

    @property
    def shape(self) -> tuple[int, int]:
        """Cells in x and y, those in the step among them."""
        return len(self.x) - 1, len(self.y) - 1

    @property
    def n_u(self) -> int:
        """Faces that carry u."""
        return (self.shape[0] + 1) * self.shape[1]

    @property
    def n_v(self) -> int:
        """Faces that carry v."""
        return self.shape[0] * (self.shape[1] + 1)

    @property
    def n_cells(self) -> int:
        """Cells, those in the step among them."""
        return self.shape[0] * self.shape[1]

    @cached_property
    def dx(self) -> Floats:
        """Widths of cells, (nx,)."""
        return np.diff(self.x)

    @cached_property
    def dy(self) -> Floats:
        """Heights of cells, (ny,)."""
        return np.diff(self.y)

    @cached_property
    def x_centre(self) -> Floats:
        """Centres of cells in x, (nx,)."""
        return 0.5 * (self.x[1:] + self.x[:-1])

    @cached_property
    def y_centre(self) -> Floats:
        """Centres of cells in y, (ny,)."""
        return 0.5 * (self.y[1:] + self.y[:-1])

    @cached_property
    def fluid(self) -> Mask:
        """Which cells are not in the step, (nx, ny)."""
        mask = np.ones(self.shape, bool)
        mask[: self.edge[0], : self.edge[1]] = False
        return mask

    @cached_property
    def cells(self) -> Integers:
        """Flat numbers of the fluid cells, in the order of every vector over fluid cells."""
        return np.flatnonzero(self.fluid)

    @cached_property
    def volume(self) -> Floats:
        """Areas of the fluid cells, (fluid cells,)."""
        return np.outer(self.dx, self.dy).ravel()[self.cells]

    @cached_property
    def centres(self) -> tuple[Floats, Floats]:
        """Coordinates x and y of the fluid cells, each (fluid cells,)."""
        X, Y = np.meshgrid(self.x_centre, self.y_centre, indexing="ij")
        return X.ravel()[self.cells], Y.ravel()[self.cells]

    @cached_property
    def wall_distance(self) -> Floats:
        """Distances of the fluid cells from the nearest wall, (fluid cells,)."""
        X, Y = self.centres
        to_top = self.y[-1] - Y
        above_step = Y - self.height
        behind = np.where(self.height >= Y, X, np.hypot(X, above_step)) if self.edge[0] else np.full_like(X, np.inf)
        return np.asarray(np.minimum(to_top, np.where(X < 0, above_step, np.minimum(Y, behind))))

    @cached_property
    def _padded(self) -> tuple[Integers, Mask]:
        """Flat numbers of cells and where fluid is, each with a rim of absent cells around, (nx + 2, ny + 2)."""
        number = np.where(self.fluid, np.arange(self.n_cells).reshape(self.shape), -1)
        return np.pad(number, 1, constant_values=-1), np.pad(self.fluid, 1)

    @cached_property
    def sides(self) -> tuple[Integers, Integers]:
        """The fluid cell below and the one beyond each face in the direction of its velocity, -1 where there is none.

        Faces of u come before those of v, (n_u + n_v,).
        """
        number, _ = self._padded
        lower = np.concatenate([number[:-1, 1:-1].ravel(), number[1:-1, :-1].ravel()])
        upper = np.concatenate([number[1:, 1:-1].ravel(), number[1:-1, 1:].ravel()])
        return lower, upper

    @cached_property
    def inlet(self) -> Mask:
        """Which faces of all are the inlet, (n_u + n_v,)."""
        return self._faces_at(0)

    @cached_property
    def outlet(self) -> Mask:
        """Which faces of all are the outlet, (n_u + n_v,)."""
        return self._faces_at(-1)

    def _faces_at(self, column: int) -> Mask:
        u = np.zeros((self.shape[0] + 1, self.shape[1]), bool)
        u[column] = self.fluid[column]
        return np.concatenate([u.ravel(), np.zeros(self.n_v, bool)])

    @cached_property
    def free(self) -> Mask:
        """Which faces' velocities are unknown: those within the fluid and the outlet, (n_u + n_v,)."""
        lower, upper = self.sides
        return ((lower >= 0) & (upper >= 0)) | self.outlet

    @cached_property
    def area(self) -> Floats:
        """Lengths of all faces, (n_u + n_v,)."""
        nx, ny = self.shape
        return np.concatenate([np.tile(self.dy, nx + 1), np.repeat(self.dx, ny + 1)])

    @cached_property
    def gap(self) -> Floats:
        """Distances between the centres on both sides of all faces, to the face where a side is absent."""
        lower, upper = self.sides
        nx, ny = self.shape
        half = np.concatenate([np.repeat(self.dx, ny), np.tile(self.dy, nx)]) / 2
        width_x, width_y = half[: self.n_cells], half[self.n_cells :]
        widths = [np.where(side >= 0, width[side], 0.0) for side in (lower, upper) for width in (width_x, width_y)]
        along_x, along_y = widths[0] + widths[2], widths[1] + widths[3]
        is_u = np.arange(len(lower)) < self.n_u
        return np.where(is_u, along_x, along_y)

    @cached_property
    def divergence(self) -> Matrix:
        """Net outflow of the fluid cells from the velocities on all faces, (fluid cells, n_u + n_v)."""
        lower, upper = self.sides
        out, into = (incidence(side, self.n_cells, self.area) for side in (lower, upper))
        return sparse.csr_array((out - into).T.tocsr()[self.cells])

    @cached_property
    def to_centres(self) -> Matrix:
        """Means of u, then of v, at the fluid cells from the velocities on all faces, (2 fluid cells, n_u + n_v)."""
        lower, upper = self.sides
        mean = 0.5 * (incidence(lower, self.n_cells) + incidence(upper, self.n_cells)).T.tocsr()[self.cells]
        return sparse.csr_array(sparse.block_diag([mean[:, : self.n_u], mean[:, self.n_u :]], format="csr"))

    def inflow(self, profile: Floats) -> Floats:
        """Return the velocities on all faces that are known: a profile, (ny,), at the inlet and zero at walls."""
        known = np.zeros(self.n_u + self.n_v)
        known[: self.shape[1]] = np.where(self.fluid[0], profile, 0.0)
        return known

    def centred(self, velocity: Floats) -> Floats:
        """Return velocities at the fluid cells from those on all faces, (fluid cells, 2)."""
        return np.asarray(self.to_centres @ velocity).reshape(2, -1).T

    def field(self, values: Floats) -> Floats:
        """Return values of fluid cells as a picture, (ny, nx), top row first, zero in the step."""
        whole = np.zeros(self.n_cells)
        whole[self.cells] = values
        return whole.reshape(self.shape).T[::-1]
