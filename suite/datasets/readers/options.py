"""What the user said about a file of data, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from suite.datasets.source import Value


class Categories(StrEnum):
    """What becomes of a column of texts."""

    ERROR = "error"
    CODES = "codes"
    ONE_HOT = "one-hot"


class Missing(StrEnum):
    """What becomes of missing values."""

    ERROR = "error"
    DROP = "drop"
    MEDIAN = "median"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """The arguments of the source `file` that concern reading, with the meaning and the defaults they have there."""

    task: str = ""
    features: str = "X"
    target: str = ""
    columns: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    categories: Categories = Categories.ERROR
    missing: Missing = Missing.ERROR
    split: str = "auto"
    group: str = ""
    order: str = ""
    sparse: bool = False
    delimiter: str = "auto"
    decimal: str = "."
    needed_by: str = ""
    least_rows: int = 2
    non_negative: str = ""

    @classmethod
    def of(cls, args: Mapping[str, Value]) -> FileOptions:
        """Return the options among checked arguments."""
        return cls(
            **{field.name: args[field.name] for field in fields(cls) if field.name in args.keys() - _CHANGED},
            columns=tuple(args["columns"]),
            drop=tuple(args["drop"]),
            categories=Categories(args["categories"]),
            missing=Missing(args["missing"]),
        )

    @property
    def roles(self) -> tuple[str, ...]:
        """The names of target, group and order, as far as they are given."""
        return tuple(name for name in (self.target, self.group, self.order) if name)


#: What is an option in a type of its own.
_CHANGED = frozenset({"columns", "drop", "categories", "missing"})
