"""The other formats of the report: Markdown for a pull request, figures as files, and prices."""

from __future__ import annotations

import json
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import pytest
from report_samples import every_kind, make_analysis, make_info, make_machine, make_row
from test_report_science import science_analysis

from suite.analyse import analyse
from suite.analyse.rows import Analysis, Ratio, Reach, ReachRow, Verdict
from suite.cli import main
from suite.cli.report import _price as parsed_price
from suite.errors import UsageError
from suite.records.run import Run
from suite.report.assemble import Extras, make_page
from suite.report.draw import can_draw
from suite.report.export_figures import write_figures
from suite.report.html import render_report
from suite.report.markdown import plain, to_markdown
from suite.report.page import Table
from suite.report.table import to_text
from suite.report.text import interval_text, ratio_text

needs_drawing = pytest.mark.skipif(not can_draw(), reason="needs vl-convert")


def test_markdown_has_a_row_for_every_case_with_its_figures() -> None:
    analysis = every_kind()
    lines = to_markdown([analysis], "A title").splitlines()
    assert lines[0] == "## A title"
    rows = [line for line in lines if line.startswith("| ")][2:]
    assert len(rows) == sum(not row.absent for row in analysis.rows)
    assert {line.count(" | ") for line in rows} == {8}
    text = "\n".join(rows)
    for row in analysis.rows:
        if row.speedup is not None:
            assert f"{ratio_text(row.speedup)} ({interval_text(row.speedup)})" in text
    assert "at least 34.5×" in text
    assert "quality is not equal (accuracy 0.85 against 0.912)" in text


def test_markdown_names_each_of_several_runs() -> None:
    text = to_markdown([make_analysis(), make_analysis(info=make_info(id="another"))])
    assert "### Run another" in text
    assert "### Run" not in to_markdown([make_analysis()])


@pytest.mark.parametrize("hostile", ["<img src=x>", "[a](http://evil.example)", "`code`", "a|b", "@someone", "# head"])
def test_no_record_can_start_markup_in_markdown(hostile: str) -> None:
    text = to_markdown([make_analysis([make_row(backend="sklearn"), make_row(workload=hostile)], notes=[hostile])])
    assert re.search(rf"(?<!\\){re.escape(hostile)}", text) is None
    assert plain(hostile) in text
    rows = [line for line in text.splitlines() if line.startswith("| ") and "onedal" in line]
    assert len(re.findall(r"(?<!\\)\|", rows[0])) == 10


def markdown_rows(analysis: Analysis, backend: str) -> list[dict[str, str]]:
    """Return the rows of a backend in the table, by the titles of its columns."""
    head, _, *rows = (line[2:-2].split(" | ") for line in to_markdown([analysis]).splitlines() if line[:2] == "| ")
    return [dict(zip(head, row, strict=True)) for row in rows if row[1] == backend]


def test_each_span_has_its_verdict_in_markdown() -> None:
    ratios = {"speedup": Ratio(5.0, 4.8, 5.2), "end_to_end": Ratio(0.6, 0.55, 0.65)}
    row = make_row(verdict=Verdict.FASTER, verdict_end_to_end=Verdict.SLOWER, **ratios)
    [shown] = markdown_rows(make_analysis([make_row(backend="sklearn"), row]), "onedal")
    assert shown["Verdict, data in place"] == "faster"
    assert shown["Speed-up, data in place"] == "5.00× (4.80 to 5.20)"
    assert shown["Verdict, end to end"] == "slower"
    assert shown["Speed-up, end to end"] == "0.60× (0.55 to 0.65)"


def test_time_to_quality_in_markdown_has_what_the_terminal_has() -> None:
    names = {name: getattr(make_row(), name) for name in ("run", "workload", "algorithm", "task", "rows", "features")}
    reached = ReachRow(
        **names, size="S", dtype="float32", order="C", backend="onedal", parameter="max_iter", metric="accuracy",
        target=0.9, reach=Reach.REACHED, reason="", reached_at=20.0, missed_at=10.0, quality=0.91,
        time=Ratio(0.0081, 0.00521, 0.00843), speedup=Ratio(2.3, 1.7, 4.2), verdict=Verdict.FASTER,
    )  # fmt: skip
    analysis = make_analysis(reached=[reached])
    [shown] = markdown_rows(analysis, "onedal")
    assert shown == {
        "Workload": "logistic (S · 10,000 × 20 · float32 · accuracy, target 0.9, by max\\_iter)",
        "Backend": "onedal",
        "Reached at": "max\\_iter=20 (missed at max\\_iter=10)",
        "Time of fit": "8.10 ms (5.21 ms to 8.43 ms)",
        "Speed-up to quality": "2.3× (1.7 to 4.2)",
        "Verdict": "faster",
        "Quality": "0.91",
    }
    for text in ("max_iter=20", "8.10 ms (5.21–8.43)", "2.3× (1.7–4.2)", "faster"):
        assert text in to_text(analysis)


def test_an_imported_case_has_no_empty_brackets_in_markdown(imported: tuple[Run, Path]) -> None:
    shown = markdown_rows(analyse(imported[0]), "pytest-benchmark")
    assert [row["Workload"] for row in shown] == ["t.py::test\\_sort", "t.py::test\\_sum"]


