"""A magnetic island that grows and brakes: the modified Rutherford equation with the balance of torques.

The island's full width w is in units of its radius r_s, the mode's angular frequency Ω in 1/s::

    tau_r dw/dt = delta_prime - delta_wall (Ω tau_w)² / (1 + (Ω tau_w)²) + bootstrap (1 - loss w) w / (w² + w_d²)
    dΩ/dt = (Ω_0 - Ω) / tau_v - k_w w⁴ Ω tau_w / (1 + (Ω tau_w)²) - A² Ω / (2 tau_v (Ω² + A)²),   A = k_e w²

The right side of the first holds the classical tearing index Δ' r_s, the wall that stabilises a rotating mode, and the
bootstrap current lost in the island, which acts above the width w_d that transport along field lines takes (Rutherford
1973; Fitzpatrick 1995; La Haye 2006), and weakens as the island flattens the pressure (Chang and Callen 1990).
The second balances the viscous torque, the wall's drag (Nave and Wesson 1990) and that of a static error field averaged
over a turn: A² / (2 tau_v Ω³) where Ω² >> A (Fitzpatrick 1993), regularised at the separatrix Ω² ~ A.

Where Ω_0 tau_w >> 1 the fast branch ends at half the natural frequency: the mode then locks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

#: Of the second-order, L-stable Rosenbrock method ROS2 (Verwer, Spee, Blom and Hundsdorfer 1999).
GAMMA = 1.0 - 1.0 / np.sqrt(2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Island:
    """The coefficients of the two equations: numbers, or arrays with one value a discharge.

    Attributes
    ----------
    tau_r, tau_w, tau_v
        Resistive, wall and viscous time in s.
    delta_prime, delta_wall, bootstrap, loss, w_d
        The terms of the Rutherford equation, without unit.
    natural
        Ω_0, the frequency without drag, in 1/s.
    wall_drag, error_drag
        k_w and k_e, in 1/s².
    """

    tau_r: Any
    tau_w: Any
    tau_v: Any
    delta_prime: Any
    delta_wall: Any
    bootstrap: Any
    loss: Any
    w_d: Any
    natural: Any
    wall_drag: Any
    error_drag: Any

    def rates(self, w: Floats, omega: Floats) -> tuple[Floats, Floats]:
        """Return dw/dt and dΩ/dt."""
        turned = omega * self.tau_w
        slip = 1.0 + turned**2
        drive = self.bootstrap * (1.0 - self.loss * w) * w / (w**2 + self.w_d**2)
        growth = (self.delta_prime - self.delta_wall * turned**2 / slip + drive) / self.tau_r
        caught = self.error_drag * w**2
        drag = self.wall_drag * w**4 * turned / slip
        drag = drag + caught**2 * omega / (2.0 * self.tau_v * (omega**2 + caught) ** 2)
        return growth, (self.natural - omega) / self.tau_v - drag

    def jacobian(self, w: Floats, omega: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the derivatives of dw/dt by w and Ω, then those of dΩ/dt by w and Ω."""
        turned = omega * self.tau_w
        slip = 1.0 + turned**2
        square = w**2 + self.w_d**2
        w_w = self.bootstrap * (self.w_d**2 - w**2 - 2.0 * self.loss * w * self.w_d**2) / square**2 / self.tau_r
        w_omega = -self.delta_wall * 2.0 * turned * self.tau_w / slip**2 / self.tau_r
        caught = self.error_drag * w**2
        total = omega**2 + caught
        omega_w = -4.0 * self.wall_drag * w**3 * turned / slip
        omega_w = omega_w - 2.0 * self.error_drag * w * caught * omega**3 / (self.tau_v * total**3)
        omega_omega = -1.0 / self.tau_v - self.wall_drag * w**4 * self.tau_w * (1.0 - turned**2) / slip**2
        omega_omega = omega_omega - caught**2 * (caught - 3.0 * omega**2) / (2.0 * self.tau_v * total**3)
        return w_w, w_omega, omega_w, omega_omega

    def at(self, **changed: Any) -> Island:
        """Return the island with other coefficients."""
        return replace(self, **changed)


def advance(island: Island, w: Floats, omega: Floats, dt: float) -> tuple[Floats, Floats]:
    """Return w and Ω after one step of ROS2; the coefficients are constant within it.

    The step is taken in w and u = Ω + Ω³ tau_w² / 3, where the wall's drag is -k_w w⁴ tau_w Ω and only damps. In Ω
    itself it is unstable between both branches, so fast that steps of practical length lie past the method's pole.
    """
    stretch = 1.0 + (omega * island.tau_w) ** 2  # du/dΩ
    w_w, w_omega, omega_w, omega_omega = island.jacobian(w, omega)
    growth, spin = island.rates(w, omega)
    bent = omega_omega + 2.0 * omega * island.tau_w**2 * spin / stretch
    step = GAMMA * dt
    a, b, c, d = 1.0 - step * w_w, step * w_omega / stretch, step * omega_w * stretch, 1.0 - step * bent
    determinant = a * d - b * c

    def solved(first: Floats, second: Floats) -> tuple[Floats, Floats]:
        return (d * first + b * second) / determinant, (c * first + a * second) / determinant

    u = omega + omega**3 * island.tau_w**2 / 3.0
    slope = solved(growth, stretch * spin)
    turned = _unbent(u + dt * slope[1], island.tau_w)
    growth, spin = island.rates(w + dt * slope[0], turned)
    late = solved(growth - 2.0 * slope[0], (1.0 + (turned * island.tau_w) ** 2) * spin - 2.0 * slope[1])
    u = u + dt * (1.5 * slope[1] + 0.5 * late[1])
    return w + dt * (1.5 * slope[0] + 0.5 * late[0]), _unbent(u, island.tau_w)


def _unbent(u: Floats, tau_w: Any) -> Floats:
    """Return Ω of u = Ω + Ω³ tau_w² / 3, the real root of the cubic; a step that overshoots a standstill ends there."""
    return np.asarray(2.0 * np.sinh(np.arcsinh(1.5 * np.maximum(u, 0.0) * tau_w) / 3.0) / tau_w)


def saturated_width(island: Island) -> Floats:
    """Return the width at which a locked island (Ω = 0) saturates, the larger root of a quadratic; NaN if it decays."""
    stable = -np.asarray(island.delta_prime, dtype=np.float64)
    weight = stable + island.bootstrap * island.loss
    root = np.asarray(island.bootstrap**2 - 4.0 * weight * stable * island.w_d**2, dtype=np.float64)
    return np.asarray((island.bootstrap + np.sqrt(np.where(root < 0, np.nan, root))) / (2.0 * weight))


def locking_width(natural: Any, wall_drag: Any, tau_w: Any, tau_v: Any) -> Floats:
    """Return the width at which the fast branch ends at half the natural frequency, for Ω_0 tau_w >> 1."""
    return np.asarray((natural**2 * tau_w / (4.0 * tau_v * wall_drag)) ** 0.25)
