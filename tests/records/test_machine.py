from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path

import psutil
import pytest
from msgspec import structs
from msgspec.json import decode, encode

from suite.records import cpu, gpus, machine
from suite.records.gpus import parse_nvidia_smi
from suite.records.machine import describe_machine, doubts
from suite.records.schema import Gpu, Machine


def test_this_machine() -> None:
    found = describe_machine()
    assert found.cpu
    assert found.memory_bytes == psutil.virtual_memory().total
    assert 1 <= found.usable_cpus <= found.logical_cpus == os.cpu_count()
    assert 1 <= found.cores <= found.logical_cpus
    assert (found.host, found.user) == ("", "")
    assert decode(encode(found), type=Machine) == found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and lscpu")
def test_caches_are_those_of_the_kernel() -> None:
    for cache in describe_machine().caches:
        sizes = {}
        for index in Path("/sys/devices/system/cpu").glob("cpu[0-9]*/cache/index*"):
            kind = {"Data": "d", "Instruction": "i"}.get((index / "type").read_text().strip(), "")
            if f"L{(index / 'level').read_text().strip()}{kind}" == cache.level:
                sizes[(index / "shared_cpu_list").read_text()] = int((index / "size").read_text().strip()[:-1]) * 1024
        if sizes:
            assert (sum(sizes.values()), len(sizes)) == (cache.bytes, cache.instances)


def test_the_id_is_stable_and_does_not_tell_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    first = describe_machine()
    assert re.fullmatch("[0-9a-f]{12}", first.id)
    assert describe_machine(with_names=True).id == first.id
    monkeypatch.setattr(machine, "_machine_id", lambda: "another")
    assert describe_machine().id != first.id


def test_what_one_machine_keeps() -> None:
    then = structs.replace(describe_machine(), kernel="6.1", memory_bytes=25276502016)
    assert doubts(then, structs.replace(then, usable_cpus=1, governor="another", gpus=[])) == []
    now = structs.replace(
        then, kernel="6.2", memory_bytes=25276063744, cpu="another", logical_cpus=then.logical_cpus + 1
    )
    assert doubts(then, now) == [
        "kernel (6.1 then, 6.2 now)",
        "bytes of memory (25276502016 then, 25276063744 now)",
        f"CPU model ({then.cpu} then, another now)",
        f"number of CPUs ({then.logical_cpus} then, {then.logical_cpus + 1} now)",
    ]


def test_a_host_name_counts_outside_containers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = {}
    for container in ("", "docker"):
        monkeypatch.setattr(machine, "_container", lambda kind=container: kind)
        for host in ("node1", "node2"):
            monkeypatch.setattr(socket, "gethostname", lambda name=host: name)
            ids[container, host] = describe_machine().id
    assert ids["", "node1"] != ids["", "node2"]
    assert ids["docker", "node1"] == ids["docker", "node2"]


def test_nothing_can_be_found_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cpu, "_PLAIN", {"PATH": str(tmp_path)})
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(machine, "_CPUS", tmp_path)
    monkeypatch.setattr(machine, "_MACHINE_IDS", (tmp_path / "none",))
    found = describe_machine()
    assert found.cpu
    assert found.sockets == 1
    assert found.caches == []
    assert found.gpus == []
    assert found.governor == ""


@pytest.mark.parametrize(("cpus", "governor"), [(("performance",) * 2, "performance"), (("a", "b"), "a, b"), ((), "")])
def test_governor(cpus: tuple[str, ...], governor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, text in enumerate(cpus):
        folder = tmp_path / f"cpu{number}" / "cpufreq"
        folder.mkdir(parents=True)
        (folder / "scaling_governor").write_text(text + "\n")
    monkeypatch.setattr(machine, "_CPUS", tmp_path)
    assert describe_machine().governor == governor


@pytest.mark.parametrize(
    ("name", "value", "container"),
    [("KUBERNETES_SERVICE_HOST", "10.0.0.1", "kubernetes"), ("APPTAINER_CONTAINER", "/x.sif", "apptainer")],
)
def test_containers(name: str, value: str, container: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv(name, value)
    assert describe_machine().container == container


def test_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "nvidia-smi"
    command.write_text("#!/bin/sh\necho 'NVIDIA H200, 143771, 570.86.15'\necho 'Odd, name, 24576, 570.86.15'\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(gpus, "_by_library", lambda: None)
    assert gpus.find_gpus() == [
        Gpu(name="NVIDIA H200", memory_bytes=143771 * 2**20, driver="570.86.15"),
        Gpu(name="Odd, name", memory_bytes=24576 * 2**20, driver="570.86.15"),
    ]
    command.write_text("#!/bin/sh\necho 'No devices were found'\nexit 9\n")
    assert gpus.find_gpus() == []
    assert parse_nvidia_smi("A100, [N/A], 5\n") == [Gpu(name="A100", memory_bytes=0, driver="5")]