@needs_drawing
def test_every_figure_is_a_file_of_its_own(run: Run, tmp_path: Path) -> None:
    analysis = analyse(run)
    written = write_figures([analysis], [run], tmp_path / "figures", "svg")
    assert sorted(path.name for path in written) == sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert {"heat-map.svg", "performance-profile.svg", "operations.svg"} <= {path.name for path in written}
    for path in written:
        svg = ET.fromstring(path.read_text(encoding="utf-8"))
        assert svg.tag.endswith("svg")
        assert "var(--" not in path.read_text(encoding="utf-8")  # on paper there is no style sheet
        assert "href" not in path.read_text(encoding="utf-8").replace("xlink", "")


@needs_drawing
@pytest.mark.parametrize("form", ["svg", "png"])
def test_a_run_without_figures_is_one_line(
    imported: tuple[Run, Path], tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(imported[0].path), "--format", form, "-o", str(tmp_path / "figures")]) == 3
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert f"no figures of {imported[0].info.id}" in said.err
    assert [*tmp_path.iterdir()] == []


@needs_drawing
def test_science_has_its_figures_too(run: Run, tmp_path: Path) -> None:
    written = {path.name for path in write_figures([science_analysis()], [run], tmp_path, "svg")}
    assert {"science-curve-0.svg", "science-gain.svg"} <= written


@needs_drawing
def test_figures_of_several_runs_have_the_run_in_their_names(run: Run, tmp_path: Path) -> None:
    analysis = analyse(run)
    written = write_figures([analysis, analysis], [run, run], tmp_path, "png")
    names = {path.name for path in written}
    assert {"run-1-heat-map.png", "run-2-heat-map.png"} <= names
    assert all(path.read_bytes().startswith(b"\x89PNG\r\n") for path in written)


