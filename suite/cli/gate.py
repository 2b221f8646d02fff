"""`gate`: pass or fail by rules on ratios that were measured side by side in one run, for CI."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from suite.cli.output import check_file, file_path, give_up, print_json, write_file
from suite.cli.parser import Subparsers, add_json, add_results, named, sentence, whole
from suite.errors import UsageError

if TYPE_CHECKING:
    from suite.cli.options import RunOptions
    from suite.gate.judging import Finding
    from suite.gate.rules import Rules
    from suite.records.run import Run
    from suite.records.schema import Plan

#: How much more time, and how much narrower an interval, each further look at what is open gets.
LONGER, NARROWER = 2.0, 0.5
#: How often what is ambiguous is measured again.
LONGER_TIMES = 2

#: Why a gate is for one division alone.
UNEQUAL = "a gate compares single cases of equal work, which time-to-quality does not have (see docs/divisions.md)"

#: The exit code by the outcome of `suite.gate.judging`.
CODES = {"pass": 0, "fail": 1, "nothing": 3}

EPILOG = """\
examples:
  %(prog)s gate.toml                       measure what the file's [run] says, and judge
  %(prog)s gate.toml latest                judge a run that was measured already
  %(prog)s gate.toml --junit gate.xml --markdown gate.md

gate.toml:
  [run]                                    options of run, by the same names
  backend = ["onedal"]
  workload = ["ridge", "kmeans"]
  [[rule]]                                 asks each of its cases; as many rules as you like
  backend = "onedal"
  max-slowdown = "10%%"
  [[rule]]
  coverage = "90%%"

keys of a rule:
  workload, size, dtype, backend           patterns of the cases that it is for (default: "*", all)
  max-slowdown = "10%%"                     against the reference, measured side by side; or
  min-speedup = 1.5                        reference time / own time
  of = "fit"                               what of it: fit+predict (default), end-to-end, fit or predict
  parity = false                           do not ask for quality equal to the reference's (default: true)
  coverage = "90%%"                         so many of the cases must be measured, at parity
  ambiguous = "fail"                       what cannot be told fails (default: "warn")

What is ambiguous is measured longer, then passes with a warning unless its rule says otherwise. A case
whose engine is not here, or does not have the algorithm, is skipped. A rule whose checks of quality, or
of speed, are all skipped has judged nothing, and does not pass; by one that was judged it passes. To ask
for more write a rule for each backend, or coverage. docs/gate.md says more.

