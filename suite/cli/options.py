"""The options of `run`, said once: the command line and the TOML file of `--config` are both read from this table."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.cli.parser import named, one_of, unknown, whole
from suite.cli.readers import parse_backend, parse_env, parse_suite
from suite.errors import UsageError
from suite.units import parse_bytes, parse_duration, parse_share
from suite.workloads.choice import Division
from suite.workloads.entry import Size, Task

#: NumPy's legacy generators take 32 bits, and the seeds of a stochastic workload follow this one.
MOST_SEED = 2**32 - 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What the user asked `run` for; None stands for a default that depends on the rest."""

    backend: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    suite: str | None = None
    against: str | None = None
    workload: tuple[str, ...] = ()
    task: tuple[str, ...] = ()
    size: tuple[str, ...] = ()
    dtype: tuple[str, ...] = ()
    order: str | None = None
    division: str = Division.SAME_WORK.value
    workload_file: tuple[Path, ...] = ()
    reference: str = "sklearn"
    threads: int | None = None
    precision: float = 0.03
    processes: int | None = None
    seed: int = 0
    confidence: float = 0.99
    same_within: float = 0.01
    strict: bool = False
    budget: float | None = None
    timeout: float | None = None
    memory: int | None = None
    resume: str | None = None
    force: bool = False
    dry_run: bool = False
    no_report: bool = False
    results: Path | None = None
    json: bool = False
    with_names: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option: `read` turns its text into a value (a flag has none); `default` is for the reader of the help."""

    name: str
    help: str
    read: Callable[[str], Any] | None = None
    metavar: str = ""
    default: str = ""
    repeat: bool = False
    number: bool = False

    @property
    def field(self) -> str:
        """The field of `RunOptions`."""
        return self.name.replace("-", "_")

    @property
    def help_text(self) -> str:
        """The help, with the default and whether it may be repeated."""
        notes = [f"default: {self.default}"] if self.default else []
        notes += ["may be repeated"] if self.repeat else []
        return f"{self.help} ({'; '.join(notes)})".replace("%", "%%") if notes else self.help.replace("%", "%%")


GROUPS: Mapping[str, tuple[Option, ...]] = {
    "what to measure": (
        Option(
            name="backend",
            metavar="NAME[:DEVICE]",
            read=parse_backend,
            repeat=True,
            default="all that are ready",
            help="an engine, with a device if not its default one",
        ),
        Option(
            name="against",
            metavar="ENV",
            read=str,
            help="measure one backend here and in another environment (its folder or Python), interleaved in one run",
        ),
        Option(
            name="env",
            metavar="NAME[:DEVICE]=ENV",
            read=parse_env,
            repeat=True,
            help="run an engine in another environment (its folder or Python), for engines that cannot share one",
        ),
        Option(
            name="suite",
            metavar="NAME|FILE",
            read=parse_suite,
            default="quick, if nothing else says what",
            help="a named suite (list suites), or a TOML file of your own; other options narrow it",
        ),
        Option(
            name="workload",
            metavar="PATTERN",
            read=str,
            repeat=True,
            default="the whole catalogue",
            help="a workload's name, or a pattern such as 'kmeans*'",
        ),
        Option(
            name="task",
            metavar="TASK",
            read=one_of("task", [task.value for task in Task]),
            repeat=True,
            default="all",
            help=", ".join(Task),
        ),
        Option(
            name="size",
            metavar="SIZE",
            read=one_of("size", [size.value for size in Size]),
            repeat=True,
            default="S",
            help="S, M, L or XL: seconds, tens of seconds, minutes, beyond",
        ),
        Option(
            name="dtype",
            metavar="DTYPE",
            read=one_of("dtype", ["float32", "float64"]),
            repeat=True,
            default="float64",
            help="float32 or float64",
        ),
        Option(
            name="order",
            metavar="ORDER",
            read=one_of("order", ["C", "F"]),
            default="C",
            help="memory layout of the inputs: C (rows) or F (columns)",
        ),
        Option(
            name="workload-file",
            metavar="FILE",
            read=Path,
            repeat=True,
            help="workloads of your own, from a TOML file; alone they replace the catalogue",
        ),
        Option(
            name="reference",
            metavar="NAME",
            read=parse_backend,
            default="sklearn",
            help="the backend to compare with",
        ),
        Option(
            name="division",
            metavar="NAME",
            read=one_of("division", [division.value for division in Division]),
            default="same-work",
            help="what is equal: hyper-parameters (same-work), or the quality reached (time-to-quality)",
        ),
    ),
    "how to measure": (
        Option(
            name="threads",
            metavar="N",
            read=whole(1),
            number=True,
            default="all usable cores",
            help="threads of every engine",
        ),
        Option(
            name="precision",
            metavar="P",
            read=parse_share,
            number=True,
            default="3%",
            help="stop when a speed-up is known to within this",
        ),
        Option(
            name="confidence",
            metavar="P",
            read=parse_share,
            number=True,
            default="99%",
            help="confidence of every interval",
        ),
        Option(
            name="same-within",
            metavar="P",
            read=parse_share,
            number=True,
            default="1%",
            help="a difference smaller than this is called the same",
        ),
        Option(
            name="processes",
            metavar="K",
            read=whole(1),
            number=True,
            default="S 4, else 2, or what --precision needs",
            help="measure each group in this many fresh sets of processes",
        ),
        Option(
            name="seed",
            metavar="N",
            read=whole(0, MOST_SEED),
            number=True,
            default="0",
            help="seed of data and estimators",
        ),
        Option(name="strict", help="a call that falls back to another engine is refused, not timed"),
    ),
    "limits": (
        Option(
            name="budget",
            metavar="TIME",
            read=parse_duration,
            number=True,
            default="S 2m, M 15m, L 1h, XL 4h",
            help="time for measuring; making data and importing engines comes before it",
        ),
        Option(
            name="timeout",
            metavar="TIME",
            read=parse_duration,
            number=True,
            default="S 5m, M 15m, L 1h, XL 4h",
            help="time for one pass of one case",
        ),
        Option(
            name="memory",
            metavar="SIZE",
            read=parse_bytes,
            number=True,
            default="80% of what is available",
            help="host memory of one worker",
        ),
    ),
    "the run and its results": (
        Option(name="dry-run", help="print the plan with its expected time, measure nothing"),
        Option(name="resume", metavar="RUN", read=str, help="continue a run that was interrupted"),
        Option(name="force", help="resume although code, versions or machine differ; the run is marked"),
        Option(
            name="results",
            metavar="DIR",
            read=Path,
            default="results",
            help="keep the run in this folder, and its report beside it; without it reports go to reports/",
        ),
        Option(name="no-report", help="write no HTML report"),
        Option(name="with-names", help="store the names of user and host"),
        Option(name="json", help="print the result (or the plan) as JSON"),
    ),
}

OPTIONS = tuple(option for group in GROUPS.values() for option in group)

#: Options that say what becomes of a run, and nothing of what is measured or how.
OF_THE_RUN = frozenset(option.field for option in GROUPS["the run and its results"])


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add every option in its group; what the user does not give is absent from the result."""
    for title, options in GROUPS.items():
        group = parser.add_argument_group(title)
        for option in options:
            _add(group, option)
    last = parser.add_argument_group("configuration")
    text = "read options from a TOML file, same names; the command line wins (--no-FLAG undoes a flag set there)"
    last.add_argument("--config", metavar="FILE", type=Path, help=text)