def test_figures_without_the_extra_say_what_to_install(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suite.report.export_figures.can_draw", lambda: False)
    with pytest.raises(UsageError, match=r"pip install '\.\[report\]' in a clone"):
        write_figures([analyse(run)], [run], tmp_path, "svg")
    assert list(tmp_path.iterdir()) == []


def throughput(prices: dict[str, float]) -> Table:
    page = make_page([make_analysis()], Extras(prices=prices))
    [section] = [section for section in page.runs[0].sections if section.id == "throughput"]
    return section.tables[0]


@pytest.mark.parametrize(
    ("prices", "reference", "own"),
    [
        ({"machine": 3.6}, 3.6, 3.6),
        ({"machine": 3.6, "onedal": 7.2}, 3.6, 7.2),
        ({"3f2a9c": 1.8, "machine": 3.6}, 1.8, 1.8),
        ({"onedal": 7.2}, None, 7.2),
    ],
)
def test_a_thousand_passes_cost_the_price_of_what_ran(
    prices: dict[str, float], reference: float | None, own: float
) -> None:
    table = throughput(prices)
    assert table.columns[-1].title == "Cost of 1,000 passes"
    seconds = (0.21 + 0.0031, 0.002 + 0.084 + 0.00207 + 0.0004)
    costs = [price and 1000 * time * price / 3600 for time, price in zip(seconds, (reference, own), strict=True)]
    assert [row[-1].value for row in table.rows] == [cost and pytest.approx(cost) for cost in costs]


@pytest.fixture
def results(run: Run, tmp_path: Path) -> Path:
    """Return a folder of results with two runs of one machine and one of another."""
    for name, machine in (
        ("20260101T000000Z-a-1", "aaaaaaaa"),
        ("20260102T000000Z-a-2", "aaaaaaaa"),
        ("20260103T000000Z-b-3", "bbbbbbbb"),
    ):
        folder = tmp_path / "results" / name
        shutil.copytree(run.path, folder)
        info = json.loads((folder / "run.json").read_text())
        info["id"], info["machine"]["id"] = name, machine
        (folder / "run.json").write_text(json.dumps(info))
    return tmp_path / "results"


def report(results: Path, *options: str) -> str:
    """Return the Markdown of what `report` writes with these options."""
    file = results.parent / "report.md"
    assert main(["report", *options, "--results", str(results), "--format", "md", "-o", str(file)]) == 0
    return file.read_text()


def test_a_report_is_of_the_latest_run_of_each_machine_that_is_named(results: Path) -> None:
    both = report(results, "--machine", "aaaaaaaa", "--machine", "bbbbbbbb")
    assert "### Run 20260102T000000Z-a-2" in both
    assert "### Run 20260103T000000Z-b-3" in both
    assert "a-1" not in both
    named = report(results, "20260101", "20260102", "20260103", "--machine", "aaaaaaaa")
    assert [one for one in ("a-1", "a-2", "b-3") if one in named] == ["a-1", "a-2"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--machine", "aaaaaaab"], "--machine: no run was measured on 'aaaaaaab'; did you mean 'aaaaaaaa'?"),
        (["--price", "onedall=2"], "--price: no run has a backend or machine 'onedall'; did you mean 'onedal'?"),
    ],
)
def test_unknown_machines_and_prices_are_told(
    results: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", *options, "--results", str(results)]) == 2
    assert message in capsys.readouterr().err


def test_the_prices_stand_beside_the_costs() -> None:
    prices = {"machine": 3.6, "onedal": 7.25, "3f2a9c": 0.1, "other": 9.0}
    html = render_report([make_analysis([make_row(backend="sklearn"), make_row()])], prices=prices)
    assert "as given when the page was written: machine 3.6, onedal 7.25, 3f2a9c 0.1.</p>" in html
    hostile = "<b>" + "x" * 99
    html = render_report([make_analysis([make_row(backend=hostile)])], prices={hostile: 2})
    assert re.search(r"written: &lt;b&gt;x+…x+ \(102 characters\) 2\.</p>", html)


@pytest.mark.parametrize("prices", [("machine=2.5", "machine=3"), ("aaaaaaaa=1", "aaaa=2")])
def test_two_prices_of_one_thing_are_refused(
    results: Path, prices: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    options = [option for price in prices for option in ("--price", price)]
    page = results.parent / "page.html"
    assert main(["report", "20260101", "--results", str(results), "-o", str(page), *options]) == 2
    assert "--price: two prices of " in capsys.readouterr().err
    assert not page.exists()
    same = ["--price", prices[0], "--price", prices[0]]
    assert main(["report", "20260101", "--results", str(results), "-o", str(page), *same]) == 0


def test_report_has_one_name_for_its_baseline(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--results", str(results), "--baseline", "sklearn", "--reference", "onedal"]) == 2
    assert "unknown option '--reference'; known are --baseline" in capsys.readouterr().err


def test_without_prices_there_is_no_cost() -> None:
    assert "Cost" not in throughput({}).columns[-1].title


@pytest.mark.parametrize("text", ["machine", "machine=", "=3", "machine=dear", "machine=-1", "machine=inf", "m=nan"])
def test_a_price_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a price per hour"):
        parsed_price(text)


def test_a_price_is_read() -> None:
    assert parsed_price("cuml:cuda=3.20") == ("cuml:cuda", 3.2)


def samples_text(*own: Ratio, engine: str = "scikit-learn", interpreters: dict[str, str] | None = None) -> str:
    """Return the text of the section on samples where the reference was measured against itself."""
    rows = []
    for number, ratio in enumerate(own):
        name = f"workload-{number}"
        rows += [
            make_row(backend="sklearn", workload=name),
            make_row(backend="sklearn@other", workload=name, speedup=ratio, engine_fit=engine, engine_predict=engine),
        ]
    info = make_info()
    settings = msgspec.structs.replace(info.plan.settings, interpreters=interpreters or {})
    info = msgspec.structs.replace(info, plan=msgspec.structs.replace(info.plan, settings=settings))
    page = make_page([make_analysis([*rows, make_row()], info=info)], Extras())
    [section] = [section for section in page.runs[0].sections if section.id == "samples"]
    return " ".join(section.text)


def test_the_noise_floor_is_the_largest_difference_of_the_reference_from_itself() -> None:
    text = samples_text(Ratio(1.01, 0.99, 1.03), Ratio(0.96, 0.9, 1.01))
    assert "in 2 cases the reference was measured against itself; the largest apparent difference is 4.17 %" in text


def test_without_such_a_measurement_no_noise_floor_is_stated() -> None:
    assert "Noise floor" not in samples_text()
    assert "Noise floor" not in samples_text(Ratio(1.5, 1.4, 1.6), engine="another engine")
    old = {"sklearn@other": "/opt/old/bin/python"}
    assert "Noise floor" not in samples_text(Ratio(1.5, 1.4, 1.6), interpreters=old)


def energy(counters: list[str], missing: str, **joules: float) -> tuple[list[str], str]:
    """Return the columns of energy, and what is said of it."""
    machine = msgspec.structs.replace(make_machine(), energy_counters=counters, no_energy=missing)
    rows = [make_row(backend="sklearn", **joules), make_row(**joules)]
    page = make_page([make_analysis(rows, info=make_info(machine=machine))], Extras())
    [section] = [section for section in page.runs[0].sections if section.id == "throughput"]
    titles = [column.title for column in section.tables[0].columns if "Energy" in column.title]
    [said] = [text for text in section.text if "Energy" in text]
    return titles, said


def test_energy_is_shown_by_its_method_or_why_it_was_not_measured() -> None:
    titles, said = energy([], "the counters can be read by root only")
    assert titles == []
    assert said == "Energy was not measured: the counters can be read by root only. Nothing is estimated."
    titles, said = energy(["package-0", "dram"], "", host_joules=3.21)
    assert titles == ["Energy of a pass, CPU packages, J"]
    assert "by the counters package-0, dram (RAPL)" in said
    assert "NVML" not in said
    titles, said = energy(["package-0"], "", host_joules=3.21, device_joules=0.5)
    assert titles[1:] == ["Energy of a pass, GPU, J"]
    assert "that of the GPU by NVML's counter" in said
