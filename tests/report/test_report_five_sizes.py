"""The run of five sizes that lies in the repository: everywhere its cases are told apart by rows and features."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from suite.analyse import analyse
from suite.errors import UsageError
from suite.gate.judging import check_rules
from suite.gate.rules import Rule
from suite.records.run import Run
from suite.report.several import difference_sections

Scaled = tuple[Run, Path]


def test_sizes_are_named_by_rows_and_features(scaled: Scaled) -> None:
    rows = [row for row in analyse(scaled[0]).rows if row.backend == "sklearn"]
    assert [row.size for row in rows] == [f"{row.rows}x{row.features}" for row in rows]
    assert len({(row.workload, row.size) for row in rows}) == len(rows) == 20


def test_notes_name_no_case_twice(scaled: Scaled) -> None:
    for note in analyse(scaled[0]).notes:
        named = re.findall(r"\w+ \d+x\d+ float32 on \w+", note)
        assert len(named) == len({*named})


def test_every_size_has_its_row_side_by_side(scaled: Scaled) -> None:
    run = scaled[0]
    analysis = analyse(run)
    [section] = difference_sections([analysis, analysis], [run, run])
    offered = [row for row in analysis.rows if not row.absent]
    shown = [(row[0].text, row[0].detail.partition(" · ")[0], row[1].text) for row in section.tables[1].rows]
    assert sorted(shown) == sorted((row.workload, f"{row.rows:,} × {row.features}", row.backend) for row in offered)


def test_a_rule_of_the_gate_may_be_for_one_size(scaled: Scaled) -> None:
    plan = scaled[0].info.plan
    check_rules(plan, [Rule(number=1, size="4000x64", least_speedup=0.5)])
    with pytest.raises(UsageError, match="none of"):
        check_rules(plan, [Rule(number=1, size="S", least_speedup=0.5)])
