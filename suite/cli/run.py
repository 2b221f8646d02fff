"""`run`: measure engines side by side, show the table, write the report."""

from __future__ import annotations

import argparse
import shlex
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from suite.cli.options import RunOptions, add_options, collect
from suite.cli.parser import Subparsers, sentence, typed_as
from suite.cli.runs import REPORTS
from suite.errors import NothingMeasuredError, UsageError

if TYPE_CHECKING:
    from suite.records.run import Run
    from suite.records.schema import Plan, RunInfo
    from suite.records.store import RunStore

EPILOG = """\
examples:
  %(prog)s                                            every ready engine, the suite `quick`
  %(prog)s --backend onedal --workload 'kmeans*' --size M
  %(prog)s --task clustering --dtype float32 --dtype float64 --budget 10m
  %(prog)s --workload-file mine.toml --precision 1%%
  %(prog)s --suite scaling --workload pca             from which size on an engine pays
  %(prog)s --size L --dry-run                         what it would do, and for how long
  %(prog)s --resume latest                            go on where a run was interrupted

It ends with a table; the last line is the path of the report.
"""

#: What may be said beside --resume: the rest stands in the run that is continued.
BESIDE_RESUME = frozenset({"resume", "force", "results", "no_report", "json", "dry_run"})

RESULTS = Path("results")


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb."""
    text = "measure engines side by side on the same workloads"
    parser = subparsers.add_parser(
        "run",
        help=text,
        description=sentence(f"{text}, at equal quality"),
        epilog=EPILOG,
        usage="%(prog)s [OPTION]...",
    )
    add_options(parser)


def execute(given: argparse.Namespace) -> int:
    """Measure, conclude, and say by the exit code how it went."""
    options, named = collect(given)
    if options.resume is not None:
        return _resume(options, named)
    if options.force:
        raise UsageError("--force is for --resume: a new run has nothing to override")
    plan, notes = _plan(options)
    for note in notes:
        print(f"note: {note}", file=_aside(options), flush=True)
    if options.dry_run:
        return _show_plan(plan, options)
    return _start(plan, options)


def _plan(options: RunOptions) -> tuple[Plan, list[str]]:
    from suite.cli.selection import plan_run
    from suite.records.machine import describe_machine

    return plan_run(options, describe_machine())


def _aside(options: RunOptions) -> TextIO:
    """Return where notes and progress go: not among the JSON."""
    return sys.stderr if options.json else sys.stdout


def _show_plan(plan: Plan, options: RunOptions) -> int:
    """Print what would be measured."""
    from suite.cli.output import print_json, terminal_width
    from suite.cli.plan_text import plan_text
    from suite.cli.selection import data_bytes

    if options.json:
        print_json(plan)
    else:
        print(plan_text(plan, data_bytes(plan), terminal_width()))
    return 0


def _start(plan: Plan, options: RunOptions) -> int:
    """Begin a new run."""
    from suite.records.begin import new_run
    from suite.records.store import RunStore

    _check_reports(options)
    info = new_run(plan, command=_command(), with_names=options.with_names)
    with RunStore.create(options.results or RESULTS, info) as store:
        try:
            return _measure(info, store, None, options)
        except UsageError:
            store.discard_if_empty()  # as after data that cannot be used: there was no run
            raise


def measured(plan: Plan, results: Path) -> Path:
    """Measure a plan as a new run in a folder of runs and return its own folder; progress goes to stderr."""
    from suite.cli.live import progress
    from suite.datasets import cache_dir
    from suite.measure.run import measure
    from suite.records.begin import new_run
    from suite.records.store import RunStore

    info = new_run(plan, command=_command())
    with RunStore.create(results, info) as store, progress(sys.stderr) as listener:
        measure(info, store, listener, cache_dir(), None)
        return store.path


def _command() -> list[str]:
    """Return the command as it can be typed again."""
    return ["python", "-m", "suite", *sys.argv[1:]]


def _resume(options: RunOptions, named: frozenset[str]) -> int:
    """Continue a run; if code, versions or machine differ, only with --force, and marked."""
    from datetime import UTC, datetime

    from suite.measure.interpreters import installed
    from suite.records.begin import new_run, utc_text
    from suite.records.resume import differences, elsewhere, what_is_left
    from suite.records.store import RunStore, find_run, load, mark_resumed

    for name in sorted(named - BESIDE_RESUME):
        option = name.replace("_", "-")
        raise UsageError(f"--{option} cannot be given with --resume: a run goes on with the options it began with")
    path = find_run(options.results or RESULTS, str(options.resume))
    earlier = load(path)
    info = earlier.info
    now = {spec: installed(spec, path) for spec, path in info.plan.settings.interpreters.items()}
    changed = [*differences(info, new_run(info.plan, command=_command())), *elsewhere(earlier.backends, now)]
    if changed and not options.force:
        raise UsageError(f"{info.id} cannot be continued: {'; '.join(changed)}; --force does it all the same")
    if options.dry_run:
        return _show_plan(what_is_left(earlier), options)
    _check_reports(options)
    with RunStore.reopen(path) as store:
        earlier = load(path)  # now that nobody else can add to it
        info = mark_resumed(path, at_utc=utc_text(datetime.now(UTC)), forced=changed)
        return _measure(info, store, earlier, options)


def _check_reports(options: RunOptions) -> None:
    """Find out before measuring, not after it, that a report cannot be written."""
    from suite.records.store import check_folder

    if not options.no_report and options.results is None:
        check_folder(REPORTS)


def _measure(info: RunInfo, store: RunStore, earlier: Run | None, options: RunOptions) -> int:
    """Measure what is left and conclude; a run that is interrupted, or has no more room, is shown as far as it got."""
    from suite.cli.conclude import conclude
    from suite.cli.live import progress
    from suite.datasets import cache_dir
    from suite.measure.run import measure
    from suite.records.store import StoreError

    finish = partial(conclude, store.path, as_json=options.json)
    report = _report_path(store.path, options)
    again = f"go on with: {typed_as()} run --resume {shlex.quote(str(store.path))}"
    try:
        with progress(_aside(options)) as listener:
            measure(info, store, listener, cache_dir(), earlier)
    except KeyboardInterrupt:
        with suppress(NothingMeasuredError):
            finish(report)
        print(f"evenhand: interrupted; {again}", file=sys.stderr)
        return 130
    except StoreError as error:
        if store.empty:
            raise
        with suppress(NothingMeasuredError):
            finish(None)
        raise StoreError(f"{error}; {again}") from error
    return finish(report)


def _report_path(run: Path, options: RunOptions) -> Path | None:
    """Return where the report goes: to `reports/`, or into the run where the user chose a folder."""
    if options.no_report:
        return None
    return run / "report.html" if options.results else REPORTS / f"{run.name}.html"
