"""Describes the machine a run is taken on, fast and without its name."""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import socket
import sys
from pathlib import Path

import psutil

from suite.records import cgroup
from suite.records.cpu import Cpu, answer_of, linux_cpu, macos_cpu
from suite.records.gpus import find_gpus
from suite.records.rapl import host_counters
from suite.records.schema import Machine

#: What one machine keeps, by what it is called: where it differs, an equal id (of containers of one image) is doubted.
_KEPT = {"kernel": "kernel", "memory_bytes": "bytes of memory", "cpu": "CPU model", "logical_cpus": "number of CPUs"}
_ID_DIGITS = 12
_CPUS = Path("/sys/devices/system/cpu")
_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def describe_machine(*, with_names: bool = False) -> Machine:
    """Describe this machine. Never fails: what cannot be found out is empty, zero or None.

    Parameters
    ----------
    with_names
        Whether to store the names of host and user as well.
    """
    cpu = _cpu()
    container = _container()
    memory_bytes = psutil.virtual_memory().total
    memory_limit_bytes = cgroup.memory_limit_bytes()
    energy = host_counters()
    return Machine(
        id=_identify(cpu, container),
        system=_system(),
        kernel=platform.release(),
        architecture=platform.machine(),
        cpu=cpu.model or platform.processor() or platform.machine(),
        sockets=cpu.sockets or 1,
        cores=cpu.cores or psutil.cpu_count(logical=False) or os.cpu_count() or 1,
        logical_cpus=cpu.logical_cpus or os.cpu_count() or 1,
        usable_cpus=_usable_cpus(),
        caches=cpu.caches,
        memory_bytes=memory_bytes,
        cgroup_memory_bytes=memory_limit_bytes if memory_limit_bytes and memory_limit_bytes < memory_bytes else None,
        cgroup_cpus=cgroup.cpu_limit(),
        governor=_governor(),
        virtual=cpu.hypervisor,
        container=container,
        simd=cpu.simd,
        gpus=find_gpus(),
        energy_counters=[zone.name for zone in energy.zones],
        no_energy=energy.missing,
        host=socket.gethostname() if with_names else "",
        user=_user() if with_names else "",
    )


def doubts(then: Machine, now: Machine) -> list[str]:
    """Say what two machines of one id differ in that one machine would keep: `kernel (6.1 then, 6.2 now)`."""
    return [
        f"{words} ({before} then, {after} now)"
        for field, words in _KEPT.items()
        if (before := getattr(then, field)) != (after := getattr(now, field))
    ]


def _cpu() -> Cpu:
    return macos_cpu() if sys.platform == "darwin" else linux_cpu()


def _identify(cpu: Cpu, container: str) -> str:
    """Return 12 hexadecimal digits that stay the same for this machine and do not tell its name.

    They are of the SHA-256 of the system's own machine id, a random number of 128 bits that cannot be guessed, with the
    processor and, outside containers (which get a new one each time), the host name: cloned systems share a machine id.
    """
    parts = ["evenhand", _machine_id(), "" if container else socket.gethostname(), cpu.model, str(cpu.logical_cpus)]
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:_ID_DIGITS]


def _machine_id() -> str:
    for path in _MACHINE_IDS:
        if text := _read(path):
            return text
    if sys.platform == "darwin":
        for line in answer_of("ioreg", "-rd1", "-c", "IOPlatformExpertDevice").splitlines():
            if "IOPlatformUUID" in line:
                return line.rpartition("=")[2].strip(' "')
    return ""


def _system() -> str:
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]}"
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        return platform.system()


def _usable_cpus() -> int:
    """Count the CPUs this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _governor() -> str:
    """Return the governor of the clock, all of them if the CPUs differ; empty where there is none to choose."""
    return ", ".join(sorted({_read(file) for file in _CPUS.glob("cpu[0-9]*/cpufreq/scaling_governor")} - {""}))


def _container() -> str:
    """Name the kind of container this process runs in; empty if in none."""
    if os.environ.get("KUBERNETES_SERVICE_HOST"):
        return "kubernetes"
    if os.environ.get("APPTAINER_CONTAINER") or os.environ.get("SINGULARITY_CONTAINER"):
        return "apptainer"
    if Path("/run/.containerenv").exists():
        return "podman"
    if Path("/.dockerenv").exists():
        return "docker"
    return _read(Path("/run/systemd/container"))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
