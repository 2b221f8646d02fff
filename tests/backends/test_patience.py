"""Third parties' code that hangs in the controller."""

import threading

import pytest

from backends import _patience
from backends.diagnosis import PROBE, answer
from backends.protocol import State
from backends.sklearn import Sklearn


class Hanging(Sklearn):
    """Never says how it feels."""

    name = "hanging"

    def diagnose(self):
        """Wait for what never comes."""
        threading.Event().wait()

    def offer(self, algorithm):
        """Wait for what never comes."""
        threading.Event().wait()


class Raising(Sklearn):
    """Raises what is not even an Exception."""

    name = "raising"

    def diagnose(self):
        """Leave."""
        raise KeyError("nothing here")


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(_patience, "PATIENCE_S", 0.2)
    monkeypatch.setattr("backends.diagnosis.PROBE_S", 0.2)


@pytest.mark.parametrize("ask", [None, PROBE], ids=["diagnose", "probe"])
def test_a_diagnosis_that_hangs_is_a_load_failure(ask):
    diagnosis = answer(Hanging()) if ask is None else answer(Hanging(), ask)
    assert diagnosis.state is State.LOAD_FAILURE
    assert "no answer within 0.2 s" in diagnosis.detail


def test_what_is_raised_is_raised_to_whoever_asked():
    assert "KeyError" in answer(Raising()).detail
    with pytest.raises(KeyError):
        _patience.in_time(Raising(), Raising().diagnose)


def test_an_offer_that_hangs_is_a_reason(monkeypatch):
    from suite.measure import run

    monkeypatch.setattr(run, "create", lambda spec: Hanging())
    assert "its offer gives no answer within 0.2 s" in run.lacking(run.create("hanging"), "Ridge")


def test_our_own_backends_are_asked_directly():
    seen = []
    _patience.in_time(Sklearn(), lambda: seen.append(threading.current_thread()))
    assert seen == [threading.main_thread()]
