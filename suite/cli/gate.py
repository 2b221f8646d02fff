"""`gate`: pass or fail by rules on ratios that were measured side by side in one run, for CI."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from suite.cli.output import print_json, write_file
from suite.cli.parser import Subparsers, add_json, add_results, whole
from suite.errors import NothingMeasuredError, UsageError

if TYPE_CHECKING:
    from suite.gate.judging import Finding
    from suite.gate.rules import Rules
    from suite.records.run import Run
    from suite.records.schema import Plan

#: How much more time, and how much narrower an interval, each further look at what is open gets.
LONGER, NARROWER = 2.0, 0.5

EPILOG = """\
examples:
  %(prog)s gate.toml                       measure what the file's [run] says, and judge
  %(prog)s gate.toml latest                judge a run that was measured already
  %(prog)s gate.toml --junit gate.xml --markdown gate.md

gate.toml:
  [run]                                    options of run, by the same names
  backend = ["onedal"]
  workload = ["ridge", "kmeans"]
  [[rule]]                                 for the cases that workload, size, dtype, backend match (default: all)
  max-slowdown = "10%%"                     or min-speedup = 1.5; against the reference, measured side by side
  [[rule]]
  coverage = "90%%"                         of the cases measured at parity; ambiguous = "fail" to pass no doubt

What is ambiguous is measured longer, then passes with a warning unless its rule says otherwise. Exit codes: 0 passed,
1 a rule failed, 2 bad input, 3 nothing measured.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb."""
    text = "pass or fail by rules on speed-ups, quality and coverage, for CI"
    parser = subparsers.add_parser("gate", help=text, description=f"{text.capitalize()}.", epilog=EPILOG)
    parser.add_argument("rules", metavar="RULES", type=Path, help="a TOML file of rules")
    parser.add_argument("run", metavar="RUN", nargs="?", help="judge this run and measure nothing")
    add_results(parser)
    text = "measure what is ambiguous again, at most so many times (default: 2)"
    parser.add_argument("--longer", metavar="N", type=whole(0, 10), default=2, help=text)
    parser.add_argument("--junit", metavar="FILE", type=Path, help="write JUnit XML")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write a Markdown summary")
    add_json(parser, "the findings")


def execute(options: argparse.Namespace) -> int:
    """Judge, measuring first if no run is named, and say by the exit code whether it passes."""
    from suite.gate.output import to_junit, to_markdown, to_text
    from suite.gate.rules import read_rules
    from suite.records.store import find_run, load

    rules = read_rules(options.rules)
    if options.run is None:
        findings = _measured(rules, options)
    elif options.longer != 2:
        raise UsageError("--longer is for measuring: a run that is named is judged as it is")
    else:
        findings = _judged(load(find_run(Path(options.results), options.run)), rules, 1)
    if options.junit:
        write_file(options.junit, to_junit(findings, options.rules.name))
    if options.markdown:
        write_file(options.markdown, "\n".join([*to_markdown(findings), ""]).encode())
    if options.json:
        print_json(findings)
    else:
        print("\n".join(to_text(findings)))
    return 1 if any(finding.fails for finding in findings) else 0


def _measured(rules: Rules, options: argparse.Namespace) -> list[Finding]:
    """Measure by the file's options, and what is ambiguous again, longer; return what the rules say of it."""
    from suite.cli.options import configured, run_options
    from suite.cli.run import measured
    from suite.cli.selection import plan_run
    from suite.gate.judging import Result
    from suite.records.machine import describe_machine
    from suite.records.store import check_folder, load

    run = run_options(configured(rules.run, f"{options.rules}: [run]"))
    plan, _ = plan_run(run, describe_machine())
    check_folder(Path(options.results))
    looks = 1 + options.longer
    findings = _judged(load(measured(plan, Path(options.results))), rules, looks)
    for _ in range(options.longer):
        left = {finding.group for finding in findings if finding.result is Result.AMBIGUOUS and finding.group}
        if not left:
            break
        plan = _longer(plan, left)
        findings = _judged(load(measured(plan, Path(options.results))), rules, looks, findings)
    return findings


def _longer(plan: Plan, groups: Collection[str]) -> Plan:
    """Return the plan of these groups alone, with more time for each and a narrower interval to reach."""
    from msgspec.structs import replace

    kept = [group for group in plan.groups if group.id in groups]
    settings = replace(
        plan.settings,
        precision=plan.settings.precision * NARROWER,
        budget_s=plan.settings.budget_s / len(plan.groups) * len(kept) * LONGER,
    )
    return replace(plan, groups=kept, settings=settings, expected_s=sum(group.expected_s for group in kept))


def _judged(run: Run, rules: Rules, looks: int, earlier: Sequence[Finding] = ()) -> list[Finding]:
    """Judge one run; where nothing was measured beside the reference there is nothing to say."""
    from suite.analyse import analyse
    from suite.gate.judging import judge_run
    from suite.records.schema import Status

    if run.info.imported:
        raise UsageError(f"run {run.info.id} was imported: nothing in it was measured side by side")
    analysis = analyse(run)
    compared = [row for row in analysis.rows if row.backend != analysis.reference]
    if not any(row.status in (Status.MEASURED, Status.FELL_BACK) for row in compared):
        why = "; ".join(dict.fromkeys(f"{row.backend}: {row.ending}" for row in compared)) or "only it was asked for"
        raise NothingMeasuredError(f"run {run.info.id} has nothing measured beside {analysis.reference}: {why}")
    return judge_run(run, analysis, rules.rules, looks=looks, earlier=earlier)
