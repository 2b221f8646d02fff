"""The rules of a gate, from a TOML file; whatever is not understood is an error with its line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from suite.analyse.rows import CaseRow
from suite.analyse.speedups import Span
from suite.errors import UsageError
from suite.nearest import did_you_mean
from suite.units import parse_share
from suite.workloads.lines import KeyPath, key_lines, line_of
from suite.workloads.tables import Table, WrongKeyError

SPANS: Mapping[str, Span] = {
    "fit+predict": Span.RESIDENT,
    "end-to-end": Span.END_TO_END,
    "fit": Span.FIT,
    "predict": Span.PREDICT,
}
PATTERNS = ("workload", "size", "dtype", "backend")
#: What a rule can ask beside parity.
_FURTHER = ("max-slowdown", "min-speedup", "coverage")
KEYS = (*PATTERNS, "of", "max-slowdown", "min-speedup", "parity", "coverage", "ambiguous")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is asked of the cases that it is for, each compared with the run's reference.

    Attributes
    ----------
    number
        Its place in the file, from 1.
    workload, size, dtype, backend
        Shell patterns of the cases that it is for.
    of
        What is compared, one of `SPANS`.
    least_speedup
        Reference time / own time must not be below this; None asks nothing. A greatest slow-down s is 1 / (1 + s).
    parity
        Whether quality must be equal.
    coverage
        The share of the cases that must have been measured at parity; None asks nothing.
    ambiguous_fails
        Whether what cannot be told fails; else it is a warning.
    """

    number: int
    workload: str = "*"
    size: str = "*"
    dtype: str = "*"
    backend: str = "*"
    of: str = "fit+predict"
    least_speedup: float | None = None
    parity: bool = True
    coverage: float | None = None
    ambiguous_fails: bool = False

    @property
    def span(self) -> Span:
        """What is compared."""
        return SPANS[self.of]

    def is_for(self, row: CaseRow) -> bool:
        """Whether the rule is for this case."""
        return self.matches(row.workload, row.size, row.dtype, row.backend)

    def matches(self, workload: str, size: str, dtype: str, backend: str) -> bool:
        """Whether the rule is for a case of this workload, size, dtype and backend."""
        names = (workload, size, dtype, backend)
        return all(map(fnmatchcase, names, self.patterns.values()))

    @property
    def patterns(self) -> Mapping[str, str]:
        """The patterns of the cases that it is for, by key."""
        return {name: getattr(self, name) for name in PATTERNS}


@dataclass(frozen=True, slots=True)
class Rules:
    """What a file asks: the rules, and the options of `run` with which to measure; `lines` are those of its keys."""

    rules: Sequence[Rule]
    run: Mapping[str, Any]
    path: Path
    lines: Mapping[KeyPath, int]

    def where(self, option: str) -> str:
        """Return the place of an option of `run`, of all of them if it is none, to put before an error."""
        return f"{self.path}:{line_of(('run', option), self.lines)}: [run]"


def read_rules(path: Path) -> Rules:
    """Return the rules of a TOML file.

    Raises
    ------
    UsageError
        If the file cannot be read or anything in it is not understood: one line with the file and the line in it.
    """
    try:
        text = path.read_bytes().decode("utf-8")
        document = Table(tomllib.loads(text), ())
    except OSError as error:
        raise UsageError(f"cannot read the rules {str(path)!r}: {error.strerror or error}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None
    lines = key_lines(text)
    try:
        document.only(["run", "rule"], "a file of rules")
        return Rules(_rules(document), document.table("run").values, path, lines)
    except WrongKeyError as error:
        raise UsageError(f"{path}:{line_of(error.path, lines)}: {error}") from error


def _rules(document: Table) -> list[Rule]:
    entries = document.values.get("rule", [])
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise document.wrong("rule", "a file of rules needs tables headed [[rule]]")
    return [_rule(Table(entry, ("rule", index)), index + 1) for index, entry in enumerate(entries)]


def _rule(table: Table, number: int) -> Rule:
    table.only(KEYS, "a rule")
    of = table.text("of", "fit+predict")
    if of not in SPANS:
        raise table.wrong("of", f"no span {of!r}{did_you_mean(of, SPANS)}")
    ambiguous = table.text("ambiguous", "warn")
    if ambiguous not in ("warn", "fail"):
        raise table.wrong("ambiguous", f"ambiguous must be warn or fail, not {ambiguous!r}")
    parity = table.flag("parity", default=True)
    if not parity and not any(key in table for key in _FURTHER):
        raise table.wrong("parity", f"a rule without parity asks for nothing: give it {', '.join(_FURTHER)}")
    return Rule(
        number=number,
        of=of,
        least_speedup=_least_speedup(table),
        parity=parity,
        coverage=_coverage(table),
        ambiguous_fails=ambiguous == "fail",
        **{name: table.text(name, "*") for name in PATTERNS},
    )


def _least_speedup(table: Table) -> float | None:
    if "max-slowdown" in table and "min-speedup" in table:
        raise table.wrong("max-slowdown", "a rule has max-slowdown or min-speedup, not both")
    if "max-slowdown" in table:
        return 1 / (1 + _share(table, "max-slowdown"))
    if "min-speedup" in table:
        least = table.amount("min-speedup")
        if least <= 0:
            raise table.wrong("min-speedup", "min-speedup must be above 0")
        return least
    return None


def _coverage(table: Table) -> float | None:
    if "coverage" not in table:
        return None
    least = _share(table, "coverage")
    if least <= 0:
        raise table.wrong("coverage", "coverage must be above 0")
    return least


def _share(table: Table, key: str) -> float:
    """Return a share, given as "10%" or as a number from 0 to 1."""
    value = table.values[key]
    if isinstance(value, str):
        if value.strip() in ("0%", "100%"):
            return float(value.strip()[:-1]) / 100
        try:
            return parse_share(value)
        except UsageError as error:
            raise table.wrong(key, f"{key}: {error}") from error
    share = table.amount(key)
    if share > 1:
        raise table.wrong(key, f'{key} must be a share such as "10%" or 0.1, not {share:g}')
    return share
