"""Durations, shares and sizes as people write them: `1h30m`, `3%`, `8GiB`; and short figures for people to read."""

from __future__ import annotations

import math
import re

from suite.errors import UsageError

_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?\s*(?:ms|d|h|m|s)\s*)+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|d|h|m|s)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_BYTES = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?b?)", re.IGNORECASE)
_PREFIXES = ("", "k", "m", "g", "t")


def parse_duration(text: str) -> float:
    """Return the seconds in `90s`, `10m`, `1h30m`, `500ms`; a bare number is seconds.

    Raises
    ------
    UsageError
        If the text is not a positive duration.
    """
    cleaned = text.strip().lower()
    seconds = 0.0
    if _NUMBER.fullmatch(cleaned):
        seconds = float(cleaned)
    elif _DURATION.fullmatch(cleaned):
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(cleaned))
    if not 0 < seconds < math.inf:
        raise UsageError(f"not a duration: {text!r}; write it as 90s, 10m or 1h30m")
    return seconds


def parse_share(text: str) -> float:
    """Return the share in `3%` or `0.03`, strictly between 0 and 1.

    Raises
    ------
    UsageError
        If the text is not such a share.
    """
    cleaned = text.strip()
    number, percent = (cleaned[:-1].strip(), True) if cleaned.endswith("%") else (cleaned, False)
    share = float(number) / (100 if percent else 1) if _NUMBER.fullmatch(number.lower()) else 0.0
    if not 0 < share < 1:
        raise UsageError(f"not a share between 0 and 100 %: {text!r}; write it as 3% or 0.03")
    return share


def parse_bytes(text: str) -> int:
    """Return the bytes in `8GiB` (powers of 1024), `500MB` (powers of 1000) or `4096`.

    Raises
    ------
    UsageError
        If the text is not a positive size.
    """
    match = _BYTES.fullmatch(text.strip())
    size = 0
    if match:
        number, unit = float(match[1]), match[2].lower().removesuffix("b")
        base = 1024 if unit.endswith("i") else 1000
        exact = number * base ** _PREFIXES.index(unit.removesuffix("i"))
        size = int(exact) if unit != "i" and math.isfinite(exact) else 0
    if size <= 0:
        raise UsageError(f"not a size: {text!r}; write it as 8GiB, 500MB or a number of bytes")
    return size


def format_duration(seconds: float) -> str:
    """Return a duration in the form that `parse_duration` reads, to three figures: `1h30m`, `10m`, `2m5s`, `1.5s`."""
    if seconds < 60:
        return f"{seconds:.3g}s"
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m" if minutes else f"{hours}h"
    return f"{minutes}m{rest}s" if rest else f"{minutes}m"


def format_time(seconds: float | None) -> str:
    """Return a measured time to three figures with its unit, `1.23 ms`; `-` where there is none."""
    if seconds is None or not math.isfinite(seconds):
        return "-"
    for limit, factor, unit in ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms"), (math.inf, 1.0, "s")):
        if abs(seconds) < limit:
            return f"{_three_figures(seconds * factor)} {unit}"
    return "-"


def format_share(share: float) -> str:
    """Return a share as per cent, in the form that `parse_share` reads: `3%`, `0.5%`."""
    return f"{share * 100:.4g}%"


def format_bytes(size: int | None) -> str:
    """Return a size to three figures in powers of 1024, `7.45 GiB`; `-` where there is none."""
    if size is None:
        return "-"
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1000:
            return f"{int(value)} B" if unit == "B" else f"{_three_figures(value)} {unit}"
        value /= 1024
    return f"{_three_figures(value)} TiB"


def _three_figures(value: float) -> str:
    size = abs(value)
    return f"{value:.0f}" if size >= 99.95 else f"{value:.1f}" if size >= 9.995 else f"{value:.2f}"
