"""How the report writes figures, and text from records that may be hostile."""

from __future__ import annotations

import math
import unicodedata

from suite.analyse.rows import Analysis, CaseRow, Parity, Ratio

#: Longest text of a record that is shown whole; names in tables are cut earlier.
TEXT_LIMIT = 400
NAME_LIMIT = 60

_INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
_PLAIN_SPACE = {"\n": "↵ ", "\t": " "}


def visible(text: str, limit: int | None = TEXT_LIMIT) -> str:
    """Return the text with control, bidirectional and unassigned characters written out, cut to about `limit`.

    It is cut in the middle, more of the end left than of the beginning, which long names often share: a cut says how
    long the whole was. `None` cuts nothing.
    """
    if limit is None:
        return _written_out(text)
    if len(text) <= limit and len(shown := _written_out(text)) <= limit:
        return shown
    first = limit // 4
    last = limit - first
    return f"{_written_out(text[:first])[:first]}…{_written_out(text[-last:])[-last:]} ({len(text):,} characters)"


def _written_out(text: str) -> str:
    # By far most are printable: nothing that is written out is.
    return text if text.isprintable() else "".join(map(_visible_character, text))


def _visible_character(character: str) -> str:
    if character in _PLAIN_SPACE:
        return _PLAIN_SPACE[character]
    return f"⟨U+{ord(character):04X}⟩" if unicodedata.category(character) in _INVISIBLE else character


def lost_text(row: CaseRow) -> str:
    """Name the metrics by which quality is not equal, with the values: `accuracy 0.91 against 0.95`."""
    return ", ".join(
        f"{one.metric} {one.quality:.6g} against {one.quality_reference:.6g}"
        for one in row.judged
        if one.parity is Parity.LOST and one.quality is not None and one.quality_reference is not None
    )


def ratio_text(ratio: Ratio) -> str:
    """Return `2.31×`, with as many decimals as its interval supports."""
    return f"{_fixed(ratio.estimate, ratio)}×"


def interval_text(ratio: Ratio) -> str:
    """Return `2.25 to 2.38`, to two significant figures of the interval's width; `unbounded` where nothing is known."""
    if ratio.low <= 0 and not math.isfinite(ratio.high):
        return "unbounded"
    return f"{_fixed(ratio.low, ratio)} to {_fixed(ratio.high, ratio)}"


def at_least_text(ratio: float) -> str:
    """Return `at least 12.3×`, rounded down so that it stays true."""
    decimals = max(0, 2 - _magnitude(ratio))
    return f"at least {math.floor(ratio * 10**decimals) / 10**decimals:,.{decimals}f}×"


def percent_text(share: float) -> str:
    """Return a share as `12 %`, `0.5 %`."""
    return f"{share * 100:.3g} %"


def number_text(value: float | None) -> str:
    """Return a figure to six significant digits, `–` where there is none."""
    return "–" if value is None else f"{value:.6g}"


def count_text(count: int, one: str, many: str = "") -> str:
    """Return `1 workload`, `3 workloads`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def measured_on(analysis: Analysis, backend: str) -> str:
    """Return the versions of a backend's engine and of the reference's, the threads and the CPU."""
    known = [analysis.engines[name] for name in (backend, analysis.reference) if name in analysis.engines]
    engines = " against ".join(visible(text, NAME_LIMIT) for text in dict.fromkeys(known))
    threads = count_text(analysis.info.plan.settings.threads, "thread")
    return f"{engines}{' with ' if engines else ''}{threads} on {visible(analysis.info.machine.cpu, NAME_LIMIT)}"


def _fixed(value: float, ratio: Ratio) -> str:
    """Write a value to two figures of the interval's width or of its own, and never as a 1 that it is not."""
    if not math.isfinite(value):
        return "∞"
    width = ratio.high - ratio.low
    scale = width if 0 < width < math.inf else ratio.estimate / 10
    finest = min(scale, value) if value > 0 else scale
    decimals = max(0, 1 - _magnitude(finest), -_magnitude(abs(value - 1)))
    return f"{value:,.{min(4, decimals)}f}"


def _magnitude(value: float) -> int:
    return math.floor(math.log10(value)) if 0 < value < math.inf else 0
