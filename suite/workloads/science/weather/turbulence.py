"""Turbulence on a beta-plane: the barotropic vorticity equation by a pseudo-spectral method, its tangent and adjoint.

On the doubly periodic square [0, 2π)², in the units of its side over 2π and of a velocity of about one,

    ∂ω/∂t + J(ψ, ω) + β ∂ψ/∂x = F − μ ω + ν Δω,    ω = Δψ,    (u, v) = (−∂ψ/∂y, ∂ψ/∂x)

with a steady forcing F, drag μ and viscosity ν (Vallis 2017, Atmospheric and Oceanic Fluid Dynamics, ch. 5 and 12).

The state is the half spectrum ω̂ of shape (..., n, n // 2 + 1) as `scipy.fft.rfft2` gives it, truncated by the 2/3 rule.
The advection is computed from the stresses, J = (∂xx − ∂yy)(uv) + ∂xy(v² − u²), by four transforms instead of five
(Basdevant 1983, J. Comput. Phys. 50, 209); free of aliases it conserves energy and enstrophy. In time, fourth-order
Runge-Kutta steps with an integrating factor: all linear terms, so Rossby waves also, are exact.

The adjoints are for the inner product of real fields, Σ a b over the grid. As the transform is unitary for it but for
the factor n², which cancels, the adjoint of a multiplier is its conjugate and that of `irfft2` is `rfft2`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Field: TypeAlias = NDArray[np.float64]
Spectrum: TypeAlias = NDArray[np.complex128]


@dataclass(frozen=True)
class BetaPlane:
    """The flow on an n × n grid, advanced by steps of `dt`.

    Attributes
    ----------
    n
        Points along a side.
    dt
        Time step.
    beta, drag, viscosity
        β, μ and ν.
    forcing
        F on the grid, of shape (n, n), [y, x]; none if empty.
    """

    n: int
    dt: float
    beta: float
    drag: float
    viscosity: float
    forcing: Field = field(default_factory=lambda: np.empty((0, 0)))

    @cached_property
    def wavenumbers(self) -> tuple[Field, Field]:
        """The wavenumbers along y, of shape (n, 1), and along x, of shape (1, n // 2 + 1)."""
        ky = fft.fftfreq(self.n, 1 / self.n)[:, None]
        kx = fft.rfftfreq(self.n, 1 / self.n)[None, :]
        return ky, kx

    @cached_property
    def kept(self) -> NDArray[np.bool_]:
        """Which wavenumbers the 2/3 rule keeps; not the mean."""
        ky, kx = self.wavenumbers
        kept = (3 * np.abs(ky) < self.n) & (3 * kx < self.n)
        kept[0, 0] = False
        return np.asarray(kept)

    @cached_property
    def inverse_laplacian(self) -> Field:
        """−1/k² on the wavenumbers that are kept, else zero: from ω̂ to ψ̂."""
        ky, kx = self.wavenumbers
        return np.where(self.kept, -1.0 / np.where(self.kept, kx**2 + ky**2, 1.0), 0.0)

    @cached_property
    def _to_velocity(self) -> Spectrum:
        """Multipliers from ω̂ to (û, v̂), of shape (2, n, n // 2 + 1)."""
        ky, kx = self.wavenumbers
        return np.stack([-1j * ky * self.inverse_laplacian, 1j * kx * self.inverse_laplacian])

    @cached_property
    def _from_stress(self) -> Spectrum:
        """Multipliers from the spectra of (uv, v² − u²) to −Ĵ, of shape (2, n, n // 2 + 1)."""
        ky, kx = self.wavenumbers
        return np.stack([kx**2 - ky**2, kx * ky]).astype(np.complex128) * self.kept

    @cached_property
    def _factors(self) -> tuple[Spectrum, Spectrum]:
        """What the linear terms multiply ω̂ with over half a step and a whole one."""
        ky, kx = self.wavenumbers
        growth = -1j * self.beta * kx * self.inverse_laplacian - self.drag - self.viscosity * (kx**2 + ky**2)
        return np.exp(growth * self.dt / 2), np.exp(growth * self.dt)

    @cached_property
    def _forcing(self) -> Spectrum | float:
        return self.spectrum(self.forcing) if self.forcing.size else 0.0

    def spectrum(self, vorticity: Field) -> Spectrum:
        """Return the truncated spectrum of a vorticity on the grid."""
        return np.asarray(fft.rfft2(vorticity)) * self.kept

    def grid(self, spectrum: Spectrum) -> Field:
        """Return the field of a spectrum on the grid."""
        return np.asarray(fft.irfft2(spectrum, s=(self.n, self.n)))

    def streamfunction(self, w: Spectrum) -> Field:
        """Return ψ on the grid from ω̂."""
        return self.grid(self.inverse_laplacian * w)

    def from_streamfunction(self, psi: Field) -> Spectrum:
        """Return ω̂ from ψ on the grid."""
        ky, kx = self.wavenumbers
        return self.spectrum(psi) * -(kx**2 + ky**2)

    def velocity(self, w: Spectrum) -> Field:
        """Return (u, v) on the grid, of shape (..., 2, n, n)."""
        return self.grid(self._to_velocity * w[..., None, :, :])

    def advection(self, velocity: Field) -> Spectrum:
        """Return −Ĵ of a velocity on the grid."""
        u, v = velocity[..., 0, :, :], velocity[..., 1, :, :]
        return self._stress(np.stack([u * v, v * v - u * u], axis=-3))

    def step(self, w: Spectrum) -> Spectrum:
        """Return ω̂ one time step later."""
        return self.step_with_velocities(w)[0]

    def step_with_velocities(self, w: Spectrum) -> tuple[Spectrum, list[Field]]:
        """Return ω̂ one time step later and the velocities of the four stages, by which the step is linearised."""
        half, whole = self._factors
        dt = self.dt
        velocities: list[Field] = []

        def tendency(stage: Spectrum) -> Spectrum:
            velocities.append(self.velocity(stage))
            return self.advection(velocities[-1]) + self._forcing

        a = tendency(w)
        b = tendency(half * (w + dt / 2 * a))
        c = tendency(half * w + dt / 2 * b)
        d = tendency(whole * w + dt * half * c)
        return whole * (w + dt / 6 * a) + dt / 3 * half * (b + c) + dt / 6 * d, velocities

    def tangent_step(self, dw: Spectrum, velocities: list[Field]) -> Spectrum:
        """Return a small departure `dw` one time step later, from the velocities of that step's stages."""
        half, whole = self._factors
        dt = self.dt
        a = self._tangent(dw, velocities[0])
        b = self._tangent(half * (dw + dt / 2 * a), velocities[1])
        c = self._tangent(half * dw + dt / 2 * b, velocities[2])
        d = self._tangent(whole * dw + dt * half * c, velocities[3])
        return whole * (dw + dt / 6 * a) + dt / 3 * half * (b + c) + dt / 6 * d

    def adjoint_step(self, sensitivity: Spectrum, velocities: list[Field]) -> Spectrum:
        """Return the sensitivity to the state before a time step, from that to the state after it."""
        half, whole = (np.conj(factor) for factor in self._factors)
        dt = self.dt
        d = self._adjoint(dt / 6 * sensitivity, velocities[3])
        c = self._adjoint(half * (dt / 3 * sensitivity + dt * d), velocities[2])
        b = self._adjoint(dt / 3 * half * sensitivity + dt / 2 * c, velocities[1])
        a = self._adjoint(dt / 6 * whole * sensitivity + dt / 2 * half * b, velocities[0])
        return whole * (sensitivity + d) + half * (c + b) + a

    def _stress(self, stresses: Field) -> Spectrum:
        """Return what the two stresses of shape (..., 2, n, n) add to the tendency."""
        return np.asarray((self._from_stress * fft.rfft2(stresses)).sum(axis=-3))

    def _tangent(self, dw: Spectrum, velocity: Field) -> Spectrum:
        """Return the derivative of the advection in the direction `dw`."""
        (u, v), (du, dv) = velocity, self.velocity(dw)
        return self._stress(np.stack([u * dv + v * du, 2 * (v * dv - u * du)]))

    def _adjoint(self, sensitivity: Spectrum, velocity: Field) -> Spectrum:
        """Apply the adjoint of `_tangent`."""
        (u, v), (p, q) = velocity, self.grid(np.conj(self._from_stress) * sensitivity)
        back = fft.rfft2(np.stack([v * p - 2 * u * q, u * p + 2 * v * q]))
        return np.asarray((np.conj(self._to_velocity) * back).sum(axis=0))
