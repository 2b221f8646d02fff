"""Draws charts: Vega-Lite specifications to SVG or PNG, by vl-convert, which needs no browser and no network.

Charts are drawn when the page is written: so it needs no charting code, draws without JavaScript and on paper, and its
policy can forbid scripts to evaluate text. Colours are CSS variables, so that one SVG serves light, dark and paper.
"""

from __future__ import annotations

import atexit
import json
import re
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from subprocess import PIPE, Popen
from typing import Any

from backends._installed import how_to_install
from suite.report.drawing import drawn

#: A Vega-Lite specification.
Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
MISSING = f"Charts are left out: they need vl-convert ({how_to_install('report')}); the tables have all figures."

#: The eight colours of backends (after Okabe & Ito 2008, for colour-blind readers) and the page's own, on white paper.
LIGHT = {
    "--ink": "#16191d", "--quiet": "#565e68", "--line": "#d8dce1", "--paper": "#ffffff",
    "--s0": "#00588f", "--s1": "#b04600", "--s2": "#00795c", "--s3": "#9b1c6b",
    "--s4": "#7a6a00", "--s5": "#2f7fb8", "--s6": "#c0504d", "--s7": "#4d4d4d",
}  # fmt: skip

#: A fill that hatches, in files: Vega has none.
HATCHED = "url(#hatched)"
_HATCHING = (
    '<defs><pattern id="hatched" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="2" height="7" fill="#16191d" fill-opacity="0.16"/></pattern></defs>'
)
_BEGIN = re.compile(r"<svg\b[^>]*>")


def can_draw() -> bool:
    """Whether charts can be drawn here."""
    return find_spec("vl_convert") is not None


class Beside:
    """A process that draws one chart after another while this one goes on; if it ends, this one draws."""

    def __init__(self) -> None:
        start = f"import sys; sys.path[:] = {sys.path!r}; from suite.report.drawing import serve; serve()"
        self._process = Popen(
            [sys.executable, "-c", start], stdin=PIPE, stdout=PIPE, text=True, encoding="utf-8", start_new_session=True
        )
        self._thread = ThreadPoolExecutor(1, "drawing")
        atexit.register(self.close)

    def draw(self, spec: Spec, name: str) -> Future[str]:
        """Return the chart that will have been drawn (`suite.report.drawing.drawn`)."""
        return self._thread.submit(self._ask, spec, name)

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        for end in (self._process.stdin, self._process.stdout):
            if end:
                end.close()
        self._process.wait()

    def _ask(self, spec: Spec, name: str) -> str:
        assert self._process.stdin is not None  # noqa: S101 - it has pipes
        assert self._process.stdout is not None  # noqa: S101
        try:
            self._process.stdin.write(json.dumps([spec, name]) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except (OSError, ValueError):  # it has ended, or was
            answer = ""
        return str(json.loads(answer)) if answer else drawn(spec, name)


@cache
def beside() -> Beside:
    """Return the process that draws, started when it is first asked for: the sooner, the less is waited for it."""
    return Beside()


def draw_svg(spec: Spec, name: str) -> Future[str]:
    """Return a chart as SVG for the page, being drawn: no fixed size, ids of its own (`name` is unique), no script."""
    return beside().draw(_complete(spec), name)


def draw_file(spec: Spec, kind: str) -> bytes:
    """Return a chart as the content of an SVG or PNG file, on white paper."""
    import vl_convert

    svg = vl_convert.vegalite_to_svg(_on_paper(_complete(spec)), allowed_base_urls=[])
    if HATCHED in svg:
        svg = _BEGIN.sub(lambda begin: begin[0] + _HATCHING, svg, count=1)
    return vl_convert.svg_to_png(svg, scale=3) if kind == "png" else svg.encode("utf-8")


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
        "titleFontSize": 12, "titlePadding": 10, "labelFlush": False,
    }  # fmt: skip
    legend = {
        "labelColor": "var(--ink)", "titleColor": "var(--quiet)", "orient": "bottom", "columns": 4, "title": None,
        "columnPadding": 16, "labelLimit": 260, "symbolOpacity": 0.85,
        "layout": {"bottom": {"direction": "vertical", "margin": 6}},
    }  # fmt: skip
    title = {
        "color": "var(--ink)", "fontSize": 13, "anchor": "start", "offset": 12,
        "subtitleColor": "var(--quiet)", "subtitleFontSize": 11, "subtitlePadding": 4,
    }  # fmt: skip
    config = {
        "font": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
        "background": None,
        "axis": axis,
        "legend": legend,
        "view": {"stroke": None},
        "aria": False,
        "title": title,
    }
    return {"$schema": SCHEMA, "config": config, **spec}
