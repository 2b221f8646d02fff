"""What tests of the science workloads share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def science_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one data cache for all test processes: simulations take longer than most of what is done with them."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "science-cache"
    folder.mkdir(exist_ok=True)
    return folder
