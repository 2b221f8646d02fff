"""The one-equation model of turbulence of Spalart and Allmaras (1992, AIAA 92-0439), without trip terms.

The working variable is a kinematic viscosity; the eddy viscosity follows from it algebraically.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve

from suite.workloads.science.rans.flow import Channel, inlet_depth
from suite.workloads.science.rans.grid import Floats

KARMAN = 0.41
CB1 = 0.1355
CB2 = 0.622
SIGMA = 2.0 / 3.0
CV1 = 7.1
CW1 = CB1 / KARMAN**2 + (1 + CB2) / SIGMA
CW2 = 0.3
CW3 = 2.0
#: How the modified vorticity is kept positive (Allmaras, Johnson and Spalart 2012, ICCFD7-1902), and its floor.
C2 = 0.7
C3 = 0.9
_LEAST_VORTICITY = 1e-10
#: Share of the working variable over which its production is differenced.
_NUDGE = 1e-6
#: r is cut off here, where its function has long been flat.
_LARGEST_R = 10.0
#: Of the mean inlet velocity: what makes the inflow's working variable, besides three molecular viscosities.
_INFLOW_FRICTION = 0.05
_INFLOW_FLOOR = 3.0
#: Smallest working variable, and the one of resting fluid at the start, in molecular viscosities.
_FLOOR = 1e-4
_START = 5.0


def eddy_viscosity(working: Floats, viscosity: float) -> Floats:
    """Return the eddy viscosity from the working variable."""
    return np.asarray(working * _damping(working / viscosity))


def _damping(chi: Floats) -> Floats:
    """Return f_v1."""
    return np.asarray(chi**3 / (chi**3 + CV1**3))


class SpalartAllmaras:
    """The model in a channel."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        grid = channel.grid
        clear = grid.y[-1] - grid.height
        depth = inlet_depth(grid)[grid.fluid[0]] / 2
        self.inflow = KARMAN * _INFLOW_FRICTION * clear * depth * (1 - depth) + _INFLOW_FLOOR * channel.viscosity

    def start(self) -> Floats:
        """Return the working variable to start from, (fluid cells,): that of the inflow in each row, or a floor."""
        grid = self._channel.grid
        rows = np.zeros(grid.shape[1])
        rows[grid.fluid[0]] = self.inflow
        floor = _START * self._channel.viscosity
        return np.asarray(np.maximum(np.broadcast_to(rows, grid.shape).ravel()[grid.cells], floor))

    def step(self, velocity: Floats, working: Floats, relaxation: float) -> Floats:
        """Return the working variable after one implicit, under-relaxed step towards its steady state.

        What falls with the working variable is linearised after Newton, all else is lagged.

        Parameters
        ----------
        velocity
            On all faces, mass conserved.
        working
            Before the step, (fluid cells,).
        relaxation
            Share of the way to go, within (0, 1].
        """
        matrix, source = self.linearised(velocity, working)
        diagonal = matrix.diagonal()
        relaxed = matrix + sparse.diags_array(diagonal * (1 / relaxation - 1))
        source = source + diagonal * (1 / relaxation - 1) * working
        return np.asarray(np.maximum(spsolve(relaxed.tocsc(), source), _FLOOR * self._channel.viscosity))

    def linearised(self, velocity: Floats, working: Floats) -> tuple[sparse.csr_array, Floats]:
        """Return the matrix and the right-hand side of the balances of the fluid cells at this state."""
        channel, scalar, grid = self._channel, self._channel.scalar, self._channel.grid
        before, behind = scalar.convection.before, scalar.convection.behind
        inner = (before @ np.ones_like(working)) * (behind @ np.ones_like(working))
        diffusivity = (channel.viscosity + inner * 0.5 * (before @ working + behind @ working)) / SIGMA
        made, opposing = self._local(velocity, working)
        matrix = scalar.convection.upwind(velocity) + scalar.diffusion(diffusivity)
        matrix = matrix + sparse.diags_array(opposing * grid.volume)
        source = grid.volume * (made + CB2 / SIGMA * _squared_gradient(channel, working) + opposing * working)
        inlet = grid.inlet
        carried = grid.area[inlet] * velocity[inlet] + channel.viscosity / SIGMA * scalar.conductance[inlet]
        source[scalar.inlet] += carried * self.inflow
        return sparse.csr_array(matrix), source

    def _local(self, velocity: Floats, working: Floats) -> tuple[Floats, Floats]:
        """Return production less destruction, and how fast it falls with the working variable, or zero where it rises.

        The derivative is a difference over a small share of the working variable, exact to about 1e-6.
        """
        vorticity = self._channel.momentum.vorticity_in_cells(velocity)
        made = self.made(vorticity, working)
        nudge = _NUDGE * working
        return made, np.maximum((made - self.made(vorticity, working + nudge)) / nudge, 0.0)

    def made(self, vorticity: Floats, working: Floats) -> Floats:
        """Return production less destruction for each unit of area, (fluid cells,), without diffusion."""
        distance = self._channel.grid.wall_distance
        length = KARMAN * distance
        chi = working / self._channel.viscosity
        fv2 = 1 - chi / (1 + chi * _damping(chi))
        modified = _modified_vorticity(vorticity, working / length**2 * fv2)
        r = np.minimum(working / (modified * length**2), _LARGEST_R)
        g = r + CW2 * (r**6 - r)
        fw = g * ((1 + CW3**6) / (g**6 + CW3**6)) ** (1 / 6)
        return np.asarray(CB1 * modified * working - CW1 * fw * (working / distance) ** 2)


def _modified_vorticity(vorticity: Floats, wall_term: Floats) -> Floats:
    """Return their sum, bent smoothly so that it stays positive where the wall's term is strongly negative."""
    vorticity = np.maximum(vorticity, _LEAST_VORTICITY)
    kept = vorticity + wall_term
    below = np.minimum(wall_term, -C2 * vorticity)
    bent = vorticity * (1 + (C2**2 * vorticity + C3 * below) / ((C3 - 2 * C2) * vorticity - below))
    return np.asarray(np.where(wall_term >= -C2 * vorticity, kept, bent))


def _squared_gradient(channel: Channel, working: Floats) -> Floats:
    """Return |grad|² in the fluid cells: of the mean of the gradients on both faces in each direction."""
    scalar, grid = channel.scalar, channel.grid
    inner = grid.free & ~grid.outlet
    on_faces = np.where(inner, np.asarray(scalar.difference @ working) / grid.gap.clip(1e-300), 0.0)
    return np.asarray((grid.centred(on_faces) ** 2).sum(axis=1))
