"""A run that another tool measured, analysed: its times, and nothing that they cannot say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from suite.analyse.rows import Analysis, CaseRow, Verdict
from suite.records.run import Run


def imported(run: Run, rows: Sequence[CaseRow]) -> Analysis:
    """Return the rows without verdicts, and without what fills the records' fields but was never measured."""
    bare = [
        replace(
            row,
            task="",
            size="",
            metric="",
            operation="",
            verdict=Verdict.NONE,
            speedup=None,
            end_to_end=None,
            verdict_end_to_end=Verdict.NONE,
            fit=None,
            predict=None,
            copy_in_s=None,
            predict_s=None,
            copy_out_s=None,
            cpu_over_wall=None,
            peak_host_bytes=None,
            judged=(),
        )
        for row in rows
    ]
    return Analysis(
        info=run.info,
        reference="",
        rows=bare,
        means=[],
        disturbed_share=0.0,
        notes=[
            f"Imported from {run.info.imported}: measured one after another and not side by side, without a reference "
            "and without quality, so that there is no verdict. The whole time of a benchmark stands under fit."
        ],
    )
