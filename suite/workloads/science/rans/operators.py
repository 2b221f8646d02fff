"""Discrete operators that do not depend on the flow: of momentum on faces, and of a scalar in cells.

All are sparse matrices on flat fields; see `suite.workloads.science.rans.grid` for their order. Momentum is balanced
over the control volume around each face, whose own faces are cells (normal stress) and corners (shear stress).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from suite.workloads.science.rans.grid import Floats, Grid, Integers, Mask, Matrix, incidence


@dataclass(frozen=True)
class Transport:
    """Faces through which something is carried: what is before and behind them, and the volume flux through them.

    `before` and `behind` are (faces, values) incidences with an empty row where nothing is, and so zero is carried;
    `flux` is (faces, n_u + n_v).
    """

    before: Matrix
    behind: Matrix
    flux: Matrix

    def upwind(self, velocity: Floats) -> Matrix:
        """Return the net outflow of each value's volume by first-order upwind differences, (values, values)."""
        flux = np.asarray(self.flux @ velocity)
        carried = _scaled(np.maximum(flux, 0), self.before) + _scaled(np.minimum(flux, 0), self.behind)
        return sparse.csr_array((self.before - self.behind).T @ carried)


class Momentum:
    """The operators of both momentum balances of a grid.

    Attributes
    ----------
    convection
        What carries (u, v).
    strain
        Strain rates from (u, v): du/dx and dv/dy in the fluid cells, then du/dy + dv/dx at corners. Nothing changes
        along x at the outlet.
    virtual_strain
        The same of virtual velocities, against which stresses do work: at the outlet they may change, so that developed
        flow, which has shear there, leaves as it came.
    vorticity
        dv/dx - du/dy at corners from (u, v).
    weight
        Areas belonging to each strain rate, those of normal strains twice.
    to_corners
        Means over the fluid cells around each corner, none at walls, where eddies have no viscosity.
    """

    def __init__(self, grid: Grid) -> None:
        corners = _Corners(grid)
        normal, volume = _normal(grid)
        across_y, across_x = corners.across_y, corners.across_x
        self.convection = _momentum_transport(grid, corners)
        self.strain = sparse.csr_array(sparse.vstack([normal, across_y + across_x], format="csr"))
        self.virtual_strain = sparse.csr_array(sparse.vstack([normal, across_y + corners.stretch_x], format="csr"))
        self.vorticity = sparse.csr_array(across_x - across_y)
        self.weight = np.concatenate([2 * volume, corners.area])
        self.to_corners = corners.to_corners
        self.from_corners = corners.from_corners

    def viscous(self, molecular: float, eddy: Floats) -> Matrix:
        """Return the work of viscous stresses, a matrix of (n_u + n_v, n_u + n_v), symmetric but at the outlet.

        Parameters
        ----------
        molecular
            Kinematic viscosity of the fluid.
        eddy
            Kinematic viscosity of the eddies, (fluid cells,).
        """
        added = np.concatenate([eddy, eddy, self.to_corners @ eddy])
        return sparse.csr_array(self.virtual_strain.T @ _scaled((molecular + added) * self.weight, self.strain))

    def vorticity_in_cells(self, velocity: Floats) -> Floats:
        """Return |dv/dx - du/dy|, (fluid cells,): that of the mean over a cell's corners."""
        return np.asarray(np.abs(self.from_corners @ (self.vorticity @ velocity)))


class Scalar:
    """The operators of a scalar in the fluid cells of a grid.

    Attributes
    ----------
    convection
        What carries it; where nothing is before a face of the inlet, see `inlet`.
    difference
        The value behind a face less the one before it, both zero where absent, (n_u + n_v, fluid cells).
    conductance
        Length of each face by the distance over which values differ; zero in the step and at the outlet.
    inlet
        The fluid cell behind each face of the inlet, (inlet faces,), in the order of these faces.
    """

    def __init__(self, grid: Grid) -> None:
        before, behind = (_fluid_columns(grid, side) for side in grid.sides)
        self.convection = Transport(before, behind, sparse.csr_array(sparse.diags_array(grid.area, format="csr")))
        self.difference = sparse.csr_array(behind - before)
        touches = (grid.sides[0] >= 0) | (grid.sides[1] >= 0)
        self.conductance = np.where(touches & ~grid.outlet, grid.area / np.where(touches, grid.gap, 1.0), 0.0)
        self.inlet = behind[np.flatnonzero(grid.inlet)].indices

    def diffusion(self, diffusivity: Floats) -> Matrix:
        """Return the net diffusive outflow for diffusivities on all faces, a symmetric matrix."""
        return sparse.csr_array(self.difference.T @ _scaled(diffusivity * self.conductance, self.difference))


