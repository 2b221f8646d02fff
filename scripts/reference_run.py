"""Reference runs: everything at the sizes that matter, and the rows of cuML's published table beside theirs.

    python scripts/reference_run.py everything [--budget 4h] [--backend NAME]...      sizes M and L, float32 and float64
    python scripts/reference_run.py published [--backend cuml] [--scale 0.01]         theirs beside ours

Both leave a run under results/reference/ with its report. `--scale` takes that share of the rows, for a machine without
the memory; a scaled row is no reproduction and says so. Theirs: RTX PRO 6000 Blackwell against a 32-core Threadripper,
float32, end to end, median of three, speed-up of training.
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

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "results" / "reference"
WORKLOADS = Path(__file__).with_name("published_cuml.toml")
#: cuML's documentation, version 26.10, "Benchmarks": speed-up of training.
PUBLISHED = {
    "published-linear-regression": 10.2,
    "published-random-forest-classifier": 25.6,
    "published-svc": 112.0,
    "published-dbscan": 12.2,
    "published-pca": 0.83,
}


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
        verb.add_argument("--output", type=Path, default=REFERENCE)
    options = parser.parse_args()
    backends = [part for name in options.backend for part in ("--backend", name)]
    common = ["--budget", options.budget, "--output", str(options.output), *backends]
    if options.verb == "everything":
        run([*common, "--size", "M", "--size", "L", "--dtype", "float32", "--dtype", "float64"])
    else:
        run_published(options.scale, common, options.output)


def run(arguments: list[str]) -> None:
    """Run the command line; a case that failed is a result too."""
    done = subprocess.run([sys.executable, "-m", "suite", "run", *arguments], check=False)
    if done.returncode not in (0, 1):
        sys.exit(done.returncode)


def run_published(scale: float, common: list[str], output: Path) -> None:
    """Measure the published rows, and print theirs beside ours."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, WORKLOADS.name)
        file.write_text(scaled(WORKLOADS.read_text(), scale))
        run(["--workload-file", str(file), "--dtype", "float32", *common])
    analysis = analyse(load(find_run(output, "latest")))
    print("\n| operation | rows × features | backend | theirs, training | our fit | end to end | why not |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for row in analysis.rows:
        if row.backend != analysis.reference:
            print(line(row, scale))


def scaled(text: str, scale: float) -> str:
    """Return the workload file with that share of the training rows."""
    return re.sub(r"n_train = ([\d_]+)", lambda found: f"n_train = {max(500, int(int(found[1]) * scale))}", text)


def line(row: CaseRow, scale: float) -> str:
    """Return one row of the table."""
    theirs = f"{PUBLISHED[row.workload]:g}×" + ("" if scale == 1 else f" (at {1 / scale:.3g} times the rows)")
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