exit codes:
  0  every rule passed
  1  a rule failed, whatever became of the others
  2  bad input, or an error: a full disk, a file that cannot be written, a bug
  3  nothing measured: no rule failed, but one has judged nothing (stderr says which and why)
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb."""
    text = "pass or fail by rules on speed-ups, quality and coverage, for CI"
    parser = subparsers.add_parser("gate", help=text, description=sentence(text), epilog=EPILOG)
    parser.add_argument("rules", metavar="RULES", type=Path, help="a TOML file of rules")
    parser.add_argument("run", metavar="RUN", nargs="?", help="judge this run and measure nothing")
    add_results(parser)
    longer = named("--longer", whole(0, 10))
    text = f"measure what is ambiguous again, at most so many times (default: {LONGER_TIMES})"
    parser.add_argument("--longer", metavar="N", type=longer, default=LONGER_TIMES, help=text)
    parser.add_argument("--junit", metavar="FILE", type=file_path, help="write JUnit XML")
    parser.add_argument("--markdown", metavar="FILE", type=file_path, help="write a Markdown summary")
    add_json(parser, "the findings")


def execute(options: argparse.Namespace) -> int:
    """Judge, measuring first if no run is named, and say by the exit code whether it passes."""
    from suite.gate.judging import outcome
    from suite.gate.rules import read_rules

    rules = read_rules(options.rules)
    targets = [path for path in (options.junit, options.markdown) if path]
    files = [os.path.realpath(path) for path in (options.rules, *targets)]
    for path in targets:
        check_file(path)
        if files.count(os.path.realpath(path)) > 1:
            raise UsageError(f"{str(path)!r} is named twice: the rules, --junit and --markdown are a file each")
    try:
        findings = _findings(rules, options)
    except BrokenPipeError as error:  # which main would take for a reader of our output that has seen enough
        raise RuntimeError(f"{error} before there was a verdict") from error
    problems = [*_written(findings, options)]
    _say(findings, as_json=options.json)
    if problems:
        raise problems[0]
    return CODES[outcome(findings).value]


def _findings(rules: Rules, options: argparse.Namespace) -> list[Finding]:
    """Return what the rules say of the run that is named, or of one that is measured now."""
    from suite.records.store import find_run, load

    if options.run is None:
        return _measured(rules, options)
    if options.longer != LONGER_TIMES:
        raise UsageError("--longer is for measuring: a run that is named is judged as it is")
    return _judged(load(find_run(Path(options.results), options.run)), rules, 1)


def _written(findings: Sequence[Finding], options: argparse.Namespace) -> Iterator[UsageError]:
    """Write the files that were asked for; yield an error for each that cannot be: the verdict is told before it."""
    from suite.gate.output import to_junit, to_markdown

    junit, markdown = to_junit(findings, options.rules.name), "\n".join([*to_markdown(findings), ""]).encode()
    for path, content in ((options.junit, junit), (options.markdown, markdown)):
        try:
            if path:
                write_file(path, content)
        except UsageError as error:
            yield error


def _say(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print the verdict, and on stderr what has judged nothing. A reader that leaves early changes no exit code."""
    from suite.gate.output import to_complaints, to_text

    try:
        if as_json:
            print_json(findings)
        else:
            print("\n".join(to_text(findings)))
        sys.stdout.flush()
    except BrokenPipeError:
        give_up(sys.stdout)
    for line in to_complaints(findings):
        print(f"evenhand: {line}", file=sys.stderr)


def _measured(rules: Rules, options: argparse.Namespace) -> list[Finding]:
    """Measure by the file's options, and what is ambiguous again, longer; return what the rules say of it."""
    from suite.cli.run import measured
    from suite.cli.selection import plan_run
    from suite.gate.judging import Result, check_rules, judge_nothing
    from suite.records.machine import describe_machine
    from suite.records.store import check_folder, load

    run = _run_options(rules)
    try:
        plan, _ = plan_run(run, describe_machine())
    except UsageError as error:
        option = str(error).removeprefix("--").partition(" ")[0]
        raise UsageError(f"{rules.where(option)}: {error}") from error
    if all(case.backend == plan.reference for group in plan.groups for case in group.cases):
        return judge_nothing(rules.rules, plan.reference)
    check_rules(plan, rules.rules)
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


def _run_options(rules: Rules) -> RunOptions:
    """Return the options of [run], which say what is measured and how; others have no meaning here."""
    from suite.cli.options import OF_THE_RUN, configured, run_options
    from suite.workloads.choice import Division

    for key in rules.run:
        if key.replace("-", "_") in OF_THE_RUN:
            raise UsageError(f"{rules.where(key)}: {key} is not for a gate: leave it out")
    run = run_options(configured(rules.run, rules.where))
    if run.division != Division.SAME_WORK:
        raise UsageError(f"{rules.where('division')}: division: {UNEQUAL}")
    return run


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
    """Judge one run, of which all was measured side by side."""
    from suite.analyse import analyse
    from suite.gate.judging import judge_run
    from suite.workloads.choice import Division

    if run.info.plan.division is not Division.SAME_WORK:
        raise UsageError(f"run {run.info.id} is of the division {run.info.plan.division}: {UNEQUAL}")
    if run.info.imported:
        raise UsageError(f"run {run.info.id} was imported: nothing in it was measured side by side")
    return judge_run(run, analyse(run), rules.rules, looks=looks, earlier=earlier)
