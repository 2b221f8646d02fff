"""Finds the line of each key in a TOML text that `tomllib` has accepted (it tells no lines itself)."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: Table and key names, and positions in arrays, from the top.
KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r'[ \t]*(?:([A-Za-z0-9_-]+)|"((?:[^"\\\n]|\\.)*)"|\'([^\'\n]*)\')[ \t]*')
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:\'{0,2})|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL
)
_SCALAR = re.compile(r"[^,\]}#\n]*")


def key_lines(text: str) -> Mapping[KeyPath, int]:
    """Return the line, counted from 1, on which each key and each table of a valid TOML text begins."""
    return _Scanner(text).run()


def line_of(path: KeyPath, lines: Mapping[KeyPath, int]) -> int:
    """Return the line of a key among those of a text; of a key that is not there, that of the table around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self.tables: dict[KeyPath, int] = {}

    def run(self) -> Mapping[KeyPath, int]:
        prefix: KeyPath = ()
        while self._skip_blank() < len(self.text):
            if self._take("[["):
                prefix = self._header(array=True)
                self._take("]]")
            elif self._take("["):
                prefix = self._header(array=False)
                self._take("]")
            else:
                self._pair(prefix)
        return self.lines

    def _header(self, *, array: bool) -> KeyPath:
        """Read the names of a table's header; those of arrays of tables get the position of their latest element."""
        start = self.at
        names = self._dotted()
        path: KeyPath = ()
        for depth, name in enumerate(names):
            path = (*path, name)
            if array and depth == len(names) - 1:
                self.tables[path] = self.tables.get(path, -1) + 1
            if path in self.tables:
                self._note(path, start)
                path = (*path, self.tables[path])
        self._note(path, start)
        return path

    def _pair(self, prefix: KeyPath) -> None:
        start = self.at
        path = prefix
        for name in self._dotted():
            path = (*path, name)
            self._note(path, start)
        self._take("=")
        self._value(path)

    def _dotted(self) -> list[str]:
        names = []
        while match := _KEY.match(self.text, self.at):
            names.append(next(group for group in match.groups() if group is not None))
            self.at = match.end()
            if not self._take("."):
                break
        return names

    def _value(self, path: KeyPath) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1
        if match := _STRING.match(self.text, self.at):
            self.at = match.end()
        elif self._take("["):
            self._items(path)
        elif self._take("{"):
            self._inline(path)
        elif match := _SCALAR.match(self.text, self.at):
            self.at = match.end()

    def _items(self, path: KeyPath) -> None:
        index = 0
        while self._skip_blank() < len(self.text) and not self._take("]"):
            self._note((*path, index), self.at)
            self._value((*path, index))
            self._skip_blank()
            self._take(",")
            index += 1

    def _inline(self, path: KeyPath) -> None:
        while self._skip_blank() < len(self.text) and not self._take("}"):
            self._pair(path)
            self._skip_blank()
            self._take(",")

    def _note(self, path: KeyPath, at: int) -> None:
        self.lines.setdefault(path, self.text.count("\n", 0, at) + 1)

    def _skip_blank(self) -> int:
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _take(self, token: str) -> bool:
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False
