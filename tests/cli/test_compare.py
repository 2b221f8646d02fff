"""`compare` on the committed reference runs, and on runs that cannot be compared."""

import json
import shutil
from pathlib import Path

import pytest

REFERENCES = sorted((Path(__file__).parents[2] / "results" / "reference").iterdir())


@pytest.fixture
def references(cli):
    """Copies of the two first reference runs, `a` and `b`, in the folder of the command line."""
    for name, path in zip("ab", REFERENCES, strict=False):
        shutil.copytree(path, cli.folder / "results" / name)
    return cli


def test_the_reference_runs_are_compared_where_their_data_are_the_same_bytes(references):
    found = json.loads(references("compare", "a", "b", "--format", "json").out)
    judged = {change["workload"] for change in found["changes"] if change["verdict"] != "none"}
    assert judged == {"kmeans", "dbscan"}
    others = {change["reason"].rpartition(":")[0] for change in found["changes"] if change["workload"] not in judged}
    assert others == {"incomparable: the data differ"}
    assert any("kmeans/S/float64/C (checks)" in line for line in found["differences"])


@pytest.mark.parametrize(
    "sides", [("a", "a"), ("a:onedal", "a:onedal"), ("results/a/run.json", "results/a/records.jsonl")]
)
def test_both_sides_the_same_are_one_line(references, sides):
    done = references("compare", *sides)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "both sides are 2026" in done.err
    assert "name two runs, or two backends of one" in done.err


def test_where_no_case_has_a_ratio_there_is_one_line(references):
    records = references.folder / "results" / "b" / "records.jsonl"
    lines = records.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if b'"kmeans/' not in line and b'"dbscan/' not in line]
    for content, reason in ((b"".join(kept), "data differ"), (b"", "now not begun")):
        records.write_bytes(content)
        done = references("compare", "a", "b", "--format", "md", "-o", "change.md")
        assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
        assert "none of the 128 cases" in done.err
        assert reason in done.err
    assert not (references.folder / "change.md").exists()
