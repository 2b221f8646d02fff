"""The charts that the page has: drawn beside, as Vega draws them, in a third of the text."""

from __future__ import annotations

from typing import Any

import pytest

from suite.report.draw import Beside, can_draw
from suite.report.drawing import drawn
from suite.report.lean import lean

FONT = 'font-family="sans-serif" font-size="11px"'
VERBOSE = f"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" class="marks" width="9"
 height="8" viewBox="0 0 9 8"><g fill="none" transform="translate(1,2)"><path class="background" d="M0,0h9v8h-9Z"/>
<g class="axis"><line transform="translate(0,5.0001)" x2="-5" y2="0" stroke="var(--line)" stroke-width="1" opacity="1"/>
<line transform="translate(0,7)" x2="0" y2="3" stroke="var(--line)" stroke-width="1" opacity="1"/></g>
<g><text {FONT} transform="translate(3,4.126)" fill="red">a &lt;b&gt;</text>
<text {FONT} transform="translate(3,9) rotate(-90)" fill="red">"&amp;"</text>
<text {FONT} transform="translate(3,9)" fill="red" opacity="0">not seen</text></g>
<path d="M0,9L0.001,9L1,9L1,9L2,9L2,5L1,5L1,4.5L3,4" stroke="var(--s1)"/>
<g>{
    "".join(
        f'<a xlink:href="#case-{n}"><path transform="translate({n}.5,0)" d="M0,0h1v1L0.004,0Z" fill="var(--s{n % 2})" '
        'stroke-width="2" opacity="0.7"/></a>'
        for n in range(4)
    )
}</g></g></svg>""".replace("\n", "")
LEAN = (
    '<svg class="chart" role="img" aria-hidden="true" viewBox="0 0 9 8" width="9" font-family="sans-serif">'
    '<g fill="none" transform="translate(1,2)">'
    '<path stroke="var(--line)" d="M0,5h-5M0,7v3"/><g fill="red" font-size="11px">'
    '<text x="3" y="4.13">a &lt;b&gt;</text>'
    '<text transform="translate(3,9) rotate(-90)">"&amp;"</text></g><path d="M0,9H0H2V5H1V4.5L3,4" stroke="var(--s1)"/>'
    '<g fill-opacity="0.7"><a xlink:href="#case-0"><path d="M0.5,0h1v1l-1,-1z" fill="var(--s0)"/></a>'
    '<a xlink:href="#case-1"><path d="M1.5,0h1v1l-1,-1z" fill="var(--s1)"/></a>'
    '<a xlink:href="#case-2"><path d="M2.5,0h1v1l-1,-1z" fill="var(--s0)"/></a>'
    '<a xlink:href="#case-3"><path d="M3.5,0h1v1l-1,-1z" fill="var(--s1)"/></a></g></g></svg>'
)


def test_the_same_is_drawn_with_less() -> None:
    assert lean(VERBOSE) == LEAN


@pytest.mark.skipif(not can_draw(), reason="needs vl-convert")
def test_charts_are_drawn_when_the_process_beside_is_lost() -> None:
    values: list[dict[str, Any]] = [{"x": n, "of": "<&\"'> ü"} for n in range(5)]
    encoding = {"x": {"field": "x", "type": "quantitative"}, "color": {"field": "of", "type": "nominal"}}
    spec = {"data": {"values": values}, "mark": "point", "encoding": encoding}
    beside = Beside()
    whole = beside.draw(spec, "a-chart").result()
    beside.close()
    assert whole == drawn(spec, "a-chart") == beside.draw(spec, "a-chart").result()
    assert whole.startswith("<svg ")
