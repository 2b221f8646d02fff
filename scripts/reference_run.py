"""Reference runs: everything at the sizes that matter, and the rows of cuML's published table beside theirs.

    python scripts/reference_run.py everything [--budget 4h] [--backend NAME]...      sizes M and L, float32 and float64
    python scripts/reference_run.py published [--backend cuml] [--scale 0.01]         theirs beside ours

Both leave a run under results/reference/ with its report; `published` is the suite published-cuml, with theirs beside
ours as a table for a document. `--scale` takes that share of the rows, for a machine without the memory; a scaled row
is no reproduction and says so.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from suite.analyse import analyse
from suite.analyse.rows import CaseRow, Ratio
from suite.records.store import find_run, load
from suite.workloads.choice import Published
from suite.workloads.suites import FOLDER

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "results" / "reference"
SUITE = FOLDER / "published-cuml.toml"


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    everything = verbs.add_parser("everything")
    published = verbs.add_parser("published")
    published.add_argument("--scale", type=float, default=1.0)
    for verb, budget in ((everything, "4h"), (published, "30m")):
        verb.add_argument("--budget", default=budget)
        verb.add_argument("--backend", action="append", default=[])
        verb.add_argument("--results", type=Path, default=REFERENCE)
    options = parser.parse_args()
    backends = [part for name in options.backend for part in ("--backend", name)]
    common = ["--budget", options.budget, "--results", str(options.results), *backends]
    if options.verb == "everything":
        run([*common, "--size", "M", "--size", "L", "--dtype", "float32", "--dtype", "float64"])
    else:
        run_published(options.scale, common, options.results)


def run(arguments: list[str]) -> None:
    """Run the command line; a case that failed is a result too."""
    done = subprocess.run([sys.executable, "-m", "suite", "run", *arguments], check=False)
    if done.returncode not in (0, 1):
        sys.exit(done.returncode)


def run_published(scale: float, common: list[str], output: Path) -> None:
    """Measure the published rows, and print theirs beside ours."""
    with tempfile.TemporaryDirectory() as folder:
        file = SUITE
        if scale != 1:
            file = Path(folder, f"{SUITE.stem}-scaled.toml")
            file.write_text(scaled(SUITE.read_text(), scale))
        run(["--suite", str(file), *common])
    analysis = analyse(load(find_run(output, "latest")))
    published = {group.id: group.published for group in analysis.info.plan.groups}
    print("\n| operation | rows × features | backend | theirs, training | our fit | end to end | why not |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for row in analysis.rows:
        theirs = published[row.group]
        if row.backend != analysis.reference and theirs:
            print(line(row, theirs, scale))


def scaled(text: str, scale: float) -> str:
    """Return the suite with that share of the training rows."""
    return re.sub(r"n_train = ([\d_]+)", lambda found: f"n_train = {max(500, int(int(found[1]) * scale))}", text)


def line(row: CaseRow, published: Published, scale: float) -> str:
    """Return one row of the table."""
    bound = "≥ " if published.at_least else ""
    theirs = f"{bound}{published.speedup:g}×" + ("" if scale == 1 else f" (at {1 / scale:.3g} times the rows)")
    why = row.reason or ("" if row.speedup else f"quality {row.parity.value}")
    cells = [
        row.algorithm,
        f"{row.rows:,} × {row.features:,}",
        row.backend,
        theirs,
        text(row.fit),
        text(row.end_to_end),
    ]
    return f"| {' | '.join([*cells, why])} |"


def text(ratio: Ratio | None) -> str:
    """Return a speed-up with its interval."""
    return "-" if ratio is None else f"{ratio.estimate:.3g}× ({ratio.low:.3g}–{ratio.high:.3g})"


if __name__ == "__main__":
    main()
