"""The controller's side of workers: start, stop, watch and end the processes of one backend."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import psutil

from backends._patience import in_time
from backends.discovery import create
from suite.measure import interpreters
from suite.measure.messages import (
    Awake,
    Channel,
    Close,
    ClosedError,
    Fault,
    Fork,
    Forked,
    Hello,
    Ready,
    Reap,
    Reaped,
    Reply,
    Request,
)
from suite.records.names import text_without_names
from suite.records.schema import Settings, Status

#: How often a waiting controller looks at a worker's memory: about 30 microseconds of work each time.
WATCH_INTERVAL_S = 0.05
#: An engine that takes longer to import counts as hanging.
LOAD_TIMEOUT_S = 300.0
#: Fork, open and close take milliseconds; a worker that needs longer hangs.
SERVICE_TIMEOUT_S = 60.0
TAIL_BYTES = 2000

Expected = TypeVar("Expected", bound=Reply)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one pass may take before its worker is killed."""

    timeout_s: float
    memory_bytes: int


class WorkerError(Exception):
    """A worker is lost or answered with a fault: the status and the one-line reason of its case."""

    def __init__(self, status: Status, reason: str, stderr_tail: str = "", timed_out_after_s: float | None = None):
        super().__init__(reason)
        self.status = status
        self.reason = text_without_names(reason)
        self.stderr_tail = text_without_names(stderr_tail)
        self.timed_out_after_s = timed_out_after_s


class Process(ABC):
    """A live process behind a channel, with its log."""

    def __init__(self, pid: int, channel: Channel, log: Path) -> None:
        self.pid = pid
        self.channel = channel
        self.log = log
        self._stopped = False
        self._code: int | None = None
        self._watched = psutil.Process(pid)

    def ask(self, request: Request, kind: type[Expected], limits: Limits, fds: Sequence[int] = ()) -> Expected:
        """Send a request and wait for its reply, see `hear`."""
        self.tell(request, fds)
        return self.hear(kind, limits)

    def tell(self, request: Request, fds: Sequence[int] = ()) -> None:
        """Send a request whose reply is heard later; a lost worker raises WorkerError."""
        self.resume()
        try:
            self.channel.send(request, fds)
        except ClosedError as error:
            raise self._lost() from error

    def hear(self, kind: type[Expected], limits: Limits) -> Expected:
        """Wait for a reply of this kind within the limits; a fault, another reply or a lost worker: WorkerError."""
        try:
            self._wait(limits)
            reply = self.channel.reply()
        except ClosedError as error:
            raise self._lost() from error
        except msgspec.MsgspecError as error:
            self.kill()
            raise WorkerError(
                Status.FAILED, f"the worker answered what is not a reply: {error}", self.tail()
            ) from error
        if isinstance(reply, Fault):
            where = f" (in {reply.phase})" if reply.phase else ""
            raise WorkerError(Status(reply.kind), reply.reason + where, reply.trace or self.tail())
        if not isinstance(reply, kind):
            reason = f"expected {kind.__name__}, got {type(reply).__name__}"
            raise WorkerError(Status.FAILED, reason, self.tail())
        return reply

    def stop(self) -> None:
        """Freeze all threads of the worker, so that spinning pools leave the CPU to the one that is measured."""
        if not self._stopped:
            self._signal(signal.SIGSTOP)
            self._stopped = True

    def resume(self) -> None:
        """Let the worker run."""
        if self._stopped:
            self._signal(signal.SIGCONT)
            self._stopped = False

    def end(self) -> None:
        """Have the worker end at once, stopped or not; `kill` then collects it."""
        if self._code is None:
            self._signal(signal.SIGKILL)

    def kill(self) -> int:
        """End the worker at once, stopped or not, and collect it."""
        if self._code is None:
            self.end()
            self.channel.close()
            self._code = self.reap()
        return self._code

    @abstractmethod
    def reap(self) -> int:
        """Collect the process; return its exit code, or minus the signal that ended it."""

    def tail(self) -> str:
        """Return the end of what the worker printed."""
        with suppress(OSError), self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - TAIL_BYTES))
            return file.read().decode(errors="replace").strip()
        return ""

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def _wait(self, limits: Limits) -> None:
        """Return when a reply is there; kill and raise when a limit is passed."""
        deadline = time.monotonic() + limits.timeout_s
        poll = select.poll()
        poll.register(self.channel, select.POLLIN)
        while True:
            left_s = deadline - time.monotonic()
            if poll.poll(1000 * max(0.0, min(WATCH_INTERVAL_S, left_s))):
                return
            if left_s <= 0:
                self.kill()
                reason = f"no answer within the timeout of {limits.timeout_s:g} s"
                raise WorkerError(Status.TIMED_OUT, reason, self.tail(), timed_out_after_s=limits.timeout_s)
            used_bytes = 0
            with suppress(psutil.Error):
                used_bytes = self._watched.memory_info().rss
            if used_bytes > limits.memory_bytes:
                self.kill()
                reason = (
                    f"used {used_bytes / 2**20:,.0f} MiB, over the limit of {limits.memory_bytes / 2**20:,.0f} MiB "
                    "(--memory)"
                )
                raise WorkerError(Status.OUT_OF_MEMORY, reason, self.tail())

    def _lost(self) -> WorkerError:
        """Say how a worker that hung up has ended."""
        code = self.kill()
        if code == -signal.SIGKILL:
            return WorkerError(
                Status.FAILED, "the worker was killed (SIGKILL), perhaps by the system for want of memory", self.tail()
            )
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
        return WorkerError(Status.FAILED, f"the worker {how}", self.tail())


