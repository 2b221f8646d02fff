"""The shapes that say beside every colour what it means: of verdicts, parities and statuses, in tables and figures."""

from __future__ import annotations

from suite.records.schema import Status

#: By tone (`suite.report.page.Cell`): the character before a cell's text.
MARKS = {
    "faster": "▲", "slower": "▼", "same": "■", "ambiguous": "◇", "reference": "●", "none": "—", "bound": "▷",
    "parity-identical": "≡", "parity-equal": "=", "parity-lost": "≠", "parity-undecided": "≟", "parity-unknown": "?",
    "fell-back": "↩", "unavailable": "∅", "unsupported": "⊘", "failed": "✕", "timed-out": "◷", "out-of-memory": "▣",
    "diverged": "≁", "interrupted": "‖", "skipped": "↷",
}  # fmt: skip

#: By verdict: the path of the point of an interval, about its place.
SHAPES = {
    "faster": "M-5.5 4.5L0 -5.5L5.5 4.5Z", "slower": "M-5.5 -4.5L0 5.5L5.5 -4.5Z", "same": "M-4 -4H4V4H-4Z",
    "ambiguous": "M-5.5 0L0 -5.5L5.5 0L0 5.5Z", "reference": "M-4 -4H4V4H-4Z", "none": "M-4 -4L4 4M4 -4L-4 4",
}  # fmt: skip


def tone_of(status: Status) -> str:
    """Return the tone of a case that ended so."""
    return status.name.lower().replace("_", "-")
