"""Makes the SVG that Vega writes a third as long: the same drawing with every figure to a hundredth of a pixel.

What is said again and again is said once: attributes move up to the group whose parts share them, lines alike become
one path, and symbols are written where they stand. The colours of backends stay at each mark, by which the page
filters them.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from xml.sax.saxutils import escape

_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
#: What the page does not use, or what is so by default.
_NOISE = {"class", "role", "aria-hidden", "aria-roledescription", "aria-label", "pointer-events"}
_DEFAULTS = {"opacity": "1", "font-weight": "normal", "transform": "translate(0,0)"}
#: What the parts of a group inherit from it.
_INHERITED = (
    "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-size", "font-weight",
    "text-anchor",
)  # fmt: skip
#: The colours of backends.
_OWN = "var(--s"
_NUMBER = re.compile(r"-?\d*\.\d+(?:e[-+]?\d+)?|-?\d+e[-+]?\d+")
_TRANSLATE = re.compile(r"translate\(([-\d.e]+),([-\d.e]+)\)")
_POLYLINE = re.compile(r"(?:[ML]-?[\d.]+(?:e-?\d+)?,-?[\d.]+(?:e-?\d+)?)+")
_COMMAND = re.compile(r"([MLAZhv])([-\d.,e]*)")
_N = r"-?[\d.]+(?:e-?\d+)?"
_SYMBOL = re.compile(rf"M{_N},{_N}(?:L{_N},{_N}|A{_N}(?:,{_N}){{6}}|[hv]{_N}|Z)+")
_POINT = re.compile(r"([ML])([^,]+),([^ML]+)")


def lean(svg: str) -> str:
    """Return the SVG, leaner, as a picture within a page whose height follows."""
    root = ET.fromstring(svg)  # noqa: S314 - written by Vega
    box = root.get("viewBox", "0 0 400 300")
    root.attrib = {"class": "chart", "role": "img", "aria-hidden": "true", "viewBox": box, "width": box.split()[2]}
    for part in root:
        _strip(part)
    _share(root)
    fonts = {one.get("font-family", "") for one in root.iter() if "font-family" in one.attrib}
    if len(fonts) == 1:
        for one in root.iter():
            one.attrib.pop("font-family", None)
        root.set("font-family", *fonts)
    return "".join(_written(root))


def _strip(node: ET.Element) -> None:
    """Take away what draws nothing, shorten numbers and paths, and join lines alike."""
    if node.tag in (f"{_SVG}defs", f"{_SVG}clipPath"):
        return
    for one in [*node]:
        _strip(one)
        if _draws_nothing(one):
            node.remove(one)
    for attribute in [*node.attrib]:
        if attribute in _NOISE or node.get(attribute) == _DEFAULTS.get(attribute, ""):
            del node.attrib[attribute]
    if "stroke" not in node.attrib or node.get("stroke-width") == "1":
        node.attrib.pop("stroke-width", None)
    if node.tag == f"{_SVG}path" and "stroke" not in node.attrib and "opacity" in node.attrib:
        node.set("fill-opacity", node.attrib.pop("opacity"))  # which is inherited
    if node.tag == f"{_SVG}path":
        place = _TRANSLATE.fullmatch(node.get("transform", ""))
        moved = _at_its_place(node.get("d", ""), float(place[1]), float(place[2])) if place else None
        if moved is None:
            node.set("d", _path(node.get("d", "")))
        else:
            del node.attrib["transform"]
            node.set("d", moved)
    if "transform" in node.attrib:
        node.set("transform", _rounded(node.get("transform", "")))
    if node.tag == f"{_SVG}text":
        _put(node)
    _join_lines(node)


def _draws_nothing(node: ET.Element) -> bool:
    if node.get("opacity") == "0":
        return True
    if node.tag == f"{_SVG}path":
        return node.get("display") == "none" or not node.get("d") or not {"fill", "stroke"} & {*node.attrib}
    return node.tag == f"{_SVG}g" and not len(node)


def _put(text: ET.Element) -> None:
    """Say by coordinates where a text stands, if its transform does no more than that."""
    place = _TRANSLATE.fullmatch(text.get("transform", ""))
    if place and not {"x", "y"} & {*text.attrib}:
        del text.attrib["transform"]
        text.attrib |= {at: value for at, value in zip("xy", place.groups(), strict=True) if value != "0"}


def _join_lines(group: ET.Element) -> None:
    """Make one path of straight lines that follow each other and are alike; where they cross, nothing shows through."""
    last: ET.Element | None = None
    for node in [*group]:
        place = _TRANSLATE.fullmatch(node.get("transform", "translate(0,0)"))
        if node.tag != f"{_SVG}line" or place is None or "opacity" in node.attrib:
            last = None
            continue
        x, y = (_rounded(node.get(name, "0")) for name in ("x2", "y2"))
        line = f"M{place[1]},{place[2]}" + (f"h{x}" if y == "0" else f"v{y}" if x == "0" else f"l{x},{y}")
        look = {name: value for name, value in node.attrib.items() if name not in ("x2", "y2", "transform")}
        if last is not None and {**last.attrib, "d": ""} == {**look, "d": ""}:
            last.set("d", f"{last.get('d')}{line}")
            group.remove(node)
        else:
            node.tag, node.attrib, last = f"{_SVG}path", look | {"d": line}, node


def _at_its_place(d: str, x: float, y: float) -> str | None:
    """Return the path of a symbol where it stands, in relative steps; None if it is not of lines and arcs alone."""
    if not _SYMBOL.fullmatch(d):
        return None
    at = start = (0.0, 0.0)
    steps = []
    for kind, text in _COMMAND.findall(d):
        values = [float(one) for one in text.split(",") if one]
        if kind == "M":
            at = start = values[0], values[1]
            steps.append(f"M{_short(x + at[0])},{_short(y + at[1])}")
        elif kind == "Z":
            at = start
            steps.append("z")
        elif kind in "hv":
            at = (at[0] + values[0], at[1]) if kind == "h" else (at[0], at[1] + values[0])
            steps.append(f"{kind}{_short(values[0])}")
        else:
            *before, to_x, to_y = values
            along = ",".join(_short(one) for one in (*before, to_x - at[0], to_y - at[1]))
            at = to_x, to_y
            steps.append(f"{kind.lower()}{along}")
    return "".join(steps)


def _share(node: ET.Element) -> None:
    """Move up what all parts of a group share, and undo groups that say nothing."""
    for one in [*node]:
        _share(one)
    node[:] = [part for one in node for part in ([one] if one.tag != f"{_SVG}g" or one.attrib else [*one])]
    parts = [one for one in node if one.tag != f"{_SVG}defs"]
    if node.tag not in (f"{_SVG}g", f"{_SVG}a") or not parts or (node.tag == f"{_SVG}g" and len(parts) == 1):
        return
    for attribute in _INHERITED:
        values = {one.get(attribute) for one in parts}
        if len(values) == 1 and (value := values.pop()) is not None and not value.startswith(_OWN):
            node.set(attribute, value)
            for one in parts:
                del one.attrib[attribute]


def _written(node: ET.Element) -> Iterator[str]:
    """Yield the markup of a node."""
    tag = node.tag.removeprefix(_SVG)
    named = (
        ("xlink:href" if name == _LINK else name, escape(value, {'"': "&quot;"})) for name, value in node.attrib.items()
    )
    yield f"<{tag}" + "".join(f' {name}="{value}"' for name, value in named)
    if not len(node) and not node.text:
        yield "/>"
        return
    yield f">{escape(node.text or '')}"
    for one in node:
        yield from _written(one)
        yield escape(one.tail or "")
    yield f"</{tag}>"


def _rounded(text: str) -> str:
    """Return the text with its numbers to two decimals."""
    return _NUMBER.sub(lambda found: _short(float(found[0])), text)


def _short(number: float) -> str:
    return f"{round(number, 2) + 0.0:g}"


def _path(d: str) -> str:
    """Return a path, to two decimals; steps of a polyline, which most are, as horizontal and vertical ones."""
    if not _POLYLINE.fullmatch(d):
        return _rounded(d)
    parts: list[tuple[str, float, float]] = []
    for kind, x, y in ((kind, round(float(x), 2), round(float(y), 2)) for kind, x, y in _POINT.findall(d)):
        if kind == "L" and parts and parts[-1][1:] == (x, y) and parts[-1][0] != "M":
            continue
        parts.append((kind, x, y))
    return "".join(_steps(parts))


def _steps(parts: list[tuple[str, float, float]]) -> Iterator[str]:
    """Yield the commands of a polyline: what goes on in the direction of the step before it takes its place."""
    at = (0.0, 0.0)
    for number, (kind, x, y) in enumerate(parts):
        ahead = parts[number + 1] if number + 1 < len(parts) else None
        if kind == "M":
            yield f"M{x:g},{y:g}"
        elif ahead and ahead[0] == "L" and (at[1] == y == ahead[2] and at[0] < x < ahead[1]):
            pass  # on the way
        elif y == at[1]:
            yield f"H{x:g}"
        else:
            yield f"V{y:g}" if x == at[0] else f"L{x:g},{y:g}"
        at = (x, y)
