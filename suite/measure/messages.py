"""What the controller and a worker say to each other, and how it crosses a socket.

Every message is a msgspec Struct in MessagePack behind its length: validated on arrival, no pickle, so that a worker
may run under another interpreter.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from backends.protocol import EngineReport
from suite.records.findings import Findings
from suite.records.reading import MAX_LINE_BYTES
from suite.records.schema import Peak, Sample, ThreadPool
from suite.workloads.entry import Operation

HEADER_BYTES = 4
MAX_FDS = 2
#: Single rows of a sample of their latency, so many that ten are beyond the 99th percentile.
ENOUGH_ROWS = 1_000
#: What is said becomes a line of the records, where numbers take more than twice the space.
MAX_MESSAGE_BYTES = MAX_LINE_BYTES // 4


class Awake(Struct, frozen=True, tag=True):
    """A fresh process's first words: its interpreter has started, and waits."""


class Hello(Struct, frozen=True, tag=True):
    """First words to a fresh process: which engine to import, and with which resources."""

    backend: str
    algorithms: list[str]
    threads: int
    cpus: list[int]
    controller_pid: int


class Ready(Struct, frozen=True, tag=True):
    """The engine is imported; nothing has been started."""

    import_s: float
    versions: dict[str, str]
    thread_pools: list[ThreadPool]
    cpus: list[int]
    interpreter: str
    simd: str


class Fork(Struct, frozen=True, tag=True):
    """Fork a worker that speaks on the first descriptor sent along and logs to the second."""


class Forked(Struct, frozen=True, tag=True):
    """The new worker's process."""

    pid: int


class Reap(Struct, frozen=True, tag=True):
    """Collect a forked worker that is dead or dying."""

    pid: int


class Reaped(Struct, frozen=True, tag=True):
    """How it ended: the exit code, or minus the signal."""

    code: int


class Open(Struct, frozen=True, tag=True):
    """Take up a group: map its arrays and be ready for passes."""

    algorithm: str
    params: Mapping[str, Any]
    output: str
    supervised: bool
    arrays: dict[str, str]
    n_classes: int
    dtype: str
    threads: int
    strict: bool
    scratch: str
    products: list[str]
    operation: Operation = Operation.FIT
    workflow: str = ""
    also: Mapping[str, Mapping[str, Any]] = {}


class Opened(Struct, frozen=True, tag=True):
    """The group's arrays are mapped."""


class Pass(Struct, frozen=True, tag=True):
    """One timed pass through the phases, begun on `cpu` if given; `keep` writes the products for the judge.

    With `examine` a workflow looks closer at what it found, after the pass. For single rows `predict_loops` is how
    many, if there are as many.
    """

    case: str
    seed: int
    fit_loops: int
    predict_loops: int
    keep: bool
    cpu: int | None = None
    examine: bool = False


class Reach(Struct, frozen=True, tag=True):
    """Measure what the device reaches in this dtype, on NumPy's arrays only if the host is meant."""

    dtype: str
    threads: int
    host: bool


class Reached(Struct, frozen=True, tag=True):
    """What it reached."""

    peak: Peak


class Product(Struct, frozen=True, tag=True):
    """One result array, saved as .npy."""

    name: str
    path: str
    sha256: str


class Passed(Struct, frozen=True, tag=True):
    """A pass that went through; `cpu_s` is all the CPU time that the process has used so far.

    `fit` is None where the model of an earlier pass was used. `examined_s` are the seconds after the pass in which a
    workflow looked closer at what it found. `asked_rows` are those about which a workflow first asks its model, where
    only that is timed.
    """

    sample: Sample
    cpu_s: float
    fit: EngineReport | None
    predict: EngineReport | None
    products: list[Product] = []
    settings: dict[str, str] = {}
    findings: Findings | None = None
    examined_s: float = 0.0
    asked_rows: int | None = None


class Fault(Struct, frozen=True, tag=True):
    """What went wrong in the worker: `kind` is a Status value."""

    kind: str
    reason: str
    phase: str = ""
    trace: str = ""


class Close(Struct, frozen=True, tag=True):
    """Let go of the group's data; a forked worker ends."""


Request = Hello | Fork | Reap | Open | Pass | Reach | Close
Reply = Awake | Ready | Forked | Reaped | Opened | Passed | Reached | Fault


class ClosedError(Exception):
    """The other side is gone."""


class Channel:
    """Messages over one end of a stream socket, file descriptors along with them."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.fds: list[int] = []
        self._encoder = msgspec.msgpack.Encoder()
        self._requests: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
        self._replies: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)

    def fileno(self) -> int:
        """Make the channel selectable."""
        return self.sock.fileno()

    def close(self) -> None:
        """Close this end."""
        self.sock.close()

    def send(self, message: Request | Reply, fds: Sequence[int] = ()) -> None:
        """Send one message; raises ClosedError if nobody listens any more."""
        body = self._encoder.encode(message)
        frame = len(body).to_bytes(HEADER_BYTES, "big") + body
        try:
            if fds:
                sent = socket.send_fds(self.sock, [frame], list(fds))
                frame = frame[sent:]
            self.sock.sendall(frame)
        except OSError as error:
            raise ClosedError(str(error)) from error

    def request(self) -> Request:
        """Receive a request, with its descriptors in `fds`; raises ClosedError at the end."""
        return self._requests.decode(self._frame())

    def reply(self) -> Reply:
        """Receive a reply; raises ClosedError at the end, msgspec.DecodeError for anything that is not a reply."""
        return self._replies.decode(self._frame())

    def _frame(self) -> bytes:
        length = int.from_bytes(self._exactly(HEADER_BYTES), "big")
        if length > MAX_MESSAGE_BYTES:
            raise msgspec.DecodeError(f"a message of {length:,} bytes")
        return self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            try:
                chunk, fds, _, _ = socket.recv_fds(self.sock, count - len(data), MAX_FDS)
            except OSError as error:
                raise ClosedError(str(error)) from error
            if not chunk:
                raise ClosedError("the other side closed the connection")
            self.fds.extend(fds)
            data += chunk
        return bytes(data)