class _Corners:
    """Corners with what lies around them; a velocity is there if a fluid cell is on at least one of its sides."""

    def __init__(self, grid: Grid) -> None:
        nx, ny = grid.shape
        lower, upper = grid.sides
        there = (lower >= 0) | (upper >= 0)
        number = np.where(there, np.arange(len(there)), -1)
        u = np.pad(number[: grid.n_u].reshape(nx + 1, ny), ((0, 0), (1, 1)), constant_values=-1)
        v = np.pad(number[grid.n_u :].reshape(nx, ny + 1), ((1, 1), (0, 0)), constant_values=-1)
        n = grid.n_u + grid.n_v
        self.below, self.above = (incidence(part, n) for part in (u[:, :-1], u[:, 1:]))
        self.left, self.right = (incidence(part, n) for part in (v[:-1], v[1:]))
        outlet = np.zeros((nx + 1, ny + 1), bool)
        outlet[-1] = True
        gap_y = _gap(grid.dy, u[:, :-1] >= 0, u[:, 1:] >= 0)
        gap_x = _gap(grid.dx, (v[:-1] >= 0).T, (v[1:] >= 0).T).T
        self.area = (gap_x * gap_y).ravel()
        self.across_y = _scaled(_inverse(gap_y), self.above - self.below)
        self.stretch_x = _scaled(_inverse(gap_x), self.right - self.left)
        self.across_x = _scaled(np.where(outlet.ravel(), 0.0, 1.0), self.stretch_x)
        self.to_corners, self.from_corners = _averages(grid)


def _gap(widths: Floats, before: Mask, behind: Mask) -> Floats:
    """Return the distance between what is before and behind each corner along the last axis, or to a wall there."""
    half = np.pad(widths / 2, 1)
    return np.asarray(np.where(before, half[:-1], 0.0) + np.where(behind, half[1:], 0.0))


def _averages(grid: Grid) -> tuple[Matrix, Matrix]:
    """Return the matrices that average cells at corners and corners in cells."""
    nx, ny = grid.shape
    number = np.full((nx + 2, ny + 2), -1)
    inner = number[1:-1, 1:-1]
    inner[grid.fluid] = np.arange(len(grid.cells))
    around = [number[:-1, :-1], number[1:, :-1], number[:-1, 1:], number[1:, 1:]]
    touching = sum((incidence(part, len(grid.cells)) for part in around[1:]), incidence(around[0], len(grid.cells)))
    count = np.sum([part >= 0 for part in around], axis=0)
    wanted = np.full((nx + 1, ny + 1), 4)
    wanted[[0, -1]] = 2
    open_corner = (count == wanted).ravel()
    to_corners = _scaled(np.where(open_corner, 1.0 / wanted.ravel(), 0.0), touching)
    return to_corners, sparse.csr_array(0.25 * touching.T)


def _normal(grid: Grid) -> tuple[Matrix, Floats]:
    """Return du/dx and dv/dy in the fluid cells from (u, v), and the area of each."""
    lower, upper = grid.sides
    difference = (incidence(lower, grid.n_cells) - incidence(upper, grid.n_cells)).T.tocsr()[grid.cells]
    along_x = sparse.hstack([difference[:, : grid.n_u], sparse.csr_array((len(grid.cells), grid.n_v))])
    along_y = sparse.hstack([sparse.csr_array((len(grid.cells), grid.n_u)), difference[:, grid.n_u :]])
    width = np.repeat(grid.dx, grid.shape[1])[grid.cells]
    depth = np.tile(grid.dy, grid.shape[0])[grid.cells]
    both = sparse.vstack([_scaled(1 / width, along_x), _scaled(1 / depth, along_y)], format="csr")
    return sparse.csr_array(both), np.concatenate([grid.volume, grid.volume])


def _momentum_transport(grid: Grid, corners: _Corners) -> Transport:
    """Return what carries momentum: through cells, through corners, and out at the outlet.

    The flux through each half of a control volume is that of the cell it is in, so that mass is conserved in it too.
    """
    nx, ny = grid.shape
    n = grid.n_u + grid.n_v
    u, v = np.arange(grid.n_u).reshape(nx + 1, ny), grid.n_u + np.arange(grid.n_v).reshape(nx, ny + 1)
    area = sparse.diags_array(grid.area, format="csr")
    x_cells = [incidence(np.where(grid.fluid, part, -1), n) for part in (u[:-1], u[1:])]
    y_cells = [incidence(np.where(grid.fluid, part, -1), n) for part in (v[:, :-1], v[:, 1:])]
    out = incidence(np.flatnonzero(grid.outlet), n)
    before = [x_cells[0], corners.below, y_cells[0], corners.left, out]
    behind = [x_cells[1], corners.above, y_cells[1], corners.right, sparse.csr_array(out.shape)]
    through_x, through_y = x_cells[0] + x_cells[1], y_cells[0] + y_cells[1]
    across_y, across_x = corners.left + corners.right, corners.below + corners.above
    half = sparse.vstack([through_x, across_y, through_y, across_x, 2 * out], format="csr")
    flux = 0.5 * half @ area
    stacked = [sparse.csr_array(sparse.vstack(part, format="csr")) for part in (before, behind)]
    return Transport(stacked[0], stacked[1], flux)


def _fluid_columns(grid: Grid, side: Integers) -> Matrix:
    """Return the incidence of flat cells as one of fluid cells."""
    position = np.full(grid.n_cells, -1)
    position[grid.cells] = np.arange(len(grid.cells))
    return incidence(np.where(side >= 0, position[side], -1), len(grid.cells))


def _inverse(gap: Floats) -> Floats:
    flat = gap.ravel()
    return np.where(flat > 0, 1 / np.where(flat > 0, flat, 1.0), 0.0)


def _scaled(weights: Floats, matrix: Matrix) -> Matrix:
    """Return the matrix with its rows scaled."""
    return sparse.csr_array(sparse.diags_array(weights, format="csr") @ matrix)
