"""What NVIDIA's driver says of its devices, asked through ctypes: no engine is imported and no context is made.

Sources: CUDA driver API (cuInit, cuDriverGetVersion, cuDeviceGetAttribute) and NVML (nvmlDeviceGetMemoryInfo,
nvmlDeviceGetTotalEnergyConsumption).
"""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

from backends.protocol import Diagnosis, State

#: Results of cuInit (cuda.h, CUresult).
SUCCESS, NO_DEVICE, SYSTEM_DRIVER_MISMATCH = 0, 100, 803
_MAJOR, _MINOR = 75, 76
#: Of a device's memory, the share that others may hold before it counts as occupied.
OCCUPIED_SHARE = 0.9
_DRIVER_CURE = "install a driver for CUDA {} or later, from NVIDIA or the system's packages"


@dataclass(frozen=True, slots=True)
class Device:
    """One GPU. `free_bytes` is None where NVML does not tell."""

    name: str
    memory_bytes: int
    capability: tuple[int, int]
    free_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the driver says: its CUDA as 1000 × major + 10 × minor (None: there is none), cuInit's result, devices."""

    cuda: int | None
    result: int = SUCCESS
    devices: tuple[Device, ...] = ()


@dataclass(frozen=True, slots=True)
class Needs:
    """What an engine's build needs: the driver's CUDA version, and the oldest compute capability it has code for."""

    cuda: int
    capability: tuple[int, int] = (0, 0)


def look() -> Seen:
    """Ask the driver; never raises."""
    driver = _library("libcuda.so.1")
    if driver is None:
        return Seen(None)
    version = ctypes.c_int()
    if driver.cuDriverGetVersion(ctypes.byref(version)) != SUCCESS or not version.value:
        return Seen(None)
    result = driver.cuInit(0)
    if result != SUCCESS:
        return Seen(version.value, result)
    count = ctypes.c_int()
    driver.cuDeviceGetCount(ctypes.byref(count))
    free = _free_bytes(count.value)
    return Seen(version.value, SUCCESS, tuple(_device(driver, index, free[index]) for index in range(count.value)))


def judge(seen: Seen, needs: Needs, version: str) -> Diagnosis:
    """Say whether an engine of this version that needs this can run on the first device, and if not, the one reason."""
    wanted = _text(needs.cuda)
    if seen.cuda is None:
        return Diagnosis(
            State.NO_DRIVER, "there is no NVIDIA driver (libcuda.so.1)", _DRIVER_CURE.format(wanted), version
        )
    if seen.cuda < needs.cuda // 1000 * 1000:
        detail = f"the driver is for CUDA {_text(seen.cuda)}, this build needs {wanted}"
        return Diagnosis(State.DRIVER_TOO_OLD, detail, _DRIVER_CURE.format(wanted), version)
    if seen.result == NO_DEVICE or (seen.result == SUCCESS and not seen.devices):
        cure = "check CUDA_VISIBLE_DEVICES and nvidia-smi; in a container, pass the GPU through"
        return Diagnosis(State.NO_DEVICE, "the driver sees no GPU", cure, version)
    if seen.result != SUCCESS:
        detail = f"the driver does not start (cuInit: {seen.result})"
        if seen.result == SYSTEM_DRIVER_MISMATCH:
            detail = "the driver's library does not fit the loaded kernel module (cuInit: 803)"
        return Diagnosis(State.LOAD_FAILURE, detail, "reboot after a driver update, and see nvidia-smi", version)
    device = seen.devices[0]
    if device.capability < needs.capability:
        have, need = (".".join(map(str, pair)) for pair in (device.capability, needs.capability))
        detail = f"{device.name} has compute capability {have}, this build has code from {need} on"
        return Diagnosis(State.WRONG_ARCHITECTURE, detail, "", version, device.name)
    if device.free_bytes is not None and device.free_bytes < (1 - OCCUPIED_SHARE) * device.memory_bytes:
        detail = f"{device.free_bytes / 2**30:.1f} of {device.memory_bytes / 2**30:.1f} GiB are free on {device.name}"
        return Diagnosis(State.DEVICE_BUSY, detail, "see with nvidia-smi who holds it", version, device.name)
    about = f"{device.name}, {device.memory_bytes / 2**30:.0f} GiB, driver for CUDA {_text(seen.cuda)}"
    return Diagnosis(State.READY, version=version, device=about)


