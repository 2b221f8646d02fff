"""A process that draws charts beside the one that writes the page: loading the drawing library alone takes 0.4 s."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from suite.report.lean import lean

_CLIP = re.compile(r"\b(id=\"|url\(#)([a-z]+_?[0-9]+)")
#: Vega puts an address before fragments: on the page they are its own. The keyboard goes to cases by the tables.
_LINK = re.compile(r'xlink:href="[^"]*#case-([0-9]+)"')
_SMALL: dict[str, Any] = {"mark": "point", "data": {"values": [{"x": 1}]}, "encoding": {"x": {"field": "x"}}}


def drawn(spec: dict[str, Any], name: str) -> str:
    """Return a whole specification as SVG for the page: no fixed size, ids of its own (`name` is unique), no script."""
    import vl_convert

    svg = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    svg = _CLIP.sub(rf"\g<1>{name}-\g<2>", svg)
    svg = _LINK.sub(r'xlink:href="#case-\1" tabindex="-1"', svg)
    return lean(svg)


def serve() -> None:
    """Answer every line of standard input, a specification and its name as JSON, with a line: the SVG as JSON."""
    import vl_convert

    vl_convert.vegalite_to_svg(_SMALL, allowed_base_urls=[])
    for line in sys.stdin:
        sys.stdout.write(json.dumps(drawn(*json.loads(line))) + "\n")
        sys.stdout.flush()
