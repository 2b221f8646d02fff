"""Mean power during a pass: of the CPU packages and memory (suite.records.rapl), and of a backend's GPU (NVML).

The host's counters are those of whole packages: what idles, and what others do, is in them. Nothing is estimated: what
no counter tells is None.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from backends.protocol import Backend
from suite.records.rapl import HostCounters


@dataclass(frozen=True, slots=True)
class Energy:
    """What the counters say at a moment: each zone of the host in µJ, and the device in joules."""

    at_s: float
    zones_uj: tuple[int, ...] | None
    device_j: float | None

    @classmethod
    def now(cls, backend: Backend, counters: HostCounters) -> Energy:
        """Read all counters there are, in some 20 µs each."""
        try:
            zones_uj = tuple(zone.now_uj() for zone in counters.zones) or None
        except (OSError, ValueError):
            zones_uj = None
        return cls(time.perf_counter(), zones_uj, backend.device_joules())

    def host_watts(self, earlier: Energy, counters: HostCounters) -> float | None:
        """Return the mean power of the host since `earlier`; a counter may have begun anew once."""
        if self.zones_uj is None or earlier.zones_uj is None:
            return None
        triples = zip(self.zones_uj, earlier.zones_uj, counters.zones, strict=True)
        used_uj = sum((end - start) % (zone.range_uj + 1) for end, start, zone in triples)
        return used_uj * 1e-6 / (self.at_s - earlier.at_s)

    def device_watts(self, earlier: Energy) -> float | None:
        """Return the mean power of the device since `earlier`."""
        if self.device_j is None or earlier.device_j is None:
            return None
        return (self.device_j - earlier.device_j) / (self.at_s - earlier.at_s)
