"""The GPUs of this machine, as NVIDIA's driver reports them."""

from __future__ import annotations

import importlib
import shutil
import subprocess

from suite.records.schema import Gpu

_MIB = 2**20
_QUERY = ("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits")


def find_gpus() -> list[Gpu]:
    """Return the GPUs, by nvidia-ml-py where it is installed, else by nvidia-smi; an empty list without either."""
    gpus = _by_library()
    return _by_command() if gpus is None else gpus


def _by_library() -> list[Gpu] | None:
    """Ask the driver's library; None if that is not possible."""
    try:
        nvml = importlib.import_module("pynvml")
        nvml.nvmlInit()
    except Exception:  # noqa: BLE001 (a broken library must not spoil a run; its error types are its own)
        return None
    try:
        driver = _text(nvml.nvmlSystemGetDriverVersion())
        handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
        return [
            Gpu(
                name=_text(nvml.nvmlDeviceGetName(handle)),
                memory_bytes=int(nvml.nvmlDeviceGetMemoryInfo(handle).total),
                driver=driver,
            )
            for handle in handles
        ]
    except Exception:  # noqa: BLE001
        return None
    finally:
        nvml.nvmlShutdown()


def _text(value: str | bytes) -> str:
    """Older versions of the library return bytes."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _by_command() -> list[Gpu]:
    if shutil.which(_QUERY[0]) is None:
        return []
    try:
        answer = subprocess.run(_QUERY, capture_output=True, text=True, errors="replace", timeout=20, check=False)
    except (OSError, subprocess.SubprocessError):
        return []
    return parse_nvidia_smi(answer.stdout) if answer.returncode == 0 else []


def parse_nvidia_smi(text: str) -> list[Gpu]:
    """Read lines of `name, memory in MiB, driver version`."""
    gpus = []
    for line in text.splitlines():
        fields = [field.strip() for field in line.rsplit(",", 2)]
        if len(fields) == 3:
            name, memory, driver = fields
            gpus.append(Gpu(name=name, memory_bytes=int(memory) * _MIB if memory.isdecimal() else 0, driver=driver))
    return gpus
