"""Reads a report as a browser would, and refuses tags that do not balance."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from suite.report.embed import policy_hash, script

VOID = {"meta", "link", "br", "hr", "img", "input", "wbr"}


@dataclass
class PageReader(HTMLParser):
    """The tags, attributes, text and exact figures of a page."""

    text: str = ""
    open_tags: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag == "data":
            self.figures.append(dict(attrs)["value"] or "")
        if tag not in VOID:
            self.open_tags.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert "svg" in self.open_tags, f"<{tag}/> outside of an SVG"
        self.handle_starttag(tag, attrs)
        self.open_tags.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags, f"</{tag}> closes nothing"
        assert self.open_tags.pop() == tag, f"</{tag}> at {self.getpos()} closes something else"

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open_tags):
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]


def read_page(html: str) -> PageReader:
    reader = PageReader()
    reader.feed(html)
    reader.close()
    assert reader.open_tags == [], f"never closed: {reader.open_tags}"
    return reader


def assert_harmless(html: str) -> None:
    """Check that the page is valid, runs nothing but our own scripts and asks nothing of the network."""
    page = read_page(html)
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    own = [script("dataTables.min.js"), script("report.js")]
    assert policy.startswith(f"default-src 'none'; script-src {' '.join(map(policy_hash, own))}; style-src 'unsafe")
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL)
    assert [text for attributes, text in scripts if not attributes] == own
    for attributes, text in scripts:
        if attributes:
            assert 'type="application/gzip"' in attributes
            assert re.fullmatch(r"[A-Za-z0-9+/=]+", text)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.tags:
        assert tag not in {"iframe", "object", "embed", "base", "img"}
        if tag == "image":  # a field on a grid: its pixels are in the page
            assert re.fullmatch(r"data:image/png;base64,[A-Za-z0-9+/=]+", attributes["href"])
        assert tag != "form" or "action" not in attributes
        for name, value in attributes.items():
            if name == "xlink:href":
                assert re.fullmatch(r"#case-\d+", value)
            assert not name.startswith("on"), (tag, name)
            if name in {"href", "src", "action", "data", "srcset", "poster"} and tag != "image":
                assert value == "data:," or value.removeprefix("#") in ids, (tag, name, value)
            if name in {"aria-labelledby", "aria-describedby"}:
                assert value in ids
    assert html.count("<style>") == 1
    style = html.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
