"""The backends as a worker has them, and small data."""

from __future__ import annotations

import pytest
from backend_calls import Data, make_data

from backends.onedal import OneDal
from backends.sklearn import Sklearn


@pytest.fixture
def data() -> Data:
    return make_data()


@pytest.fixture
def sklearn() -> Sklearn:
    return Sklearn()


@pytest.fixture
def onedal(monkeypatch: pytest.MonkeyPatch) -> OneDal:
    pytest.importorskip("sklearnex", reason="scikit-learn-intelex is not installed")
    backend = OneDal()
    for name, value in backend.environment(2).items():
        monkeypatch.setenv(name, value)
    return backend
