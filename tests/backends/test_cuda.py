"""What the driver says of its devices: every state judged, and the driver asked for real or through a stand-in."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from backends._cuda import NO_DEVICE, SYSTEM_DRIVER_MISMATCH, Device, Needs, Seen, joules, judge, look
from backends.protocol import State

GIB = 2**30
NEEDS = Needs(13000, (7, 5))
H100 = Device("NVIDIA H100", 80 * GIB, (9, 0), 79 * GIB)
#: case -> what the driver says, the state, and words of the detail and of the cure.
CASES = {
    "no driver": (Seen(None), State.NO_DRIVER, "libcuda.so.1", "install a driver for CUDA 13.0 or later"),
    "too old": (Seen(12080), State.DRIVER_TOO_OLD, "for CUDA 12.8, this build needs 13.0", "CUDA 13.0 or later"),
    "no device": (Seen(13000, NO_DEVICE), State.NO_DEVICE, "the driver sees no GPU", "CUDA_VISIBLE_DEVICES"),
    "all hidden": (Seen(13000), State.NO_DEVICE, "the driver sees no GPU", "CUDA_VISIBLE_DEVICES"),
    "mismatch": (Seen(13000, SYSTEM_DRIVER_MISMATCH), State.LOAD_FAILURE, "loaded kernel module", "reboot"),
    "other error": (Seen(13000, 999), State.LOAD_FAILURE, "(cuInit: 999)", "nvidia-smi"),
    "old card": (
        *(Seen(13000, devices=(Device("Tesla V100", 16 * GIB, (7, 0)),)), State.WRONG_ARCHITECTURE),
        *("Tesla V100 has compute capability 7.0, this build has code from 7.5 on", ""),
    ),
    "occupied": (
        *(Seen(13000, devices=(Device("NVIDIA T4", 16 * GIB, (7, 5), GIB),)), State.DEVICE_BUSY),
        *("1.0 of 16.0 GiB are free on NVIDIA T4", "who holds it"),
    ),
    "ready": (Seen(13000, devices=(H100,)), State.READY, "", ""),
    "memory unknown": (Seen(13000, devices=(Device("NVIDIA T4", 16 * GIB, (7, 5)),)), State.READY, "", ""),
    "the first counts": (Seen(13010, devices=(H100, Device("Tesla K80", GIB, (3, 7), 0))), State.READY, "", ""),
}


@pytest.mark.parametrize("case", CASES)
def test_every_state_has_its_reason_and_its_cure(case):
    seen, state, detail, cure = CASES[case]
    diagnosis = judge(seen, NEEDS, "26.10.0")
    assert diagnosis.state is state
    assert detail in diagnosis.detail
    assert cure in diagnosis.cure
    assert diagnosis.version == "26.10.0"
    assert (diagnosis.detail == "") == (state is State.READY)


def test_a_ready_device_is_described():
    device = judge(Seen(13010, devices=(H100,)), NEEDS, "1").device
    assert device == "NVIDIA H100, 80 GiB, driver for CUDA 13.1"


def test_drivers_of_the_same_major_version_will_do():
    assert judge(Seen(12000, devices=(H100,)), Needs(12080), "1").state is State.READY


@pytest.mark.parametrize(("free_gib", "state"), [(1.59, State.DEVICE_BUSY), (1.61, State.READY)])
def test_a_tenth_of_the_memory_must_be_free(free_gib, state):
    device = Device("NVIDIA T4", 16 * GIB, (7, 5), int(free_gib * GIB))
    assert judge(Seen(13000, devices=(device,)), NEEDS, "1").state is state


def has_driver() -> bool:
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


@pytest.mark.skipif(has_driver(), reason="there is a driver")
def test_without_a_driver_nothing_is_seen():
    assert look() == Seen(None)


#: A driver of two devices that says what the environment tells it, and NVML.
DRIVER = r"""
#include <stdlib.h>
#include <string.h>
static int told(const char *name, int other) { const char *v = getenv(name); return v ? atoi(v) : other; }
int cuDriverGetVersion(int *v) { *v = told("VERSION", 13010); return 0; }
int cuInit(unsigned flags) { return flags ? 1 : told("INIT", 0); }
int cuDeviceGetCount(int *n) { *n = 2; return 0; }
int cuDeviceGet(int *handle, int index) { *handle = 40 + index; return 0; }
int cuDeviceGetName(char *name, int size, int handle) {
    strncpy(name, handle == 40 ? "NVIDIA H100" : "NVIDIA T4", size);
    return 0;
}
int cuDeviceTotalMem_v2(size_t *bytes, int handle) { *bytes = handle == 40 ? 80ull << 30 : 16ull << 30; return 0; }
int cuDeviceGetPCIBusId(char *id, int size, int handle) {
    strncpy(id, handle == 40 ? "0:1:0" : "0:2:0", size);
    return 0;
}
int cuDeviceGetAttribute(int *value, int which, int handle) {
    *value = handle == 40 ? (which == 75 ? 9 : 0) : (which == 75 ? 7 : 5);
    return 0;
}
"""
NVML = r"""
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
int nvmlDeviceGetHandleByPciBusId_v2(const char *id, void **handle) {
    *handle = (void *)(uintptr_t)(strcmp(id, "0:1:0") ? 2 : 1); return 0;
}
int nvmlDeviceGetTotalEnergyConsumption(void *handle, unsigned long long *mj) {
    static unsigned long long used = 1000;
    *mj = (used += 1500) + ((uintptr_t)handle == 1 ? 0 : 1000000); return getenv("DIVIDED") ? 3 : 0;
}
int nvmlInit_v2(void) { return 0; }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned *n) { *n = getenv("HIDDEN") ? 3 : 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) { *handle = (void *)(uintptr_t)(index + 1); return 0; }
int nvmlDeviceGetMemoryInfo(void *handle, unsigned long long *memory) {
    memory[0] = 80ull << 30; memory[1] = (uintptr_t)handle << 30; memory[2] = 5; return 0;
}
"""
LOOK = "import json; from dataclasses import asdict; from backends._cuda import look; print(json.dumps(asdict(look())))"


@pytest.fixture(scope="module")
def libraries(tmp_path_factory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("needs a C compiler on Linux")
    folder = tmp_path_factory.mktemp("driver")
    for name, source in (("libcuda.so.1", DRIVER), ("libnvidia-ml.so.1", NVML)):
        command = [compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", str(folder / name)]
        subprocess.run(command, input=source, text=True, check=True, timeout=60)
    return folder


def seen_through(libraries: Path, code: str = LOOK, **told: str) -> Any:
    variables = {"LD_LIBRARY_PATH": str(libraries), "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | variables | told, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def as_read(seen: Seen) -> dict[str, object]:
    return json.loads(json.dumps(asdict(seen)))


T4 = Device("NVIDIA T4", 16 * GIB, (7, 5))


def test_the_devices_are_read_with_their_free_memory(libraries):
    devices = (Device("NVIDIA H100", 80 * GIB, (9, 0), GIB), Device("NVIDIA T4", 16 * GIB, (7, 5), 2 * GIB))
    assert seen_through(libraries) == as_read(Seen(13010, devices=devices))


def test_where_some_are_hidden_no_free_memory_is_told(libraries):
    devices = (Device("NVIDIA H100", 80 * GIB, (9, 0)), T4)
    assert seen_through(libraries, HIDDEN="1") == as_read(Seen(13010, devices=devices))


@pytest.mark.parametrize("result", [NO_DEVICE, SYSTEM_DRIVER_MISMATCH, 999])
def test_a_driver_that_does_not_start_says_why(libraries, result):
    assert seen_through(libraries, INIT=str(result)) == as_read(Seen(13010, result))


def test_a_stub_of_version_zero_is_no_driver(libraries):
    assert seen_through(libraries, VERSION="0") == as_read(Seen(None))


JOULES = """
import json
from backends.discovery import create
cpu, gpu = create("xgboost"), create("xgboost:cuda")
print(json.dumps([cpu.device_joules(), gpu.device_joules(), gpu.device_joules()]))
"""


def test_the_energy_is_that_of_the_first_device_and_of_backends_on_it(libraries):
    assert seen_through(libraries, JOULES) == [None, 2.5, 4.0]
    assert seen_through(libraries, JOULES, DIVIDED="1") == [None, None, None]


@pytest.mark.skipif(has_driver(), reason="there is a driver")
def test_without_a_driver_no_energy_is_told():
    assert joules() is None
