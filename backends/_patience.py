"""Waits for third parties' code in the controller, but not for ever: what hangs there would hang everything."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import TypeVar

from backends.protocol import Backend

T = TypeVar("T")

#: What is asked in the controller is answered at once by every honest backend; a probe may start a process.
PATIENCE_S, PROBE_S = 20.0, 300.0


def in_time(backend: Backend, call: Callable[[], T], patience_s: float | None = None) -> T:
    """Return what the call returns; one of a third party's is left behind when its time is up.

    Raises
    ------
    TimeoutError
        If a third party's backend does not answer in time.
    """
    if type(backend).__module__.startswith("backends."):
        return call()
    from concurrent.futures import Future

    limit_s = PATIENCE_S if patience_s is None else patience_s
    future: Future[T] = Future()

    def answer() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            future.set_exception(error)

    Thread(target=answer, daemon=True).start()
    try:
        return future.result(limit_s)
    except TimeoutError:
        if future.done():  # its own
            raise
        raise TimeoutError(f"no answer within {limit_s:g} s") from None