def _text(version: int) -> str:
    return f"{version // 1000}.{version % 1000 // 10}"


def _library(name: str) -> Any:
    if sys.platform != "linux":
        return None
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None


def _device(driver: Any, index: int, free_bytes: int | None) -> Device:
    handle, memory = ctypes.c_int(), ctypes.c_size_t()
    name = ctypes.create_string_buffer(128)
    major, minor = ctypes.c_int(), ctypes.c_int()
    driver.cuDeviceGet(ctypes.byref(handle), index)
    driver.cuDeviceGetName(name, len(name), handle)
    driver.cuDeviceTotalMem_v2(ctypes.byref(memory), handle)
    driver.cuDeviceGetAttribute(ctypes.byref(major), _MAJOR, handle)
    driver.cuDeviceGetAttribute(ctypes.byref(minor), _MINOR, handle)
    return Device(name.value.decode(errors="replace"), memory.value, (major.value, minor.value), free_bytes)


def joules() -> float | None:
    """Return the joules that the first device has used since its driver was loaded, None where it cannot tell.

    NVML counts it from Volta on, and renews it every 20 to 100 ms; the parts of a divided GPU have no counter.
    """
    counter = _energy_counter()
    if counter is None:
        return None
    nvml, handle = counter
    energy_mj = ctypes.c_ulonglong()
    if nvml.nvmlDeviceGetTotalEnergyConsumption(handle, ctypes.byref(energy_mj)) != SUCCESS:
        return None
    return energy_mj.value / 1000


@cache
def _energy_counter() -> tuple[Any, ctypes.c_void_p] | None:
    """Return NVML, which stays in use, and its handle of the first device that this process sees."""
    driver, nvml = _library("libcuda.so.1"), _library("libnvidia-ml.so.1")
    if driver is None or nvml is None or driver.cuInit(0) != SUCCESS or nvml.nvmlInit_v2() != SUCCESS:
        return None
    bus, device, handle = ctypes.create_string_buffer(64), ctypes.c_int(), ctypes.c_void_p()
    if (
        driver.cuDeviceGet(ctypes.byref(device), 0) != SUCCESS
        or driver.cuDeviceGetPCIBusId(bus, len(bus), device) != SUCCESS
        or nvml.nvmlDeviceGetHandleByPciBusId_v2(bus, ctypes.byref(handle)) != SUCCESS
    ):
        return None
    return nvml, handle


class _Memory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


def _free_bytes(count: int) -> list[int | None]:
    """Return the free memory of each device by NVML, which needs no context.

    NVML numbers all devices of the machine: where CUDA_VISIBLE_DEVICES hides some, nothing is said.
    """
    unknown: list[int | None] = [None] * count
    nvml = _library("libnvidia-ml.so.1")
    if nvml is None or nvml.nvmlInit_v2() != SUCCESS:
        return unknown
    try:
        total = ctypes.c_uint()
        nvml.nvmlDeviceGetCount_v2(ctypes.byref(total))
        if total.value != count:
            return unknown
        return [_free_of(nvml, index) for index in range(count)]
    finally:
        nvml.nvmlShutdown()


def _free_of(nvml: Any, index: int) -> int | None:
    handle, memory = ctypes.c_void_p(), _Memory()
    if nvml.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(handle)) != SUCCESS:
        return None
    if nvml.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)) != SUCCESS:
        return None
    return int(memory.free)
