"""The counters of energy of CPU packages and their memory (RAPL), as far as they can be read here.

Linux shows them under `/sys/class/powercap` (kernel: Documentation/power/powercap/powercap.rst), AMD's under the same
names as Intel's: `energy_uj`, in µJ, begins anew after `max_energy_range_uj`. Domains within a package are left out,
and so is `psys`, which contains the packages; memory (`dram`) is apart from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")


@dataclass(frozen=True, slots=True)
class Zone:
    """One counter: its name, the file that it is read from, and where it begins anew, in µJ."""

    name: str
    file: Path
    range_uj: int

    def now_uj(self) -> int:
        """Read the counter; raises OSError or ValueError where it cannot be."""
        return int(self.file.read_text())


@dataclass(frozen=True, slots=True)
class HostCounters:
    """The counters that can be read here; `missing` says why there are none, and what to do."""

    zones: tuple[Zone, ...] = ()
    missing: str = ""


@cache
def host_counters(root: Path = POWERCAP) -> HostCounters:
    """Find the counters; never fails."""
    zones = []
    try:
        for folder in sorted(root.glob("intel-rapl:*")):
            name = (folder / "name").read_text().strip()
            if name.startswith("package-") or name == "dram":
                zones.append(Zone(name, folder / "energy_uj", int((folder / "max_energy_range_uj").read_text())))
                zones[-1].now_uj()
    except PermissionError:
        cure = f"sudo chmod a+r {root}/intel-rapl:*/energy_uj"
        return HostCounters(missing=f"the counters of the CPU packages' energy can be read by root only: {cure}")
    except (OSError, ValueError) as error:
        return HostCounters(missing=f"the counters of the CPU packages' energy cannot be read: {error}")
    if not any(zone.name.startswith("package-") for zone in zones):
        return HostCounters(missing="the system shows no counters of the CPU packages' energy (no virtual one does)")
    return HostCounters(tuple(zones))
