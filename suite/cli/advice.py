"""What on this machine will disturb measuring, and what to do about it. Nothing is changed."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from suite.records.schema import Machine
from suite.units import format_bytes

#: Share of the CPUs that others may use before it is worth a word.
QUIET_LOAD = 0.1
PRESSURE_FILE = Path("/proc/pressure/cpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What changes from minute to minute: load, memory, power."""

    load_per_cpu: float
    available_bytes: int
    swap_used_share: float
    on_battery: bool
    has_pressure: bool


def observe_surroundings() -> Surroundings:
    """Look at load, free memory and power as they are now."""
    import psutil

    from suite.cli.resources import available_memory_bytes

    swap = psutil.swap_memory()
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return Surroundings(
        load_per_cpu=os.getloadavg()[0] / (os.cpu_count() or 1),
        available_bytes=available_memory_bytes(),
        swap_used_share=swap.percent / 100,
        on_battery=bool(battery and not battery.power_plugged),
        has_pressure=PRESSURE_FILE.exists() or sys.platform != "linux",
    )


def advise(machine: Machine, now: Surroundings) -> list[str]:
    """Return one sentence for everything that will disturb measuring, with what to do."""
    return [*_machine_advice(machine), *_present_advice(now)]


def _machine_advice(machine: Machine) -> list[str]:
    advice = []
    if machine.governor not in ("", "performance"):
        advice.append(
            f"the CPU governor is {machine.governor!r}, so the clock follows the load: "
            "sudo cpupower frequency-set -g performance"
        )
    if machine.virtual:
        advice.append(
            f"this is a virtual machine ({machine.virtual}): neighbours may take its CPUs; "
            "give it time (--budget), and several --processes"
        )
    if machine.cgroup_cpus is not None and machine.cgroup_cpus < machine.usable_cpus:
        advice.append(
            f"a limit of {machine.cgroup_cpus:g} CPUs is spread over {machine.usable_cpus}: more threads than that are "
            f"throttled; use --threads {max(1, int(machine.cgroup_cpus))}"
        )
    if "sudo" in machine.no_energy:
        advice.append(f"energy will not be measured: {machine.no_energy}")
    if machine.usable_cpus < machine.logical_cpus:
        advice.append(
            f"{machine.usable_cpus} of {machine.logical_cpus} CPUs may be used here: "
            "figures hold for these, not for the whole machine"
        )
    return advice


def _present_advice(now: Surroundings) -> list[str]:
    advice = []
    if now.load_per_cpu > QUIET_LOAD:
        advice.append(
            f"the load is {now.load_per_cpu:.0%} of the CPUs: others are at work; "
            "wait or end them, or leave them a CPU with fewer --threads, else intervals are wide"
        )
    if now.available_bytes < 2 * 2**30:
        advice.append(f"only {format_bytes(now.available_bytes)} of memory are free: stay with size S, or free some")
    if now.swap_used_share > 0.5:
        advice.append("more than half of the swap is in use: paging would be measured; free some memory")
    if now.on_battery:
        advice.append("the machine runs on battery and may slow down: plug it in")
    if not now.has_pressure:
        advice.append(
            "the kernel shows no CPU pressure (/proc/pressure/cpu): disturbed samples are found by CPU time alone; "
            "boot with psi=1 for more"
        )
    return advice
