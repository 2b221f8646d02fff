from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.records.cpu import Cpu, parse_lscpu, parse_sysctl
from suite.records.schema import Cache


def entry(field: str, data: str, *children: dict[str, object]) -> dict[str, object]:
    return {"field": field + ":", "data": data, **({"children": list(children)} if children else {})}


FLAT = [
    entry("Architecture", "x86_64"),
    entry("CPU(s)", "64"),
    entry("Thread(s) per core", "2"),
    entry("Core(s) per socket", "16"),
    entry("Socket(s)", "2"),
    entry("Model name", "AMD EPYC 7302 16-Core Processor"),
    entry("Flags", "fpu sse4_2 avx avx2 fma f16c avx512f amx_tile"),
    entry("Hypervisor vendor", "KVM"),
    entry("L1d cache", "1048576 (32 instances)"),
    entry("L2 cache", "16 MiB (32 instances)"),
    entry("L3 cache", "256 MiB (1 instance)"),
]
#: As util-linux 2.37 and later nest it.
NESTED = [
    entry("Architecture", "x86_64"),
    entry("CPU(s)", "64", entry("On-line CPU(s) list", "0-63")),
    entry(
        "Vendor ID",
        "AuthenticAMD",
        entry(
            "Model name",
            "AMD EPYC 7302 16-Core Processor",
            entry("Thread(s) per core", "2"),
            entry("Core(s) per socket", "16"),
            entry("Socket(s)", "2"),
            entry("Flags", "fpu sse4_2 avx avx2 fma f16c avx512f amx_tile"),
        ),
    ),
    entry("Virtualization features", "", entry("Hypervisor vendor", "KVM")),
    entry(
        "Caches (sum of all)",
        "",
        entry("L1d", "1 MiB (32 instances)"),
        entry("L2", "16777216 (32 instances)"),
        entry("L3", "268435456 (1 instance)"),
    ),
]

APPLE = """\
hw.ncpu: 8
hw.packages: 1
hw.physicalcpu: 8
hw.logicalcpu: 8
hw.memsize: 17179869184
hw.nperflevels: 2
hw.perflevel0.physicalcpu: 4
hw.perflevel0.l1icachesize: 196608
hw.perflevel0.l1dcachesize: 131072
hw.perflevel0.l2cachesize: 12582912
hw.perflevel0.cpusperl2: 4
hw.perflevel1.physicalcpu: 4
hw.perflevel1.l1icachesize: 131072
hw.perflevel1.l1dcachesize: 65536
hw.perflevel1.l2cachesize: 4194304
hw.perflevel1.cpusperl2: 4
hw.l1dcachesize: 65536
hw.optional.AdvSIMD: 1
hw.optional.arm.FEAT_DotProd: 1
hw.optional.arm.FEAT_BF16: 0
machdep.cpu.brand_string: Apple M1
kern.hv_vmm_present: 0
"""
INTEL_MAC = """\
hw.packages: 1
hw.physicalcpu: 4
hw.logicalcpu: 8
hw.cacheconfig: 8 2 2 8 0 0 0 0 0 0
hw.l1icachesize: 32768
hw.l1dcachesize: 32768
hw.l2cachesize: 262144
hw.l3cachesize: 6291456
hw.optional.sse4_2: 1
hw.optional.avx1_0: 1
hw.optional.avx2_0: 1
machdep.cpu.brand_string: Intel(R) Core(TM) i7-7700HQ CPU @ 2.80GHz
kern.hv_vmm_present: 1
"""


@pytest.mark.parametrize("entries", [FLAT, NESTED])
def test_lscpu_flat_and_nested(entries: list[dict[str, object]]) -> None:
    assert parse_lscpu(json.dumps({"lscpu": entries})) == Cpu(
        model="AMD EPYC 7302 16-Core Processor",
        sockets=2,
        cores=32,
        logical_cpus=64,
        caches=[
            Cache(level="L1d", bytes=2**20, instances=32),
            Cache(level="L2", bytes=2**24, instances=32),
            Cache(level="L3", bytes=2**28, instances=1),
        ],
        simd=["sse4_2", "avx", "f16c", "fma", "avx2", "avx512f", "amx_tile"],
        hypervisor="KVM",
    )


def test_old_sizes_and_holes() -> None:
    entries = [entry("L1d cache", "32K"), entry("L3 cache", "46080K"), entry("Core(s) per socket", "-")]
    found = parse_lscpu(json.dumps({"lscpu": [*entries, {"field": "Flags:", "data": "hypervisor"}]}))
    assert found.caches == [
        Cache(level="L1d", bytes=32 * 1024, instances=1),
        Cache(level="L3", bytes=46080 * 1024, instances=1),
    ]
    assert found.cores == 0
    assert found.hypervisor == "unknown hypervisor"


def test_an_apple_processor_has_two_kinds_of_cores() -> None:
    found = parse_sysctl(APPLE)
    assert (found.model, found.cores, found.logical_cpus, found.sockets) == ("Apple M1", 8, 8, 1)
    assert found.caches == [
        Cache(level="L1d", bytes=4 * (131072 + 65536), instances=8),
        Cache(level="L1i", bytes=4 * (196608 + 131072), instances=8),
        Cache(level="L2", bytes=12582912 + 4194304, instances=2),
    ]
    assert found.simd == ["asimd", "asimddp"]
    assert found.hypervisor == ""


def test_an_intel_mac() -> None:
    found = parse_sysctl(INTEL_MAC)
    assert (found.cores, found.logical_cpus) == (4, 8)
    assert found.caches == [
        Cache(level="L1d", bytes=4 * 32768, instances=4),
        Cache(level="L1i", bytes=4 * 32768, instances=4),
        Cache(level="L2", bytes=4 * 262144, instances=4),
        Cache(level="L3", bytes=6291456, instances=1),
    ]
    assert found.simd == ["sse4_2", "avx", "avx2"]
    assert found.hypervisor == "unknown hypervisor"


@given(st.text() | st.sampled_from(["", "null", '{"lscpu": 5}', '{"lscpu": [1, {"children": {}}]}', "[" * 100_000]))
def test_garbage_is_survived(text: str) -> None:
    assert parse_lscpu(text) == Cpu()
    assert parse_sysctl(text).cores == 0
