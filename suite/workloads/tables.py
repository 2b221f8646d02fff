"""A table of a TOML file, read key by key: what is wrong is said with the key's place."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from suite.nearest import did_you_mean
from suite.workloads.lines import KeyPath


class WrongKeyError(Exception):
    """Something in the file cannot be used; `path` says where."""

    def __init__(self, path: KeyPath, message: str) -> None:
        super().__init__(message)
        self.path = path


class Table:
    """A table at a place in the file. Every getter raises WrongKeyError for a value of another type."""

    def __init__(self, values: Mapping[str, Any], path: KeyPath) -> None:
        self.values = values
        self.path = path

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def wrong(self, key: str, message: str) -> WrongKeyError:
        """Return the error for a key of this table (for the table itself if it has no such key)."""
        return WrongKeyError((*self.path, key) if key in self.values else self.path, message)

    def only(self, known: Iterable[str], what: str) -> None:
        """Refuse keys that are not known."""
        names = list(known)
        for key in self.values:
            if key not in names:
                raise self.wrong(key, f"{what} has no key {key!r}{did_you_mean(key, names)}")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; required if there is no default."""
        value = self._get(key, default)
        if not isinstance(value, str) or not (value or default == ""):
            raise self.wrong(key, f"{key} must be a text, not {show(value)}")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, f"{key} must be true or false, not {show(value)}")
        return value

    def whole(self, key: str, default: int) -> int:
        """Return an integer of at least zero."""
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.wrong(key, f"{key} must be an integer of at least 0, not {show(value)}")
        return value

    def amount(self, key: str) -> float:
        """Return a finite number of at least zero; required."""
        value = self._get(key, None)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < sys.float_info.max:
            raise self.wrong(key, f"{key} must be a number of at least 0, not {show(value)}")
        return float(value)

    def table(self, key: str, *, required: bool = False) -> Table:
        """Return a table within; an empty one if it is absent and not required."""
        value = self._get(key, None if required else {})
        if not isinstance(value, dict):
            raise self.wrong(key, f"{key} must be a table, not {show(value)}")
        return Table(value, (*self.path, key))

    def tables(self, key: str) -> list[Table]:
        """Return an array of tables within; none if it is absent."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.wrong(key, f"{key} must be tables, each headed [[workload.{key}]], not {show(value)}")
        return [Table(each, (*self.path, key, index)) for index, each in enumerate(value)]

    def _get(self, key: str, default: Any) -> Any:
        if key not in self.values and default is None:
            raise self.wrong(key, f"{key} is missing")
        return self.values.get(key, default)


def show(value: Any) -> str:
    """Return a value as TOML has it, short."""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "a table"
        case list():
            return "an array"
        case datetime.date() | datetime.time():
            return f"the date or time {value}"
        case _:
            return repr(value)
