"""What others benchmark, beside ours: the document is right, up to date and says something in every row."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from backends.algorithms import ALGORITHMS
from suite.workloads import catalogue

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "coverage_table.py"
#: An algorithm that no built-in workload has.
UNUSED = next(name for name in ALGORITHMS if name not in {workload.algorithm for workload in catalogue()})


@pytest.fixture(scope="module")
def table() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coverage_table", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where msgspec looks up what the annotations name
    spec.loader.exec_module(module)
    return module


def faults_of(table: ModuleType, *rows: str) -> list[str]:
    """Return what is wrong with a list of these rows."""
    text = f'[[list]]\ntitle = "T"\nabout = "A"\nsource = "S"\nrows = [{", ".join(rows)}]\n'
    return list(table.faults(table.read(text)))


def test_the_document_is_what_the_lists_and_the_catalogue_say() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr


def test_every_list_says_where_it_was_read_and_is_whole(table: ModuleType) -> None:
    lists = {one.title: one for one in table.read(table.LISTS.read_text(encoding="utf-8"))}
    assert all("commit" in one.source for one in lists.values())
    sizes = {title: len(one.rows) for title, one in lists.items()}
    assert sizes["scikit-learn_bench: estimators"] == 35
    # 43 at the first commit that is named, bosch, five generators, OpenML's and the user's own
    assert sizes["scikit-learn_bench: data sets"] == 51
    # 61 on one GPU, 13 on several
    assert sizes["cuML's benchmark tool: algorithms"] == 74


def test_every_reason_is_one(table: ModuleType) -> None:
    """That there is none of ours says nothing of why."""
    rows = [row for one in table.read(table.LISTS.read_text(encoding="utf-8")) for row in one.rows]
    assert [row.theirs for row in rows if "not among" in row.left_out] == []


def test_every_row_is_in_the_document(table: ModuleType) -> None:
    page = table.PATH.read_text(encoding="utf-8")
    for one in table.read(table.LISTS.read_text(encoding="utf-8")):
        section = page.split(f"## {one.title}\n", 1)[1].split("\n## ", 1)[0]
        for row in one.rows:
            line = next(line for line in section.splitlines() if line.startswith(f"| {row.theirs} | "))
            assert all(f"`{name}`" in line for name in row.found())
            assert (row.left_out or row.note) in line


def test_workloads_of_an_algorithm_are_looked_up(table: ModuleType) -> None:
    row = table.Row(theirs="KMeans", algorithms=("KMeans",))
    expected = [workload.name for workload in catalogue() if workload.algorithm == "KMeans" and not workload.workflow]
    assert len(expected) > 1
    assert list(row.found()) == expected


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('{theirs = "X"}', "neither anything of ours nor a reason"),
        ('{theirs = "X", note = "differs"}', "neither anything of ours nor a reason"),
        (f'{{theirs = "X", algorithms = ["{UNUSED}"]}}', "neither anything of ours nor a reason"),
        ('{theirs = "X", algorithms = ["KMean"]}', "no algorithm 'KMean'"),
        ('{theirs = "X", workloads = ["kmean"]}', "no workload 'kmean'"),
        ('{theirs = "X", data = ["bosch"]}', "no data set 'bosch'"),
        ('{theirs = "X", algorithms = ["KMeans"], left_out = "not yet"}', "left_out has to go"),
        ('{theirs = "X", data = ["higgs"], left_out = "not yet"}', "left_out has to go"),
    ],
)
def test_a_wrong_row_is_named(table: ModuleType, row: str, said: str) -> None:
    assert any("T: X: " in fault and said in fault for fault in faults_of(table, row))


def test_a_right_row_is_not_named(table: ModuleType) -> None:
    rows = (
        '{theirs = "A", algorithms = ["KMeans"]}',
        '{theirs = "B", workloads = ["kmeans@predict"], note = "inference"}',
        '{theirs = "C", data = ["higgs", "file"]}',
        '{theirs = "D", left_out = "for a reason"}',
        f'{{theirs = "E", algorithms = ["{UNUSED}"], left_out = "for a reason"}}',
    )
    assert faults_of(table, *rows) == []
    assert faults_of(table, rows[0], rows[0]) == ["T: A: is there twice"]


def test_a_misspelt_key_is_refused(table: ModuleType) -> None:
    with pytest.raises(msgspec.ValidationError, match="leftout"):
        faults_of(table, '{theirs = "X", leftout = "for a reason"}')
