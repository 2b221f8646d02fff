"""An argument parser whose errors are one line with the nearest right name, and whose help is laid out by hand."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn, TypeVar

from suite.errors import UsageError
from suite.nearest import did_you_mean

T = TypeVar("T")


def typed_as() -> str:
    """Return the command as the user started it: `evenhand` or `python -m suite`."""
    return "python -m suite" if sys.argv[0].endswith("__main__.py") else "evenhand"


def unknown(kind: str, text: str, names: Iterable[str]) -> str:
    """Word the error for a name that does not exist."""
    return f"unknown {kind} {text!r}{did_you_mean(text, names)}"


def one_of(kind: str, names: Sequence[str]) -> Callable[[str], str]:
    """Return a reader of exactly these names, whatever their case."""
    by_folded = {name.casefold(): name for name in names}

    def read(text: str) -> str:
        if text.casefold() not in by_folded:
            raise UsageError(unknown(kind, text, names))
        return by_folded[text.casefold()]

    return read


def whole(at_least: int, at_most: int | None = None) -> Callable[[str], int]:
    """Return a reader of whole numbers from `at_least` on, up to `at_most` if there is such a limit."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise UsageError(f"not a whole number: {text!r}") from None
        if number < at_least:
            raise UsageError(f"must be at least {at_least}, not {number}")
        if at_most is not None and number > at_most:
            raise UsageError(f"must be at most {at_most}, not {number}")
        return number

    return read


def named(option: str, read: Callable[[str], T]) -> Callable[[str], T]:
    """Return the reader with the option's name put before its errors."""

    def read_named(text: str) -> T:
        try:
            return read(text)
        except UsageError as error:
            raise UsageError(f"{option}: {error}") from None

    return read_named


class _Layout(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str, **kwargs: Any) -> None:
        super().__init__(prog, **(kwargs | {"max_help_position": 28}))


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` that raises `UsageError`, knows no abbreviations and suggests the nearest option."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(formatter_class=_Layout, allow_abbrev=False, **kwargs)

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage, which hides the one line that matters."""
        raise UsageError(f"{message} (see {self.prog} --help)")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, and refuse what is not known right here, where the right names are at hand."""
        parsed, extras = super().parse_known_args(args, namespace)
        if extras:
            self._refuse(extras[0])
        return parsed, extras

    def _refuse(self, text: str) -> NoReturn:
        if not text.startswith("-"):
            raise UsageError(f"unexpected argument {text!r} (see {self.prog} --help)")
        visible = [action for action in self._actions if action.help != argparse.SUPPRESS]
        names = [name for action in visible for name in action.option_strings if name.startswith("--")]
        raise UsageError(unknown("option", text.split("=", 1)[0], names))


def sentence(text: str) -> str:
    """Return the text as a sentence; unlike `capitalize` it leaves CI, HTML and CSV as they are."""
    return f"{text[:1].upper()}{text[1:]}."


#: What `add_parser` of a verb is given.
Subparsers = Any


class VersionAction(argparse.Action):
    """Print the version and leave; nothing is looked up unless asked."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**(kwargs | {"nargs": 0, "default": argparse.SUPPRESS, "help": "show the version and leave"}))

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print `evenhand 0.1.0`."""
        from suite import __version__

        print(f"evenhand {__version__}")
        parser.exit()


def add_results(parser: argparse.ArgumentParser) -> None:
    """Add the option that says where runs are kept."""
    help_text = "folder in which runs are kept (default: results)"
    parser.add_argument("--results", metavar="DIR", default="results", help=help_text)


def add_json(parser: argparse.ArgumentParser, what: str) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help=f"print {what} as JSON")