def _add(group: argparse._ArgumentGroup, option: Option) -> None:
    flag, field, missing = f"--{option.name}", option.field, argparse.SUPPRESS
    if option.read is None:
        undo = f"--{option.name.removeprefix('no-')}" if option.name.startswith("no-") else f"--no-{option.name}"
        group.add_argument(flag, dest=field, action="store_true", default=missing, help=option.help_text)
        group.add_argument(undo, dest=field, action="store_false", default=missing, help=argparse.SUPPRESS)
        return
    action = "append" if option.repeat else "store"
    read = named(flag, _not_empty(option.read))
    group.add_argument(
        flag, dest=field, metavar=option.metavar, action=action, type=read, default=missing, help=option.help_text
    )


def collect(given: argparse.Namespace) -> tuple[RunOptions, frozenset[str]]:
    """Merge the command line over the file of `--config` over the defaults.

    Returns
    -------
    The options, and the names of those that the user gave in either place.
    """
    typed = {name: value for name, value in vars(given).items() if name in RunOptions.__dataclass_fields__}
    merged = (read_config(given.config) if given.config else {}) | typed
    return run_options(merged), frozenset(merged)


def read_config(path: Path) -> dict[str, Any]:
    """Read the TOML file of `--config` into values for `RunOptions`.

    Raises
    ------
    UsageError
        If the file cannot be read, a key is unknown or a value is wrong.
    """
    import tomllib

    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except OSError as error:
        raise UsageError(f"cannot read the configuration {str(path)!r}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None
    return configured(content, lambda _: str(path))


def configured(content: Mapping[str, object], where: Callable[[str], str]) -> dict[str, Any]:
    """Read a table of options, as TOML has it, into values for `RunOptions`.

    Raises
    ------
    UsageError
        If a key is unknown or a value is wrong; the line begins with `where` that key is.
    """
    by_name = {option.field: option for option in OPTIONS}
    values: dict[str, Any] = {}
    for key, value in content.items():
        option = by_name.get(key.replace("-", "_"))
        if option is None:
            raise UsageError(f"{where(key)}: {unknown('option', key, [option.name for option in OPTIONS])}")
        if option.field in values:
            raise UsageError(f"{where(key)}: {option.name} is given twice")
        values[option.field] = _configured(option, value, f"{where(key)}: {key}")
    return values


def run_options(values: Mapping[str, Any]) -> RunOptions:
    """Return the options with these values, lists without what is said twice, and the defaults of all others."""
    given: dict[str, Any] = {
        name: _unique(value) if isinstance(value, list) else value for name, value in values.items()
    }
    return RunOptions(**given)


def _configured(option: Option, value: object, where: str) -> Any:
    """Read one value of the file as if it had been typed."""
    if option.read is None:
        if not isinstance(value, bool):
            raise UsageError(f"{where}: must be true or false, not {value!r}")
        return value
    if option.repeat:
        items = value if isinstance(value, list) else [value]
        return [_read_one(option, item, where) for item in items]
    return _read_one(option, value, where)


def _read_one(option: Option, value: object, where: str) -> Any:
    number = option.number and isinstance(value, int | float) and not isinstance(value, bool)
    if not (number or isinstance(value, str)):
        expected = "a number or a string" if option.number else "a string"
        raise UsageError(f"{where}: must be {expected}, not {value!r}")
    assert option.read is not None  # noqa: S101 - a flag does not come here
    return named(where, _not_empty(option.read))(str(value))


def _not_empty(read: Callable[[str], Any]) -> Callable[[str], Any]:
    def checked(text: str) -> Any:
        if not text.strip():
            raise UsageError("must not be empty")
        return read(text)

    return checked


def _unique(values: list[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))
