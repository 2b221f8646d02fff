"""The command line: one file a verb, each with `add_parser` and `execute`.

Whatever is heavy is imported inside `execute`, so that `--help` and `list` answer at once.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from backends.protocol import UnknownBackendError
from suite.cli import compare, doctor, export, gate, import_benchmark, list, report, run, show  # noqa: A004
from suite.cli.output import give_up
from suite.cli.parser import Parser, Subparsers, VersionAction, typed_as, unknown
from suite.errors import NothingMeasuredError, UsageError

MEASURED, USAGE, NOTHING, INTERRUPTED = 0, 2, 3, 130

VERBS = {
    "run": run,
    "list": list,
    "show": show,
    "doctor": doctor,
    "report": report,
    "compare": compare,
    "gate": gate,
    "export": export,
    "import-benchmark": import_benchmark,
}

ABOUT = "The same machine learning on every engine, measured side by side, at equal quality."

EPILOG = """\
start here:
  %(prog)s doctor      which engines are ready here, and what cures the others
  %(prog)s run         measure all that are ready: about two minutes
  %(prog)s show        the table of the latest run

exit codes:
  0 measured   1 something asked for failed   2 bad input, a full disk, a bug   3 nothing measured   130 interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every error is one line on stderr.

    Only a command that has come to its end returns 1, which says of what was asked that it failed: a full disk, or an
    error of ours, is 2.
    """
    arguments = sys.argv[1:] if argv is None else [*argv]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
    except (UsageError, UnknownBackendError) as error:
        return _complain(f"error: {error}", USAGE)
    except NothingMeasuredError as error:
        return _complain(f"nothing was measured: {error}", NOTHING)
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output (`| head`) has seen enough
        give_up(sys.stdout)
        return MEASURED
    except Exception as error:  # noqa: BLE001 - the last line of defence
        return _confess(error)
    return code


def _dispatch(arguments: Sequence[str]) -> int:
    """Find the verb, parse its options, execute it."""
    parser = _parser()
    if not arguments:
        parser.print_help()
        return USAGE
    if not arguments[0].startswith("-") and arguments[0] not in VERBS:
        raise UsageError(unknown("command", arguments[0], VERBS))
    try:
        options = parser.parse_args(arguments)
    except SystemExit:  # --help or --version is answered
        return MEASURED
    if options.verb is None:
        raise UsageError(f"name a command: {', '.join(VERBS)}")
    return int(VERBS[options.verb].execute(options))


def _parser() -> Parser:
    parser = Parser(prog=typed_as(), description=ABOUT, epilog=EPILOG)
    parser.add_argument("--version", action=VersionAction)
    subparsers: Subparsers = parser.add_subparsers(dest="verb", metavar="COMMAND", title="commands")
    for verb in VERBS.values():
        verb.add_parser(subparsers)
    return parser


def _complain(message: str, code: int) -> int:
    line = " ".join(message.split())
    with suppress(OSError):  # nobody can be told
        print(f"evenhand: {line}", file=sys.stderr)
    give_up(sys.stdout)
    give_up(sys.stderr)
    return code


def _confess(error: Exception) -> int:
    """Tell of an error that is ours, or the system's (a full disk), in one line."""
    if os.environ.get("EVENHAND_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    if isinstance(error, OSError) and error.strerror:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        where = f": {error.filename}" if error.filename else ": what is printed cannot be written" * full
        return _complain(f"error: {error.strerror}{where}", USAGE)
    what = f"{type(error).__name__}: {error}"
    advice = "this is a bug; please report it with the output of the same command under EVENHAND_DEBUG=1"
    return _complain(f"internal error: {what} ({advice})", USAGE)
