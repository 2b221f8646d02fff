"""Options of `report`, `show` and `export`: machines by the beginning of their id, prices, endings, and help."""

from __future__ import annotations

import csv
import json
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from report_samples import every_kind, make_analysis

from suite.cli import main
from suite.cli.parser import sentence
from suite.report.markdown import to_markdown

REFERENCE = Path(__file__).parents[2] / "results" / "reference"
MACHINES = ("3f2a9c000000", "3f2b00000000", "81c0de000000")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of results with a small run of each of three machines."""
    folder = tmp_path_factory.mktemp("results")
    [source, *_] = sorted(REFERENCE.iterdir())
    for number, machine in enumerate(MACHINES, 1):
        run = folder / f"2026010{number}T000000Z-{machine[:8]}-{number}"
        shutil.copytree(source, run)
        info = json.loads((run / "run.json").read_text())
        info["id"], info["machine"]["id"] = run.name, machine
        info["plan"]["groups"] = info["plan"]["groups"][:1]
        (run / "run.json").write_text(json.dumps(info))
        group = info["plan"]["groups"][0]["id"]
        lines = [json.loads(line) for line in (run / "records.jsonl").read_text().splitlines()]
        kept = [line for line in lines if line["line"] == "backend" or group in json.dumps(line)]
        (run / "records.jsonl").write_text("".join(json.dumps(line) + "\n" for line in kept))
    return folder


def report(results: Path, file: Path, *options: str) -> int:
    return main(["report", "--results", str(results), "-o", str(file), *options])


def test_a_machine_is_named_by_the_beginning_of_its_id(results: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.md"
    assert report(results, file, "--format", "md", "--machine", "3f2a", "--machine", "81c0de000000") == 0
    text = file.read_text()
    assert "20260101T000000Z-3f2a9c00-1" in text
    assert "20260103T000000Z-81c0de00-3" in text
    assert "20260102" not in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--machine", "3f2"],
            "--machine: '3f2' is the beginning of more than one machine: 3f2a9c000000, 3f2b00000000",
        ),
        (["--machine", "3f3"], "--machine: no run was measured on '3f3'"),
        (["--machine", ""], "--machine: no run was measured on ''"),
        (["latest", "--price", "3f2=1"], "--price: no run has a backend or machine '3f2'"),
        (
            ["--format", "md", "--price", "machine=1"],
            "--price is for the page, --format html: there are no costs in md",
        ),
        (["--format", "png", "--price", "onedal=1"], "there are no costs in png"),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    results: Path, tmp_path: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(results, tmp_path / "report", *options) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_price_is_of_a_machine_by_the_beginning_of_its_id(results: Path, tmp_path: Path) -> None:
    assert report(results, tmp_path / "page.html", "latest", "--price", "81=2") == 0
    assert "Cost of 1,000 passes" in (tmp_path / "page.html").read_text()


def test_show_prints_the_id_of_the_machine(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--results", str(results)]) == 0
    assert "(machine 81c0de000000)" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("x.xlsx", [], "as xlsx: let its name end in .csv, .parquet, .json, or say --format"),
        ("x.xlsx", ["--format", "csv"], "would hold csv, not what its name says; let it end in .csv"),
        ("x.csv", ["--format", "json"], "would hold json, not what its name says; let it end in .json"),
        ("x.csv", ["--format", "pytest-benchmark"], "let it end in .json"),
        ("x.csv.gz", [], "as gz"),
    ],
)
def test_export_refuses_a_name_of_another_format(
    results: Path, tmp_path: Path, name: str, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    assert main(["export", "--results", str(results), "-o", str(file), *options]) == 2
    assert message in capsys.readouterr().err
    assert not file.exists()


@pytest.mark.parametrize(("name", "options"), [("x", []), ("x.CSV", []), ("x.2026", ["--format", "csv"])])
def test_export_takes_names_that_say_csv_or_nothing(
    results: Path, tmp_path: Path, name: str, options: list[str]
) -> None:
    assert main(["export", "--results", str(results), "-o", str(tmp_path / name), *options]) == 0
    assert (tmp_path / name).read_text().startswith("run,")


def test_export_has_verdict_and_interval_of_both_spans(results: Path, tmp_path: Path) -> None:
    assert main(["export", "--results", str(results), "-o", str(tmp_path / "cases.csv")]) == 0
    rows = list(csv.DictReader((tmp_path / "cases.csv").open()))
    stated = [row for row in rows if row["speedup_end_to_end"]]
    assert stated
    for row in stated:
        low, estimate, high = (float(row[f"speedup_end_to_end{end}"]) for end in ("_low", "", "_high"))
        assert low < estimate < high
        assert row["verdict_end_to_end"] in ("faster", "slower", "same", "ambiguous")
    assert {row["verdict_end_to_end"] for row in rows if row["backend"] == "sklearn"} == {"reference"}


def test_export_to_a_dash_is_standard_output(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", "--results", str(results), "-o", "-"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"run,")
    assert list(tmp_path.iterdir()) == []


def test_markdown_counts_only_what_is_below_as_below() -> None:
    analysis = every_kind()
    rows = [row for row in analysis.rows if row.backend != "sklearn" and row.speedup is None]
    reason = "onedal has no LogisticRegression"
    absent = [
        row.__class__(**{name: getattr(row, name) for name in row.__slots__} | {"reason": reason}) for row in rows
    ]
    absent = [row for row in absent if row.absent]
    assert absent
    text = to_markdown([make_analysis([*analysis.rows, *absent])])
    assert f"about the {len(rows)} cases below without a speed-up" in text
    assert f"or about {len(absent)} case" in text
    assert "that an engine does not offer" in text


def test_a_sentence_leaves_abbreviations_as_they_are() -> None:
    assert sentence("write the HTML report, for CI") == "Write the HTML report, for CI."


@pytest.mark.parametrize(
    ("verb", "wanted"),
    [
        ("report", "Write the HTML report of one or several runs."),
        ("import-benchmark", "Keep the JSON of pytest-benchmark as a run."),
        ("export", "Export runs as CSV, Parquet or JSON, one row a case."),
    ],
)
def test_help_writes_names_as_they_are_written(verb: str, wanted: str, capsys: pytest.CaptureFixture[str]) -> None:
    with suppress(SystemExit):
        main([verb, "--help"])
    assert wanted in capsys.readouterr().out
