"""`doctor`: which engines are ready, what cures the others, and what on this machine will disturb measuring."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from backends.protocol import State
from suite.cli.output import aligned, print_json, terminal_width
from suite.cli.parser import Subparsers, add_json, named
from suite.cli.readers import parse_env

if TYPE_CHECKING:
    from backends.diagnosis import Checked
    from suite.records.schema import Machine

EPILOG = """\
examples:
  %(prog)s                         every engine, and this machine
  %(prog)s --backend onedal        exit code 1 if it is not ready
  %(prog)s --json
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb."""
    text = "say which engines are ready here, and what cures the others"
    about = (
        "Say which engines are ready, what cures the others,\nand what will disturb measuring here. It changes nothing."
    )
    parser = subparsers.add_parser("doctor", help=text, description=about, epilog=EPILOG)
    parser.add_argument(
        "--backend",
        metavar="NAME[:DEVICE]",
        action="append",
        default=[],
        help="only this engine, and exit with 1 if it is not ready (may be repeated)",
    )
    parser.add_argument(
        "--env",
        metavar="NAME[:DEVICE]=ENV",
        action="append",
        default=[],
        type=named("--env", parse_env),
        help="ask this engine under another interpreter (may be repeated)",
    )
    add_json(parser, "the findings")


def execute(options: argparse.Namespace) -> int:
    """Print the findings; 1 if a backend that was named is not ready."""
    from suite.cli.advice import advise, observe_surroundings
    from suite.cli.engines import check_engines, named_interpreters
    from suite.records.machine import describe_machine

    checked = check_engines(options.backend, named_interpreters(options.env), closer=True)
    machine = describe_machine()
    advice = advise(machine, observe_surroundings())
    if options.json:
        print_json({"backends": checked, "machine": machine, "advice": advice})
    else:
        print("\n".join(_text(checked, machine, advice, (terminal_width() or 80))))
    named_and_broken = options.backend and any(one.diagnosis.state is not State.READY for one in checked)
    return 1 if named_and_broken else 0


def _text(checked: Sequence[Checked], machine: Machine, advice: Sequence[str], width: int) -> Iterator[str]:
    yield "ENGINES"
    rows = [
        [f"  {one.backend}", one.diagnosis.state.value, one.diagnosis.version, one.diagnosis.device] for one in checked
    ]
    table = aligned(["", "", "", ""], rows).splitlines()[1:]
    for line, one in zip(table, checked, strict=True):
        yield line
        if one.diagnosis.state is not State.READY and one.diagnosis.detail:
            yield from _paragraph(one.diagnosis.detail, "      ", width)
        if one.diagnosis.cure:
            yield f"      cure: {one.diagnosis.cure}"
    yield from ("", "MACHINE")
    yield aligned(["", ""], [[f"  {name}", value] for name, value in _facts(machine)]).split("\n", 1)[1]
    yield from ("", "ADVICE")
    for sentence in advice or ["nothing here is known to disturb measuring"]:
        yield from _paragraph(sentence, "  - ", width)


def _paragraph(text: str, indent: str, width: int) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=" " * len(indent), break_on_hyphens=False
    )


def _facts(machine: Machine) -> Iterator[tuple[str, str]]:
    from suite.units import format_bytes

    yield "cpu", machine.cpu
    yield "cores", f"{machine.cores} cores, {machine.logical_cpus} CPUs, {machine.usable_cpus} usable here"
    yield (
        "caches",
        ", ".join(f"{cache.level} {format_bytes(cache.bytes)} ×{cache.instances}" for cache in machine.caches),
    )
    limit = machine.cgroup_memory_bytes
    yield "memory", format_bytes(machine.memory_bytes) + (f", limited to {format_bytes(limit)}" if limit else "")
    yield "simd", " ".join(machine.simd)
    yield "system", f"{machine.system} {machine.kernel} {machine.architecture}"
    yield "virtual", ", ".join(part for part in (machine.virtual, machine.container) if part) or "no"
    yield "governor", machine.governor or "unknown"
    for gpu in machine.gpus:
        yield "gpu", f"{gpu.name}, {format_bytes(gpu.memory_bytes)}, driver {gpu.driver}"
