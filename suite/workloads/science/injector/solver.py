"""Incompressible flow on a staggered grid, for many simulations at once.

The marker-and-cell arrangement of Harlow and Welch (1965), Adams-Bashforth steps with Chorin's projection (1968), and
the pressure by cosine transforms (Swarztrauber 1977). Arrays are (x, y, simulations), for long inner loops: the
velocity u on the nx + 1 vertical faces and v on the ny + 1 horizontal ones, all else in the cells. All quantities are
dimensionless.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn, idctn

Field = NDArray[np.float64]

#: Share of upwinding in the fluxes of momentum; the rest is central.
UPWINDING = 0.2


@dataclass(frozen=True)
class Grid:
    """A rectangle of nx × ny equal cells, of `length` along x and `height` along y."""

    nx: int
    ny: int
    length: float = 4.0
    height: float = 1.0

    @property
    def dx(self) -> float:
        """Width of a cell."""
        return self.length / self.nx

    @property
    def dy(self) -> float:
        """Height of a cell."""
        return self.height / self.ny

    @property
    def x_faces(self) -> Field:
        """Where u is, along x."""
        return np.arange(self.nx + 1, dtype=np.float64) * self.dx

    @property
    def y_faces(self) -> Field:
        """Where v is, along y."""
        return np.arange(self.ny + 1, dtype=np.float64) * self.dy

    @property
    def x_cells(self) -> Field:
        """The centres of the cells along x."""
        return np.arange(0.5, self.nx) * self.dx

    @property
    def y_cells(self) -> Field:
        """The centres of the cells along y."""
        return np.arange(0.5, self.ny) * self.dy

    @cached_property
    def eigenvalues(self) -> Field:
        """Eigenvalues of the five-point Laplacian without flow through the boundary, of (nx, ny); the first is 0."""
        along_x, along_y = (2 * (np.cos(np.pi * np.arange(n) / n) - 1) for n in (self.nx, self.ny))
        return along_x[:, None] / self.dx**2 + along_y / self.dy**2

    def divergence(self, u: Field, v: Field) -> Field:
        """Return the divergence in every cell."""
        return (u[1:] - u[:-1]) / self.dx + (v[:, 1:] - v[:, :-1]) / self.dy

    def solve_poisson(self, source: Field) -> Field:
        """Return p of mean 0 with ∇²p = source - mean(source) and ∂p/∂n = 0 on the boundary."""
        divisor = self.eigenvalues.copy()
        divisor[0, 0] = np.inf
        modes = dctn(source, axes=(0, 1)) / divisor[:, :, None]
        solution: Field = idctn(modes, axes=(0, 1), overwrite_x=True)
        return solution

    def project(self, u: Field, v: Field, dt: float) -> Field:
        """Make (u, v) free of divergence in place, its boundary values kept; return the pressure.

        What flows in through the boundary must flow out.
        """
        pressure = self.solve_poisson(self.divergence(u, v) / dt)
        u[1:-1] -= dt / self.dx * (pressure[1:] - pressure[:-1])
        v[:, 1:-1] -= dt / self.dy * (pressure[:, 1:] - pressure[:, :-1])
        return pressure

    def momentum(self, u: Field, v: Field, viscosity: Field) -> tuple[Field, Field]:
        """Return ∂u/∂t and ∂v/∂t on the inner faces by advection and diffusion.

        Parameters
        ----------
        u
            With one layer of ghost values beyond each end of y: (nx + 1, ny + 2, simulations).
        v
            With one layer beyond each end of x: (nx + 2, ny + 1, simulations).
        viscosity
            Of (simulations,).
        """
        u_inner, v_inner = u[:, 1:-1], v[1:-1]
        across_u, across_v = _middle(u[:, :-1], u[:, 1:]), _middle(v[:-1], v[1:])  # both at the corners of cells
        through = _flux(_middle(u_inner[:-1], u_inner[1:]), u_inner[:-1], u_inner[1:])
        across = _flux(across_v[1:-1], u[1:-1, :-1], u[1:-1, 1:])
        du = (through[:-1] - through[1:]) / self.dx + (across[:, :-1] - across[:, 1:]) / self.dy
        du += viscosity * self._laplacian(u_inner, u[1:-1])
        through = _flux(_middle(v_inner[:, :-1], v_inner[:, 1:]), v_inner[:, :-1], v_inner[:, 1:])
        across = _flux(across_u[:, 1:-1], v[:-1, 1:-1], v[1:, 1:-1])
        dv = (through[:, :-1] - through[:, 1:]) / self.dy + (across[:-1] - across[1:]) / self.dx
        dv += viscosity * self._laplacian(v[:, 1:-1], v_inner)
        return du, dv

    def upwind(self, share: Field, inlet: Field, u: Field, v: Field) -> Field:
        """Return -(u, v)·∇share in the cells, of first order and monotone.

        It is the inlet's value left of the grid and has no gradient elsewhere on the boundary. Where (u, v) is free of
        divergence the amount is conserved.
        """
        rise = np.empty_like(u)
        rise[0], rise[1:-1], rise[-1] = share[0] - inlet, share[1:] - share[:-1], 0
        rise /= -self.dx
        change = np.maximum(u[:-1], 0) * rise[:-1]
        change += np.minimum(u[1:], 0) * rise[1:]
        rise = (share[:, :-1] - share[:, 1:]) / self.dy
        change[:, 1:] += np.maximum(v[:, 1:-1], 0) * rise
        change[:, :-1] += np.minimum(v[:, 1:-1], 0) * rise
        return change

    def _laplacian(self, along_x: Field, along_y: Field) -> Field:
        """Return the five-point Laplacian; the first argument reaches one point further along x, the second along y."""
        inner = along_x[1:-1]
        second_x = along_x[2:] + along_x[:-2] - 2 * inner
        second_y = along_y[:, 2:] + along_y[:, :-2] - 2 * inner
        return second_x / self.dx**2 + second_y / self.dy**2


def _middle(before: Field, after: Field) -> Field:
    """Return the means of neighbours."""
    return 0.5 * (before + after)


def _flux(carrier: Field, before: Field, after: Field) -> Field:
    """Return what the carrier takes along between neighbours."""
    return 0.5 * (carrier * (before + after) - UPWINDING * np.abs(carrier) * (after - before))
