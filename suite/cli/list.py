"""`list`: what there is to measure, to measure with, to judge by, and what was measured."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from suite.cli.output import aligned, terminal_width
from suite.cli.parser import Subparsers, add_json, add_results, one_of, sentence
from suite.errors import UsageError

EPILOG = """\
examples:
  %(prog)s workloads          the catalogue: names to give to run --workload
  %(prog)s backends           the engines: names to give to run --backend
  %(prog)s backends --algorithm SVC    what becomes of its parameters on each engine
  %(prog)s algorithms         which engine has which algorithm (--json: and why not)
  %(prog)s datasets           where the data come from (--json: what each argument means)
  %(prog)s metrics            how quality is judged
  %(prog)s suites             names to give to run --suite
  %(prog)s runs               what lies in results/
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb."""
    text = "list workloads, backends, algorithms, datasets, metrics, suites or runs"
    parser = subparsers.add_parser("list", help=text, description=sentence(text), epilog=EPILOG)
    parser.add_argument("what", metavar="WHAT", type=one_of("list", [*LISTS]), help=", ".join(LISTS))
    text = "of backends: where each has this algorithm, and what becomes of its parameters there"
    parser.add_argument("--algorithm", metavar="NAME", help=text)
    add_results(parser)
    add_json(parser, "the list")


def execute(options: argparse.Namespace) -> int:
    """Print one list."""
    if options.algorithm is not None:
        return _one_algorithm(options)
    header, entries = LISTS[options.what](Path(options.results))
    if options.json:
        print(json.dumps(entries, indent=2, default=str))
        return 0
    rows = [[_text(entry[name]) for name in header] for entry in entries]
    print(aligned([name.upper() for name in header], rows, terminal_width()))
    return 0


def _one_algorithm(options: argparse.Namespace) -> int:
    """Print what each engine does with one algorithm."""
    from backends.algorithms import ALGORITHMS
    from suite.cli.offers import one_algorithm, one_algorithm_text

    if options.what != "backends":
        raise UsageError(f"--algorithm is for list backends, not for list {options.what}")
    entries = one_algorithm(one_of("algorithm", [*ALGORITHMS])(options.algorithm))
    print(json.dumps(entries, indent=2) if options.json else "\n".join(one_algorithm_text(entries)))
    return 0


def _algorithms(_: Path) -> tuple[list[str], list[dict[str, Any]]]:
    from suite.cli.offers import algorithms_table

    return algorithms_table()


def _text(value: Any) -> str:
    return " ".join(value) if isinstance(value, list | dict) else str(value)


def _workloads(_: Path) -> tuple[list[str], list[dict[str, Any]]]:
    from suite.workloads import everything

    entries = [
        {
            "name": workload.name,
            "task": workload.task.value,
            "algorithm": workload.algorithm,
            "sizes": {
                size.value: {
                    "source": data.source,
                    "n_train": data.n_train,
                    "n_test": data.n_test,
                    "n_features": data.n_features,
                    "expected_fit_s": workload.fit_s.get(size),
                }
                for size, data in workload.data.items()
            },
            "quality": {
                judged.metric: {
                    "direction": judged.direction.value,
                    "tolerance": judged.tolerance,
                    "relative": judged.relative,
                    "origin": judged.origin,
                }
                for judged in (workload.quality, *workload.checks)
            },
            "params": dict(workload.params),
            "why": workload.why,
            "output": workload.output,
            "stochastic": workload.stochastic,
            "about": workload.about,
        }
        for workload in everything()
    ]
    return ["name", "task", "algorithm", "sizes", "quality", "about"], entries


def _backends(_: Path) -> tuple[list[str], list[dict[str, Any]]]:
    from backends.discovery import find

    entries = [
        {
            "name": found.name,
            "devices": [*found.backend.devices] if found.backend else [],
            "packages": [*found.backend.packages] if found.backend else [],
            "origin": found.origin,
            "title": found.backend.title if found.backend else f"does not load: {found.error}",
        }
        for found in find().values()
    ]
    return ["name", "devices", "origin", "title"], entries


def _datasets(_: Path) -> tuple[list[str], list[dict[str, Any]]]:
    from suite.datasets import cache_dir, sources

    prepared = {folder.name.rpartition("-")[0] for folder in cache_dir().glob("[!.]*-*") if folder.is_dir()}
    entries = [
        {
            "name": source.name,
            "task": source.target.value if source.target else "any",
            "rows": source.rows or "-",
            "features": source.features or "-",
            "from": source.comes_from or ("generated" if source.sized else "your own"),
            "licence": source.licence or "-",
            "at hand": "prepared" if source.name in prepared else source.at_hand(),
            "arguments": {
                name: {"default": argument.default, "about": argument.about, "choices": [*argument.choices]}
                for name, argument in source.arguments.items()
            },
            "about": source.about,
        }
        for source in sources()
    ]
    return ["name", "task", "rows", "features", "from", "licence", "at hand", "about"], entries


def _metrics(_: Path) -> tuple[list[str], list[dict[str, Any]]]:
    from suite.quality.metrics import METRICS

    entries = [
        {
            "name": name,
            "task": " ".join(metric.tasks),
            "better": metric.direction.value,
            "about": metric.about,
        }
        for name, metric in METRICS.items()
    ]
    return ["name", "task", "better", "about"], entries


def _suites(_: Path) -> tuple[list[str], list[dict[str, Any]]]:
    from suite.workloads.suites import FOLDER, about

    entries = [{"name": name, "about": text, "file": str(FOLDER / f"{name}.toml")} for name, text in about().items()]
    return ["name", "about"], entries


def _runs(results: Path) -> tuple[list[str], list[dict[str, Any]]]:
    from suite.records.find import list_runs, no_runs

    if not results.is_dir():
        raise no_runs(results)
    entries = []
    for head in list_runs(results):
        info = head.info
        entries.append(
            {
                "run": head.path.name,
                "started": info.started_utc if info else "-",
                "groups": len(info.plan.groups) if info else 0,
                "backends": sorted({case.backend for group in info.plan.groups for case in group.cases})
                if info
                else [],
                "machine": info.machine.cpu if info else f"unreadable: {head.problem}",
                "path": str(head.path),
            }
        )
    return ["run", "started", "groups", "backends", "machine"], entries


LISTS = {
    "workloads": _workloads,
    "backends": _backends,
    "algorithms": _algorithms,
    "datasets": _datasets,
    "metrics": _metrics,
    "suites": _suites,
    "runs": _runs,
}
