"""Draws charts: Vega-Lite specifications to SVG or PNG, by vl-convert, which needs no browser and no network.

Charts are drawn when the page is written: so it needs no charting code, draws without JavaScript and on paper, and its
policy can forbid scripts to evaluate text. Colours are CSS variables, so that one SVG serves light, dark and paper.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Any

#: A Vega-Lite specification.
Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
MISSING = "Charts are left out: they need `pip install 'evenhand[report]'`; the tables have all figures."

#: The eight colours of backends (after Okabe & Ito 2008, for colour-blind readers) and the page's own, on white paper.
LIGHT = {
    "--ink": "#16191d", "--quiet": "#565e68", "--line": "#d8dce1", "--paper": "#ffffff",
    "--s0": "#00588f", "--s1": "#b04600", "--s2": "#00795c", "--s3": "#9b1c6b",
    "--s4": "#7a6a00", "--s5": "#2f7fb8", "--s6": "#c0504d", "--s7": "#4d4d4d",
}  # fmt: skip
_CLIP = re.compile(r"\b(id=\"|url\(#)([a-z]+_?[0-9]+)")
#: Vega puts an address before fragments: on the page they are its own. The keyboard goes to cases by the tables.
_LINK = re.compile(r'xlink:href="[^"]*#case-([0-9]+)"')
_FRAME = re.compile(r"^<svg [^>]*?viewBox=\"([^\"]*)\"[^>]*>")


def can_draw() -> bool:
    """Whether charts can be drawn here."""
    return find_spec("vl_convert") is not None


def draw_svg(spec: Spec, name: str) -> str:
    """Return a chart as SVG for the page: no fixed size, ids of its own (`name` is unique), and no script."""
    import vl_convert

    svg = vl_convert.vegalite_to_svg(_complete(spec), allowed_base_urls=[])
    svg = _CLIP.sub(rf"\g<1>{name}-\g<2>", svg)
    svg = _LINK.sub(r'xlink:href="#case-\1" tabindex="-1"', svg)
    frame = _FRAME.match(svg)
    box = frame[1] if frame else "0 0 400 300"
    width = box.split()[2]
    return _FRAME.sub(
        f'<svg class="chart" role="img" aria-hidden="true" viewBox="{box}" width="{width}" '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">',
        svg,
        count=1,
    )


def draw_file(spec: Spec, kind: str) -> bytes:
    """Return a chart as the content of an SVG or PNG file, on white paper."""
    import vl_convert

    plain = _on_paper(_complete(spec))
    if kind == "png":
        return vl_convert.vegalite_to_png(plain, scale=3, allowed_base_urls=[])
    return vl_convert.vegalite_to_svg(plain, allowed_base_urls=[]).encode("utf-8")


def _on_paper(value: Any) -> Any:
    """Return the specification with CSS variables replaced by their colours, and without links."""
    if isinstance(value, dict):
        return {name: _on_paper(one) for name, one in value.items() if name != "href"}
    if isinstance(value, list):
        return [_on_paper(one) for one in value]
    if isinstance(value, str) and value.startswith("var("):
        return LIGHT[value[4:-1]]
    return value


def _complete(spec: Spec) -> Spec:
    axis = {
        "labelColor": "var(--quiet)", "titleColor": "var(--quiet)", "gridColor": "var(--line)",
        "domainColor": "var(--line)", "tickColor": "var(--line)", "titleFontWeight": "normal", "labelFontSize": 11,
        "titleFontSize": 12,
    }  # fmt: skip
    legend = {"labelColor": "var(--ink)", "titleColor": "var(--quiet)", "orient": "bottom", "columns": 4, "title": None}
    config = {
        "font": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
        "background": None,
        "axis": axis,
        "legend": legend,
        "view": {"stroke": None},
        "aria": False,
        "title": {"color": "var(--ink)", "fontSize": 13, "anchor": "start"},
    }
    return {"$schema": SCHEMA, "config": config, **spec}
