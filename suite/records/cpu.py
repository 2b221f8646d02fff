"""The processor: model, cores, caches and SIMD, from `lscpu --json` on Linux and `sysctl` on macOS."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from suite.records.schema import Cache

#: What decides which code path a library takes, by its name in /proc/cpuinfo (x86, Arm) or in sysctl (Apple).
SIMD = (
    "sse4_2", "avx", "f16c", "fma", "avx2", "avx_vnni", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni",
    "avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8", "amx_bf16",
    "asimd", "asimddp", "asimdhp", "bf16", "i8mm", "sve", "sve2", "sme", "sme2",
)  # fmt: skip

_APPLE_SIMD = {
    "hw.optional.AdvSIMD": "asimd",
    "hw.optional.arm.FEAT_DotProd": "asimddp",
    "hw.optional.arm.FEAT_FP16": "asimdhp",
    "hw.optional.arm.FEAT_BF16": "bf16",
    "hw.optional.arm.FEAT_I8MM": "i8mm",
    "hw.optional.arm.FEAT_SME": "sme",
    "hw.optional.arm.FEAT_SME2": "sme2",
    "hw.optional.sse4_2": "sse4_2",
    "hw.optional.avx1_0": "avx",
    "hw.optional.f16c": "f16c",
    "hw.optional.fma": "fma",
    "hw.optional.avx2_0": "avx2",
    "hw.optional.avx512f": "avx512f",
    "hw.optional.avx512bw": "avx512bw",
    "hw.optional.avx512dq": "avx512dq",
    "hw.optional.avx512vl": "avx512vl",
}
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}
_CACHE_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMG]?)(?:i?B)?\s*(?:\((\d+) instances?\))?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cpu:
    """What was found; zero, empty or None where the system does not tell."""

    model: str = ""
    sockets: int = 0
    cores: int = 0
    logical_cpus: int = 0
    caches: list[Cache] = field(default_factory=list)
    simd: list[str] = field(default_factory=list)
    hypervisor: str = ""


def answer_of(*command: str) -> str:
    """Return what a system's command prints, in the C locale; empty if it cannot be had."""
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=5, check=False, env=_PLAIN
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout


_PLAIN = {"LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}


def linux_cpu() -> Cpu:
    """Ask lscpu, 4 ms."""
    return parse_lscpu(answer_of("lscpu", "--json", "--bytes"))


def macos_cpu() -> Cpu:
    """Ask sysctl."""
    return parse_sysctl(answer_of("sysctl", "hw", "machdep.cpu", "kern.hv_vmm_present"))


def parse_lscpu(text: str) -> Cpu:
    """Read the JSON of lscpu, flat (up to 2.36) or nested (from 2.37 on)."""
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Cpu()
    fields: dict[str, str] = {}
    if isinstance(document, dict):
        _flatten(document.get("lscpu"), fields)
    sockets = _whole(fields.get("Socket(s)")) or _whole(fields.get("Cluster(s)"))
    per_socket = _whole(fields.get("Core(s) per socket")) or _whole(fields.get("Core(s) per cluster"))
    flags = fields.get("Flags", "").split()
    hypervisor = fields.get("Hypervisor vendor", "") or ("unknown hypervisor" if "hypervisor" in flags else "")
    return Cpu(
        model=fields.get("Model name", ""),
        sockets=sockets,
        cores=sockets * per_socket,
        logical_cpus=_whole(fields.get("CPU(s)")),
        caches=_lscpu_caches(fields),
        simd=_simd(flags),
        hypervisor=hypervisor,
    )


def _flatten(entries: Any, fields: dict[str, str]) -> None:
    """Collect `field: data` of a list of entries and of their children; the first of a name holds."""
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict):
            name, data = entry.get("field"), entry.get("data")
            if isinstance(name, str) and isinstance(data, str):
                fields.setdefault(name.strip().rstrip(":"), data.strip())
            _flatten(entry.get("children"), fields)


def _lscpu_caches(fields: Mapping[str, str]) -> list[Cache]:
    """Read `L2 cache: 1048576 (2 instances)` or `L2: 1 MiB (2 instances)`; the size is that of all instances."""
    caches = []
    for name, data in fields.items():
        if re.fullmatch(r"L\d[di]?(?: cache)?", name) and (match := _CACHE_SIZE.fullmatch(data)):
            size, unit, instances = match.groups()
            bytes_ = int(float(size) * _UNITS[unit])
            caches.append(Cache(level=name.removesuffix(" cache"), bytes=bytes_, instances=int(instances or 1)))
    return caches


def parse_sysctl(text: str) -> Cpu:
    """Read lines of `key: value` as macOS prints them, of Apple's and of Intel's processors."""
    keys = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())}
    logical_cpus = _whole(keys.get("hw.logicalcpu"))
    features = [name for key, name in _APPLE_SIMD.items() if keys.get(key) == "1"]
    return Cpu(
        model=keys.get("machdep.cpu.brand_string", ""),
        sockets=_whole(keys.get("hw.packages")),
        cores=_whole(keys.get("hw.physicalcpu")),
        logical_cpus=logical_cpus,
        caches=_levels_of_cores(keys) or _levels_of_intel(keys, logical_cpus),
        simd=_simd(features),
        hypervisor="unknown hypervisor" if keys.get("kern.hv_vmm_present") == "1" else "",
    )


def _levels_of_cores(keys: Mapping[str, str]) -> list[Cache]:
    """Sum the caches over the kinds of cores, fast and economical, of Apple's processors."""
    totals: dict[str, Cache] = {}
    for kind in range(_whole(keys.get("hw.nperflevels"))):
        prefix = f"hw.perflevel{kind}."
        cores = _whole(keys.get(prefix + "physicalcpu"))
        for level, sharing in (("L1d", 1), ("L1i", 1), ("L2", _whole(keys.get(prefix + "cpusperl2")))):
            size = _whole(keys.get(f"{prefix}{level.lower()}cachesize"))
            if size and cores and sharing:
                instances = -(-cores // sharing)
                before = totals.get(level, Cache(level=level, bytes=0, instances=0))
                totals[level] = Cache(
                    level=level, bytes=before.bytes + size * instances, instances=before.instances + instances
                )
    return list(totals.values())


def _levels_of_intel(keys: Mapping[str, str], logical_cpus: int) -> list[Cache]:
    """Multiply each cache by its instances; `hw.cacheconfig` says how many CPUs share memory, L1, L2 and L3."""
    sharing = [_whole(word) for word in keys.get("hw.cacheconfig", "").split()]
    caches = []
    for level, index in (("L1d", 1), ("L1i", 1), ("L2", 2), ("L3", 3)):
        size = _whole(keys.get(f"hw.{level.lower()}cachesize"))
        if size:
            shared_by = sharing[index] if index < len(sharing) else 0
            instances = -(-logical_cpus // shared_by) if shared_by and logical_cpus else 1
            caches.append(Cache(level=level, bytes=size * instances, instances=instances))
    return caches


def _simd(flags: Iterable[str]) -> list[str]:
    present = set(flags)
    return [name for name in SIMD if name in present]


def _whole(text: str | None) -> int:
    """Read a whole number, zero where there is none ("-", hexadecimal, missing)."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 20 else 0
