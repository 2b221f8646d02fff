"""The flow past an opening needle with cavitation, and what its exit plane sees over time.

A channel of length 4 and height 1 with a blunt needle in it, which gives way during the first time units: Brinkman's
penalty holds the flow at rest there (Angot, Bruneau and Fabrie 1999). The void fraction is carried along, grows where
the pressure is below the vapour's and shrinks towards the gas that came in where it is above, both in proportion to
the difference. Lengths are in heights of the channel, velocities in the mean one at the inlet.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.injector.solver import Field, Grid

#: Needle lift, Reynolds number, eccentricity of the needle, void fraction at the inlet (gas that does not condense),
#: vapour pressure relative to the mean one at the exit; each between its least and its largest value.
PARAMETERS = ("lift", "reynolds", "eccentricity", "gas", "vapour_pressure")
LEAST = np.array([0.18, 60.0, -0.06, 0.0, -1.2])
LARGEST = np.array([0.34, 240.0, 0.06, 0.10, -0.2])
#: In a map, per time.
VARIABLES = ("u", "v", "void")

#: When a simulation ends, and where its exit plane is.
DURATION, EXIT = 6.0, 3.5
PENALTY = 200.0
EVAPORATION, CONDENSATION = 2.0, 1.0
#: Simulations that are advanced together: what fits a processor's cache.
BATCH = 16
_NEEDLE = (0.8, 1.6)
_STEPS_A_NEEDLE = 10


def physical(coded: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the parameters of designs whose columns are coded: 0 the least value, 1 the largest."""
    parameters: NDArray[np.float64] = LEAST + coded * (LARGEST - LEAST)
    return parameters


def steps_a_record(grid: Grid, records: int) -> int:
    """Return the steps between two records.

    The most viscous fluid is stable, and the largest Courant number (|u|/dx + |v|/dy) dt was seen to be 0.9.
    """
    diffusion = 4 / float(LEAST[1]) * (grid.dx**-2 + grid.dy**-2)
    return ceil(DURATION / records / min(0.09 * grid.dx, 0.9 / diffusion))


def simulate(
    parameters: NDArray[np.float64], grid: Grid, records: int, progress: Callable[[int], None] = lambda _: None
) -> NDArray[np.float64]:
    """Return the exit plane's maps of (designs, records, variables, ny); `progress` is told the designs done."""
    maps = np.empty((len(parameters), records, len(VARIABLES), grid.ny))
    for start in range(0, len(parameters), BATCH):
        nozzle = Nozzle(parameters[start : start + BATCH], grid, DURATION / records / steps_a_record(grid, records))
        batch = maps[start : start + BATCH]
        for record in range(records):
            for _ in range(steps_a_record(grid, records)):
                nozzle.step()
            batch[:, record] = nozzle.exit_plane()
        progress(start + len(batch))
    if not np.isfinite(maps).all():
        raise FloatingPointError("a simulation of the nozzle diverged")
    return maps


class Nozzle:
    """The state of a few simulations, of (x, y, designs), and the step that advances them all."""

    def __init__(self, parameters: NDArray[np.float64], grid: Grid, dt: float) -> None:
        self.lift, reynolds, self.eccentricity, self.gas, self.vapour_pressure = parameters.T
        self.viscosity = 1 / reynolds
        self.grid, self.dt, self.steps = grid, dt, 0
        n = len(parameters)
        self.u = np.zeros((grid.nx + 1, grid.ny, n))
        self.v = np.zeros((grid.nx, grid.ny + 1, n))
        self.void = np.broadcast_to(self.gas, (grid.nx, grid.ny, n)).copy()
        inlet = grid.y_cells * (1 - grid.y_cells)
        self.inlet = (inlet / inlet.mean())[:, None]
        self.exit = int(EXIT / grid.dx)
        self._before: tuple[Field, Field] | None = None
        self._drag: tuple[Field, Field] = (self.u, self.v)

    def step(self) -> None:
        """Advance by dt."""
        if self.steps % _STEPS_A_NEEDLE == 0:
            grid, time = self.grid, self.steps * self.dt
            solid = self.needle(grid.x_faces, grid.y_cells, time), self.needle(grid.x_cells, grid.y_faces, time)
            self._drag = (1 + self.dt * PENALTY * solid[0], 1 + self.dt * PENALTY * solid[1])
        self._accelerate()
        self.steps += 1
        self._open_boundaries()
        pressure = self.grid.project(self.u, self.v, self.dt)
        self._cavitate(pressure - pressure[self.exit].mean(axis=0))

    def needle(self, x: Field, y: Field, time: float) -> Field:
        """Return where the needle is, from 0 (fluid) to 1 (solid), of (x, y, designs)."""
        gap = self.lift * (0.35 + 0.65 * (1 - np.exp(-time / 0.8)))
        inside = 0.5 - gap - np.abs(y[:, None] - 0.5 - self.eccentricity)
        ends = np.tanh((x - _NEEDLE[0]) / 0.04) - np.tanh((x - _NEEDLE[1]) / 0.04)
        solid: Field = 0.25 * (1 + np.tanh(inside / 0.02)) * ends[:, None, None]
        return solid

    def exit_plane(self) -> Field:
        """Return u, v and the void fraction at the exit, of (designs, variables, ny)."""
        u = 0.5 * (self.u[self.exit] + self.u[self.exit + 1])
        v = 0.5 * (self.v[self.exit, 1:] + self.v[self.exit, :-1])
        return np.stack([u, v, self.void[self.exit]]).transpose(2, 0, 1)

    def _accelerate(self) -> None:
        """Advance the velocity without the pressure: the second Adams-Bashforth step, with the needle's drag implicit.

        The fluid sticks to both walls, has no cross velocity at the inlet, and leaves freely.
        """
        u = np.concatenate([-self.u[:, :1], self.u, -self.u[:, -1:]], axis=1)
        v = np.concatenate([-self.v[:1], self.v, self.v[-1:]])
        now = self.grid.momentum(u, v, self.viscosity)
        before = self._before or now
        for velocity, change, change_before, drag in (
            (self.u[1:-1], now[0], before[0], self._drag[0][1:-1]),
            (self.v[:, 1:-1], now[1], before[1], self._drag[1][:, 1:-1]),
        ):
            velocity += self.dt * (1.5 * change - 0.5 * change_before)
            velocity /= drag
        self._before = now

    def _open_boundaries(self) -> None:
        """Set the inlet, which opens during the first half time unit, and let the outlet's velocity drift out."""
        u = self.u
        u[0] = min(1.0, self.steps * self.dt / 0.5) * self.inlet
        u[-1] -= self.dt / self.grid.dx * (u[-1] - u[-2])
        u[-1] += u[0].mean(axis=0) - u[-1].mean(axis=0)

    def _cavitate(self, pressure: Field) -> None:
        """Carry the void along, then let it relax towards all void or towards the gas, implicitly: it stays a share."""
        self.void += self.dt * self.grid.upwind(self.void, self.gas, self.u, self.v)
        tension = self.vapour_pressure - pressure
        growth = self.dt * EVAPORATION * np.maximum(tension, 0)
        collapse = self.dt * CONDENSATION * np.maximum(-tension, 0)
        self.void += growth + collapse * self.gas
        self.void /= 1 + growth + collapse
