"""What devices reach: measured with real arrays, and where it is recorded."""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from run_process import RunProcess

from backends.discovery import create
from backends.protocol import UnsupportedError
from backends.sklearn import Sklearn
from suite.measure.roof import HOST_SIDE, LEAST_S, MATRIX_BYTES, peak


class Late(Sklearn):
    """The host, on which everything is done a while later."""

    wait_s = 0.2

    def synchronize(self) -> None:
        """Wait."""
        time.sleep(self.wait_s)


def test_numpys_arrays_are_the_host_and_nothing_else() -> None:
    with pytest.raises(UnsupportedError, match="NumPy's"):
        peak(create("onedal"), "float64", host=False)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_host_reaches_what_numpy_does(dtype: str) -> None:
    found = peak(create("sklearn"), dtype, host=True)
    square = np.ones((HOST_SIDE, HOST_SIDE), dtype)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        square @ square
        times.append(time.perf_counter() - start)
    ratio = found.flops_per_s / (2.0 * HOST_SIDE**3 / min(times))
    assert found.dtype == dtype
    assert 0.1 < ratio < 10  # a factor that is wrong is 1024, 8 or 10^9; a machine that is shared is not
    assert found.bytes_per_s < found.flops_per_s


def test_what_the_device_has_not_finished_counts() -> None:
    found = peak(Late(), "float64", host=True)
    assert found.flops_per_s <= 2.0 * HOST_SIDE**3 / Late.wait_s
    assert found.bytes_per_s <= MATRIX_BYTES / Late.wait_s


def test_a_run_records_it_where_operations_are_counted_and_time_allows(tmp_path: Path, shared_cache: Path) -> None:
    asked = [*(["--backend", "torch"] if find_spec("torch") else []), "--backend", "slowed:0"]
    counted = RunProcess(tmp_path / "counted", shared_cache)
    dtypes = ("--dtype", "float64", "--dtype", "float32")
    quick = (*asked, *dtypes, "--precision", "50%")
    assert counted.run(*quick, "--budget", "30s", workload="ridge-diabetes").returncode == 0
    lines = counted.loaded().backends
    with_arrays = {"sklearn", "torch"} & {*lines}
    assert {name for name, line in lines.items() if line.peaks} == with_arrays
    for name in with_arrays:
        assert [one.dtype for one in lines[name].peaks] == ["float64", "float32"]
        assert all(one.flops_per_s > 0 < one.bytes_per_s for one in lines[name].peaks)
        assert all(one.took_s > 2 * LEAST_S for one in lines[name].peaks)

    other = RunProcess(tmp_path / "other", shared_cache)
    assert other.run("--backend", "sklearn", "--budget", "1s", workload="ridge-diabetes").returncode == 0
    assert not any(line.peaks for line in other.loaded().backends.values())
