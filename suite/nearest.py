"""The nearest right name to a wrong one, for error messages."""

from __future__ import annotations

from collections.abc import Iterable

#: Names that a message lists at most.
MOST_NAMES = 20


def nearest(wrong: str, known: Iterable[str]) -> str:
    """Return the end of an error message, "; did you mean 'x'?", or nothing where no name is near."""
    from difflib import get_close_matches  # rarely needed, and it costs 2 ms

    close = get_close_matches(wrong, sorted(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Return the end of an error message: the nearest name, or all the known names where none is near."""
    names = sorted(known)
    shown = ", ".join(names[:MOST_NAMES]) + (f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")
    return nearest(wrong, names) or f"; known are {shown}"
