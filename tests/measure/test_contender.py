"""What one case is allowed while its group is measured."""

from __future__ import annotations

import pytest

from suite.measure.contender import opening_s

GIB = 2**30


@pytest.mark.parametrize("data_bytes", [GIB, 100 * GIB])
def test_data_may_be_read_from_a_slow_disk_however_large_they_are(data_bytes: int) -> None:
    assert opening_s(data_bytes) > 60 + data_bytes / 50e6
    assert opening_s(data_bytes) < 60 + data_bytes / 10e6
