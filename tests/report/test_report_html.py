"""The page as a whole: valid, offline, safe against hostile records, written at once or not at all."""

from __future__ import annotations

import re
import stat
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from page_reader import assert_harmless, read_page
from report_samples import every_kind, make_analysis, make_group, make_info, make_row

from suite.analyse.rows import Analysis
from suite.errors import UsageError
from suite.report.html import render_report, write_report

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "</style><style>@import 'http://evil.example/x.css'",
    '" onmouseover="alert(1)',
    "' style='background:url(http://evil.example/)",
    "{{ 7 * 7 }}{% include 'report.css' %}",
    "two\r\nlines\x00\x1b[31m and a tab\t.",
    "right-to-left \u202egnp.exe\u2066 and zero\u200bwidth \ufeff",
    "lone surrogate \ud800",
    "N" * 10_000,
    "&lt;already&gt; &amp; escaped",
]


def hostile_copy(value: Any, text: str) -> Any:
    """Return the value with every string in it replaced by the text; enums and numbers stay."""
    if type(value) is str:
        return text
    if isinstance(value, msgspec.Struct):
        names = [name for name in value.__struct_fields__ if name != "imported"]  # it makes another report of it
        changes = {name: hostile_copy(getattr(value, name), text) for name in names}
        return msgspec.structs.replace(value, **changes)
    if isinstance(value, list | tuple):
        return type(value)(hostile_copy(item, text) for item in value)
    if isinstance(value, dict):
        return {hostile_copy(key, text): hostile_copy(item, text) for key, item in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return replace(value, **{field.name: hostile_copy(getattr(value, field.name), text) for field in fields(value)})
    return value


def test_page_is_valid_offline_and_carries_its_policy() -> None:
    html = render_report([every_kind()])
    assert_harmless(html)
    assert html.startswith("<!DOCTYPE html>")
    without_scripts = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    assert set(re.findall(r"https?://[\w./]*", without_scripts)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_tables_can_be_read_by_a_screen_reader() -> None:
    html = render_report([every_kind()])
    page = read_page(html)
    assert len(page.all("table")) == len(page.all("caption")) > 5
    assert {attributes["scope"] for attributes in page.all("th")} == {"col", "row"}
    for table in re.findall(r"<table.*?</table>", html, re.DOTALL):
        columns = table.count('scope="col"')
        body = [row for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL) if 'scope="row"' in row]
        assert body
        assert {row.count('scope="row"') + row.count("<td") for row in body} == {columns}
    charts = [attributes for attributes in page.all("svg") if attributes.get("class") == "chart"]
    assert all(attributes["aria-label"] for attributes in charts)
    assert all("aria-hidden" in attributes for attributes in page.all("svg") if attributes not in charts)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_record_can_harm(text: str) -> None:
    hostile = hostile_copy(every_kind(), text)
    html = render_report([hostile, replace(hostile, reference="another")], title=text)
    assert_harmless(html)
    assert html.count("<table") > 20
    assert (
        re.search("[\u0000-\u0008\u000e-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800]", html) is None
    )
    if "7 * 7" in text:
        assert "{{ 7 * 7 }}" in html
    html.encode("utf-8")


def test_labels_of_long_tables_cannot_leave_their_style_sheet() -> None:
    name = '</style><script>"\\\n}'
    rows = [make_row(workload=f"work-{n}", backend=backend) for n in range(101) for backend in ("sklearn", name)]
    html = render_report([make_analysis(rows)])
    assert_harmless(html)
    assert r'td:nth-child(2):not([data-label])::before { content: "\3c \2f style\3e \3c script\3e \22 \5c ' in html


def test_hostile_characters_are_shown() -> None:
    text = read_page(render_report([make_analysis([make_row(workload="a\u202eb<i>c")])])).text
    assert "a⟨U+202E⟩b<i>c" in text


def test_long_names_are_cut_and_say_so() -> None:
    html = render_report([make_analysis([make_row(workload="N" * 10_000, reason="R" * 10_000)])])
    assert "N" * 100 not in html
    assert "R" * 500 not in html
    assert "(10,000 characters)" in html


def test_command_is_whole_and_can_be_pasted() -> None:
    argument = "it's " + "x" * 5000
    info = make_info(command=["python", "-m", "suite", "run", "--workload", argument])
    text = read_page(render_report([make_analysis(info=info)])).text
    assert f"""python -m suite run --workload 'it'"'"'s {"x" * 5000}'""" in text


def test_runs_are_shown_one_by_one(tmp_path: Path) -> None:
    first = make_analysis()
    second = make_analysis([make_row(backend="sklearn")], info=make_info(id="another"), means=[])
    path = tmp_path / "two.html"
    write_report([first, second], path, title="Two machines")
    html = path.read_text()
    assert_harmless(html)
    page = read_page(html)
    assert [attributes["id"] for attributes in page.all("article")] == ["run-1", "run-2"]
    parts = html.split("<article ")
    assert "2.314" not in parts[2]
    assert "2.3145" in parts[1]
    assert "never merged" in parts[0]
    assert "Two machines" in page.text


def test_parent_folder_is_made_and_the_page_can_be_read_by_others(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "page.html"
    write_report([make_analysis()], path)
    beside = tmp_path / "beside"
    beside.touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(beside.stat().st_mode)
    assert [each.name for each in path.parent.iterdir()] == ["page.html"]


def test_old_page_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")
    write_report([make_analysis()], path)
    assert path.read_text().startswith("<!DOCTYPE html>")


def below_a_file(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file" / "page.html"


def a_folder(folder: Path) -> Path:
    (folder / "page.html").mkdir()
    return folder / "page.html"


@pytest.mark.parametrize("place", [below_a_file, a_folder, lambda folder: folder / ("n" * 300)])
def test_unwritable_path_is_one_line(tmp_path: Path, place: Any) -> None:
    path = place(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match="cannot write the report") as caught:
        write_report([make_analysis()], path)
    assert "\n" not in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_nothing_to_report_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to report"):
        write_report([], tmp_path / "page.html")


def a_thousand_cases() -> Analysis:
    groups = [make_group(f"workload-{number}") for number in range(500)]
    rows = [make_row(backend=case.backend, workload=group.workload.name) for group in groups for case in group.cases]
    return make_analysis(rows, info=make_info(groups))


def test_a_thousand_cases_stay_small() -> None:
    html = render_report([a_thousand_cases()])
    assert len(html) < 1_500_000
    assert 'class="records"' not in html
