"""Fields on a grid as small pictures: PNG within SVG, with the scale of their colours."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from suite.records.findings import Picture
from suite.report.text import number_text

Bytes = NDArray[np.uint8]

#: Anchors of two scales, from low to high: matplotlib's viridis, and Moreland's cool-warm for what has two signs.
VIRIDIS = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
COOL_WARM = ((59, 76, 192), (141, 176, 254), (221, 221, 221), (244, 154, 123), (180, 4, 38))
#: A picture is drawn this wide, in units of the page, at most this high, and its scale below it.
WIDTH, TALLEST, SCALE_HEIGHT, TEXT_HEIGHT = 270, 270, 8, 30


def grid(picture: Picture) -> NDArray[np.float64] | None:
    """Return the field of (rows, columns); None if the values make no whole rows."""
    values = np.asarray(picture.values, dtype=np.float64)
    if picture.columns < 1 or not values.size or values.size % picture.columns:
        return None
    return values.reshape(-1, picture.columns)


def limits(fields: Sequence[NDArray[np.float64]], *, signed: bool) -> tuple[float, float]:
    """Return the ends of a scale for these fields: of all their values, or symmetric about 0."""
    low, high = min(float(field.min()) for field in fields), max(float(field.max()) for field in fields)
    if signed:
        high = max(abs(low), abs(high))
        low = -high
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def coloured(field: NDArray[np.float64], low: float, high: float, *, signed: bool) -> Bytes:
    """Return the field's colours of (rows, columns, 3)."""
    anchors = np.array(COOL_WARM if signed else VIRIDIS, dtype=np.float64)
    place = np.clip((field - low) / (high - low), 0, 1)
    at = np.linspace(0, 1, len(anchors))
    return np.stack([np.interp(place, at, channel) for channel in anchors.T], axis=-1).round().astype(np.uint8)


def png(pixels: Bytes) -> bytes:
    """Return pixels of (rows, columns, 3) as a PNG file (ISO/IEC 15948: 8 bits a channel, no filter)."""
    rows, columns, _ = pixels.shape
    lines = np.concatenate([np.zeros((rows, 1), np.uint8), pixels.reshape(rows, -1)], axis=1)

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def picture_svg(field: NDArray[np.float64], low: float, high: float, *, signed: bool) -> str:
    """Return the field, its colours from `low` to `high`, as SVG with the scale below."""
    rows, columns = field.shape
    height = min(TALLEST, max(40, round(WIDTH * rows / columns)))
    scale = coloured(np.linspace(low, high, 64)[None, :], low, high, signed=signed)
    foot = height + 6 + SCALE_HEIGHT + 14
    return (
        f'<svg class="chart" role="img" aria-hidden="true" viewBox="0 0 {WIDTH} {height + TEXT_HEIGHT}" '
        f'width="{WIDTH}" xmlns="http://www.w3.org/2000/svg">'
        f"{_image(coloured(field, low, high, signed=signed), 0, height)}{_image(scale, height + 6, SCALE_HEIGHT)}"
        f'<text x="0" y="{foot}" font-size="11" fill="var(--quiet)">{number_text(low)}</text>'
        f'<text x="{WIDTH}" y="{foot}" font-size="11" fill="var(--quiet)" text-anchor="end">{number_text(high)}</text>'
        "</svg>"
    )


def _image(pixels: Bytes, y: float, height: float) -> str:
    address = base64.b64encode(png(pixels)).decode("ascii")
    return (
        f'<image x="0" y="{y}" width="{WIDTH}" height="{height}" preserveAspectRatio="none" '
        f'style="image-rendering: pixelated" href="data:image/png;base64,{address}"/>'
    )