class Fresh(Process):
    """A new interpreter with one engine: a nursery that forks workers, or itself the worker."""

    def __init__(self, python: str, environment: dict[str, str], log: Path) -> None:
        ours, theirs = socket.socketpair()
        with log.open("wb") as file, theirs:
            self.popen = subprocess.Popen(
                [python, "-P", "-m", "suite.measure.worker", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=os.environ | environment,
                pass_fds=[theirs.fileno()],
                process_group=0,  # Ctrl-C is for the controller
            )
        super().__init__(self.popen.pid, Channel(ours), log)
        self._awake = False

    def awake(self) -> None:
        """Wait until the interpreter has started; a lost one raises WorkerError."""
        if not self._awake:
            self.hear(Awake, Limits(LOAD_TIMEOUT_S, sys.maxsize))
            self._awake = True

    def reap(self) -> int:
        """Collect the process."""
        return self.popen.wait()


class ForkedWorker(Process):
    """A fork of a nursery, which alone can collect it."""

    def __init__(self, pid: int, channel: Channel, log: Path, nursery: Fresh) -> None:
        super().__init__(pid, channel, log)
        self.nursery = nursery

    def reap(self) -> int:
        """Have the nursery collect the process."""
        try:
            return self.nursery.ask(Reap(pid=self.pid), Reaped, Limits(SERVICE_TIMEOUT_S, sys.maxsize)).code
        except WorkerError:
            return -signal.SIGKILL  # the nursery is gone, and its forks with it


@dataclass(frozen=True, slots=True)
class Forking:
    """Our end of the channel to a worker that is being forked, and its log."""

    channel: Channel
    log: Path


class Crew:
    """The processes of one backend: starts them the cheap way where that is safe, and ends them all.

    Making one raises WorkerError if the backend, a third party's, cannot even say which variables it needs.

    The engine is imported in as many processes as replicate the measuring. Each of them forks a worker for every group,
    or is itself the worker of all groups where forking is not safe.
    """

    def __init__(self, backend: str, algorithms: list[str], settings: Settings, scratch: Path) -> None:
        self.backend = create(backend)
        self.spec = backend
        self.environment = self._environment(settings) | thread_variables(settings.threads)
        self._python = interpreters.executable(settings.interpreters, backend)
        foreign = backend in settings.interpreters
        self._paths = interpreters.environment(scratch / "links") if foreign else _our_path()
        self._hello = Hello(
            backend=backend,
            algorithms=sorted(set(algorithms)),
            threads=settings.threads,
            cpus=worker_cpus(settings.threads),
            controller_pid=os.getpid(),
        )
        self._scratch = scratch
        self._forks = self.backend.fork_safe and hasattr(os, "fork")
        self._fresh: dict[int, Fresh] = {}
        self._forking: dict[int, Forking] = {}
        self._logs = 0

    def _environment(self, settings: Settings) -> dict[str, str]:
        try:
            variables = dict(in_time(self.backend, lambda: self.backend.environment(settings.threads)))
            return msgspec.convert(variables, dict[str, str])
        except Exception as error:
            raise WorkerError(Status.FAILED, f"{type(error).__name__}: {error}".partition("\n")[0]) from error

    def spawn(self, index: int) -> None:
        """Start the interpreter of the index-th process, which then waits."""
        self._fresh[index] = Fresh(self._python, self.environment | self._paths, self._log())

    def awake(self) -> None:
        """Wait until all interpreters that were started have; `begin` tells of those that are lost."""
        for fresh in self._fresh.values():
            with suppress(WorkerError):
                fresh.awake()

    def begin(self, index: int) -> None:
        """Have the index-th process import the engine; raises WorkerError."""
        if index not in self._fresh:
            self.spawn(index)
        try:
            self._fresh[index].awake()
            self._fresh[index].tell(self._hello)
        except WorkerError:
            self.end(index)
            raise

    def ready(self, index: int) -> Ready:
        """Wait until the index-th process has imported the engine; raises WorkerError."""
        try:
            return self._fresh[index].hear(Ready, Limits(LOAD_TIMEOUT_S, sys.maxsize))
        except WorkerError:
            self.end(index)
            raise

    def begin_worker(self, index: int) -> None:
        """Have the index-th process begin to fork, side by side with those of other backends, where it does."""
        with suppress(WorkerError):  # `worker` tries again, and says what is wrong
            if self._forks and index in self._fresh:
                self._forking[index] = self._fork(self._fresh[index])

    def worker(self, index: int) -> Process:
        """Return a worker: forked from the index-th process, or that process itself, kept from the last group."""
        try:
            return self._worker(index)
        except WorkerError:
            self.end(index)  # a process that died since the last group is replaced, once
        return self._worker(index)

    def release(self, workers: Sequence[Process]) -> None:
        """Have those of a group's workers end that are not kept, side by side; `dismiss` then collects them."""
        for worker in workers:
            if worker not in self._fresh.values():
                worker.end()

    def dismiss(self, workers: Sequence[Process]) -> None:
        """End a group's workers, or have them let go of the group's data where they are kept."""
        self.release(workers)
        for worker in workers:
            if worker not in self._fresh.values():
                worker.kill()
                continue
            try:
                worker.tell(Close())
            except WorkerError:
                self.lost(worker)

    def lost(self, worker: Process) -> None:
        """Forget a worker that was killed; the next one is started afresh."""
        self._fresh = {index: fresh for index, fresh in self._fresh.items() if fresh is not worker}

    def end(self, index: int | None = None) -> None:
        """Kill the index-th process, or every process of this backend: forks die with what forked them."""
        for one in [*self._fresh] if index is None else [index]:
            self._forking.pop(one, None)
            if fresh := self._fresh.pop(one, None):
                fresh.kill()

    def _worker(self, index: int) -> Process:
        if index not in self._fresh:
            self.begin(index)
            self.ready(index)
        fresh = self._fresh[index]
        if not self._forks:
            return fresh
        forking = self._forking.pop(index, None) or self._fork(fresh)
        forked = fresh.hear(Forked, Limits(SERVICE_TIMEOUT_S, sys.maxsize))
        return ForkedWorker(forked.pid, forking.channel, forking.log, fresh)

    def _fork(self, fresh: Fresh) -> Forking:
        log = self._log()
        ours, theirs = socket.socketpair()
        with log.open("wb") as file, theirs:
            fresh.tell(Fork(), [theirs.fileno(), file.fileno()])
        return Forking(Channel(ours), log)

    def _log(self) -> Path:
        self._logs += 1
        return self._scratch / f"{self.spec.replace(':', '-')}-{self._logs}.log"


def worker_cpus(threads: int) -> list[int]:
    """Return the CPUs that every worker is bound to: the first `threads` of those usable (empty where unknown)."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    return sorted(os.sched_getaffinity(0))[:threads]


def _our_path() -> dict[str, str]:
    """Return the PYTHONPATH by which a worker finds this code, where a source tree is used that is not installed.

    `python -m suite` has then found it in the current folder, where a worker does not look: others' modules lie there.
    """
    root = str(Path(__file__).parents[2])
    if root in sys.path[1:]:
        return {}
    return {"PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])}


def thread_variables(threads: int) -> dict[str, str]:
    """Environment that gives the common native thread pools the same number of threads."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    return dict.fromkeys(names, str(threads)) | {"LOKY_MAX_CPU_COUNT": str(threads)}
