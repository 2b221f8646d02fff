"""Energy by the counters of the machine: of a tree of files as Linux shows them, and of this machine as it is."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
from run_process import RunProcess

from suite.measure.energy import Energy
from suite.records.machine import describe_machine
from suite.records.rapl import HostCounters, host_counters

RANGE_UJ = 262_143_328_850


def powercap(folder: Path, **zones: str) -> Path:
    """Make the files of two packages with their memory, and of domains that are parts of others."""
    names = {"0": "package-0", "0:0": "core", "0:1": "dram", "1": "package-1", "2": "psys"} | zones
    for number, (zone, name) in enumerate(names.items()):
        place = folder / f"intel-rapl:{zone}"
        place.mkdir(parents=True)
        (place / "name").write_text(f"{name}\n")
        (place / "energy_uj").write_text(f"{1000 * number}\n")
        (place / "max_energy_range_uj").write_text(f"{RANGE_UJ}\n")
    return folder


class Device:
    """A backend whose device has used 3 J more whenever it is asked."""

    def __init__(self) -> None:
        self.joules = itertools.count(10, 3)

    def device_joules(self) -> float:
        return float(next(self.joules))


def test_packages_and_memory_are_counted_and_no_part_twice(tmp_path: Path) -> None:
    counters = host_counters(powercap(tmp_path))
    assert [zone.name for zone in counters.zones] == ["package-0", "dram", "package-1"]
    assert counters.missing == ""


def test_power_is_energy_over_time_and_a_counter_may_begin_anew(tmp_path: Path) -> None:
    counters = host_counters(powercap(tmp_path))
    device = Device()
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text(str(RANGE_UJ - 1_000_000))
    first = Energy.now(device, counters)
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("499999")  # 1.5 J later, the range itself included
    (tmp_path / "intel-rapl:0:1" / "energy_uj").write_text("502000")  # 0.5 J later
    second = Energy.now(device, counters)
    seconds = second.at_s - first.at_s
    assert second.host_watts(first, counters) == pytest.approx(2.0 / seconds, rel=1e-9)
    assert second.device_watts(first) == pytest.approx(3.0 / seconds, rel=1e-9)


def test_what_cannot_be_counted_is_none(tmp_path: Path) -> None:
    counters = host_counters(powercap(tmp_path))
    first = Energy.now(Device(), counters)
    (tmp_path / "intel-rapl:1" / "energy_uj").unlink()
    assert Energy.now(Device(), counters).host_watts(first, counters) is None
    nothing = Energy.now(Device(), HostCounters())
    assert Energy.now(Device(), HostCounters()).host_watts(nothing, HostCounters()) is None


def test_why_nothing_is_counted_is_said(tmp_path: Path) -> None:
    assert "no counters" in host_counters(tmp_path / "nowhere").missing
    damaged = powercap(tmp_path / "damaged")
    (damaged / "intel-rapl:0" / "energy_uj").write_text("much")
    assert "cannot be read" in host_counters(damaged).missing
    if os.geteuid():
        closed = powercap(tmp_path / "closed")
        (closed / "intel-rapl:0" / "energy_uj").chmod(0)
        assert "sudo chmod a+r" in host_counters(closed).missing


def test_a_run_has_the_energy_that_this_machine_tells(cli: RunProcess) -> None:
    machine = describe_machine()
    assert bool(machine.energy_counters) != bool(machine.no_energy)
    done = cli.run("--backend", "sklearn", "--budget", "1s", workload="ridge-diabetes")
    assert done.returncode == 0, done.stderr
    run = cli.loaded()
    assert run.info.machine.energy_counters == machine.energy_counters
    samples = [sample for record in run.groups for line in record.rounds for sample in line.samples]
    assert samples
    for sample in samples:
        assert (sample.host_watts is not None) == bool(machine.energy_counters)
        assert sample.device_watts is None
