"""What flows: the fluid, the inflow, potential flow, and one linearised step of the momentum and mass balances.

Velocities are in units of the mean one at the inlet, lengths as in `suite.workloads.science.rans.grid`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu, spsolve

from suite.workloads.science.rans.grid import Floats, Grid
from suite.workloads.science.rans.operators import Momentum, Scalar

#: Of the mean inlet velocity, the unit of length and the kinematic viscosity.
REYNOLDS = 5000.0
VISCOSITY = 1.0 / REYNOLDS


@dataclass(frozen=True)
class Channel:
    """A channel with its inflow; `profile` is u at the inlet, (ny,), and `viscosity` the fluid's kinematic one."""

    grid: Grid
    profile: Floats
    viscosity: float = VISCOSITY

    @classmethod
    def with_step(cls, grid: Grid) -> Channel:
        """Return the turbulent inflow of a channel: a power law of exponent 1/7, of mean 1."""
        depth = np.clip(inlet_depth(grid), 0, None) ** (1 / 7)
        return cls(grid, depth * (grid.y[-1] - grid.height) / np.sum(depth * grid.dy))

    @cached_property
    def momentum(self) -> Momentum:
        """The operators of momentum."""
        return Momentum(self.grid)

    @cached_property
    def scalar(self) -> Scalar:
        """The operators of a scalar."""
        return Scalar(self.grid)

    @cached_property
    def known(self) -> Floats:
        """Velocities that are known, on all faces; zero elsewhere."""
        return self.grid.inflow(self.profile)

    @cached_property
    def potential(self) -> Floats:
        """Velocities of potential flow with this inflow on all faces: no vorticity, mass conserved in each cell."""
        grid, scalar = self.grid, self.scalar
        conductance = np.where(grid.free, grid.area / grid.gap.clip(1e-300), 0.0)
        laplacian = scalar.difference.T @ sparse.diags_array(conductance) @ scalar.difference
        potential = spsolve(laplacian.tocsc(), grid.divergence @ self.known)
        gradient = np.asarray(scalar.difference @ potential) / grid.gap.clip(1e-300)
        return np.where(grid.free, gradient, self.known)

    def oseen(self, velocity: Floats, eddy: Floats) -> Floats:
        """Return the steady velocities on all faces if momentum is carried by `velocity` (Oseen; a Picard step).

        Velocity and pressure are solved together, so that mass is conserved to round-off.

        Parameters
        ----------
        velocity
            On all faces, mass conserved.
        eddy
            Kinematic eddy viscosity, (fluid cells,).
        """
        grid, momentum = self.grid, self.momentum
        whole = (momentum.convection.upwind(velocity) + momentum.viscous(self.viscosity, eddy)).tocsr()
        free = np.flatnonzero(grid.free)
        rows, balance = whole[free], grid.divergence
        open_faces = balance[:, free]
        system = sparse.block_array([[rows[:, free], -open_faces.T], [open_faces, None]], format="csc")
        solution = splu(system).solve(-np.concatenate([rows @ self.known, balance @ self.known]))
        result = self.known.copy()
        result[free] = solution[: len(free)]
        return result


def inlet_depth(grid: Grid) -> Floats:
    """Return the distance of each row of the inlet from the nearer wall by half the inlet's height, (ny,)."""
    eta = (grid.y_centre - grid.height) / (grid.y[-1] - grid.height)
    return np.asarray(1 - np.abs(2 * eta - 1))
