"""The worker: a process that imports one engine, forks itself where that is safe, and runs timed passes.

`python -m suite.measure.worker FD` is started by `suite.measure.processes` and speaks `messages` on descriptor FD. Only
the standard library and msgspec are imported before the engine, so that `import_s` is the engine's whole import.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import metadata

from backends.discovery import create
from backends.protocol import Backend, UnsupportedError
from suite.measure.messages import (
    Awake,
    Channel,
    Close,
    ClosedError,
    Fault,
    Fork,
    Forked,
    Hello,
    Open,
    Opened,
    Pass,
    Reach,
    Reached,
    Ready,
    Reap,
    Reaped,
    Reply,
)
from suite.records.schema import Status, ThreadPool

PR_SET_PDEATHSIG = 1
TRACE_CHARACTERS = 4000


def main() -> None:
    """Serve the controller at the other end of the descriptor named by the first argument."""
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    with suppress(ClosedError):
        channel.send(Awake())
        hello = channel.request()
        if not isinstance(hello, Hello):
            raise TypeError(f"expected Hello, got {type(hello).__name__}")
        die_with(hello.controller_pid)
        try:
            backend, ready = load(hello)
        except BaseException as error:  # noqa: BLE001 - whatever an engine's import does is a result
            channel.send(fault(error, "import"))
            return
        channel.send(ready)
        serve(channel, backend)


def die_with(parent_pid: int) -> None:
    """Arrange that this process ends when its parent dies.

    On Linux it is killed, also while it is stopped (prctl(2), PR_SET_PDEATHSIG). Elsewhere a stopped worker gets SIGHUP
    with its orphaned process group (POSIX), a waiting one reads the end of its channel, a working one after its pass.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(1)


def load(hello: Hello) -> tuple[Backend, Ready]:
    """Import the engine within the given resources."""
    if hasattr(os, "sched_setaffinity") and hello.cpus:
        os.sched_setaffinity(0, hello.cpus)
    backend = create(hello.backend)
    start = time.perf_counter()
    backend.load(frozenset(hello.algorithms))
    import_s = time.perf_counter() - start
    from threadpoolctl import threadpool_info

    from suite.measure.passes import warm_up

    warm_up()  # what a pass needs is there before the fork
    pools = [
        ThreadPool(
            api=str(pool.get("internal_api")),
            library=os.path.basename(str(pool.get("filepath"))),  # noqa: PTH119
            version=str(pool.get("version")),
            threads=int(pool.get("num_threads", 0)),
        )
        for pool in threadpool_info()
    ]
    gc.freeze()  # garbage too, which is little: to look for it takes 70 ms
    return backend, Ready(
        import_s=import_s,
        versions=versions(backend.packages),
        thread_pools=pools,
        cpus=sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [],
        interpreter=interpreter(),
        simd=backend.simd(),
    )


def interpreter() -> str:
    """Version of this Python."""
    return sys.version.split()[0]


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Versions of the installed ones among these distributions."""
    found = {}
    for package in packages:
        with suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found


def serve(channel: Channel, backend: Backend, *, forked: bool = False) -> None:
    """Answer requests until the controller hangs up (or closes the group, in a forked worker)."""
    from suite.measure.passes import Bench
    from suite.measure.roof import peak

    bench: Bench | None = None
    started = warm = False
    while True:
        request = channel.request()
        reply: Reply
        try:
            if isinstance(request, Open | Reach) and not started:
                backend.start(request.threads)
                started = True
            match request:
                case Fork():
                    reply = fork(channel, backend)
                case Reap(pid):
                    reply = Reaped(code=os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                case Open():
                    bench = Bench(backend, request)
                    reply = Opened()
                case Pass() if bench is not None:
                    reply = bench.run(request)
                    if not warm:
                        gc.freeze()  # what a first call has imported and built: collected no more before every pass
                        warm = True
                case Reach():
                    reply = Reached(peak=peak(backend, request.dtype, host=request.host))
                case Close():
                    if forked:
                        return
                    bench = None
                    gc.collect()
                    continue
                case _:
                    raise TypeError(f"{type(request).__name__} makes no sense now")
        except BaseException as error:  # noqa: BLE001 - whatever an engine does is a result
            reply = fault(error, bench.phase if bench else "open")
        channel.send(reply)


def fork(channel: Channel, backend: Backend) -> Forked:
    """Fork a worker onto the two descriptors that came with the request; only the parent returns."""
    sock_fd, log_fd = channel.fds
    channel.fds.clear()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            die_with(parent)
            channel.close()
            os.dup2(log_fd, 1)
            os.dup2(log_fd, 2)
            with suppress(ClosedError):
                serve(Channel(socket.socket(fileno=sock_fd)), backend, forked=True)
            code = 0
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    os.close(sock_fd)
    os.close(log_fd)
    return Forked(pid=pid)


def fault(error: BaseException, phase: str) -> Fault:
    """Turn whatever was raised into one line and the end of its traceback."""
    lines = str(error).strip().splitlines()
    reason = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    kind = Status.FAILED
    if isinstance(error, UnsupportedError):
        kind, reason = Status.UNSUPPORTED, " ".join(lines)
    elif isinstance(error, MemoryError):
        kind = Status.OUT_OF_MEMORY
    trace = "".join(traceback.format_exception(error))
    return Fault(kind=kind.value, reason=reason, phase=phase, trace=trace[-TRACE_CHARACTERS:])


if __name__ == "__main__":
    main()
