"""The full model as dynamics for assimilation: every time step of the turbulence, and its adjoint."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from suite.workloads.science.weather.assimilation import Pullback, Vector
from suite.workloads.science.weather.climate import steps
from suite.workloads.science.weather.turbulence import BetaPlane, Field, Spectrum


@dataclass(frozen=True)
class FullModel:
    """The flow from a background, observed at stations.

    The background's covariance is homogeneous: B^(1/2) multiplies the spectrum of a field v of white noise with the
    climate's, so v has as many values as the grid. This preconditioning is that of operational 4D-Var.

    Attributes
    ----------
    background
        Stream function, of shape (n, n).
    amplitude
        Of each wavenumber in B^(1/2), of shape (n, n // 2 + 1); see `amplitudes`.
    stations
        Points that are observed, counted through the grid.
    """

    flow: BetaPlane
    background: Field
    amplitude: Field
    stations: NDArray[np.int64]

    @property
    def controls(self) -> int:
        """As many as the grid has points."""
        return self.flow.n**2

    def departure(self, v: Vector) -> Field:
        """Return B^(1/2) v, of shape (n, n); it is its own adjoint."""
        shaped = v.reshape(self.flow.n, self.flow.n)
        return self.flow.grid(self.amplitude * fft.rfft2(shaped))

    def start(self, v: Vector) -> Spectrum:
        """Return ω̂ at the start of the window."""
        return self.flow.from_streamfunction(self.background + self.departure(v))

    def start_adjoint(self, sensitivity: Spectrum) -> Vector:
        """Apply the adjoint of B^(1/2): the Laplacian is its own."""
        ky, kx = self.flow.wavenumbers
        field = self.flow.grid(self.flow.kept * -(kx**2 + ky**2) * sensitivity)
        return self.departure(field.ravel()).ravel()

    def step(self, x: Spectrum) -> tuple[Spectrum, Pullback]:
        """Return ω̂ one interval later, and the adjoint about that trajectory."""
        trajectory = []
        for _ in range(steps(self.flow.n)):
            x, velocities = self.flow.step_with_velocities(x)
            trajectory.append(velocities)

        def pullback(sensitivity: Spectrum) -> Spectrum:
            for velocities in reversed(trajectory):
                sensitivity = self.flow.adjoint_step(sensitivity, velocities)
            return sensitivity

        return x, pullback

    def observe(self, x: Spectrum) -> Vector:
        """Return the stream function at the stations."""
        return self.flow.streamfunction(x).ravel()[self.stations]

    def observe_adjoint(self, values: Vector) -> Spectrum:
        """Return the sensitivity of the state to values at the stations."""
        field = np.zeros(self.controls)
        field[self.stations] = values
        return np.asarray(self.flow.inverse_laplacian * fft.rfft2(field.reshape(self.flow.n, self.flow.n)))


def amplitudes(departures: Field) -> Field:
    """Return the root of the power of each wavenumber, by which white noise has the departures' spectrum.

    Parameters
    ----------
    departures
        Stream functions less their mean, of shape (rows, n, n).
    """
    power = np.zeros((departures.shape[1], departures.shape[2] // 2 + 1))
    for departure in departures:
        power += np.abs(fft.rfft2(departure)) ** 2
    return np.asarray(np.sqrt(power / len(departures)) / departures.shape[1])
