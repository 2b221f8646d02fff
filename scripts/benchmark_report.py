"""What the report costs at 10, 1,000 and 20,000 cases: size, time to write, time until usable, time of a click, memory.

    python scripts/benchmark_report.py [--cases 10 --cases 1000]

The runs are made up: plans of that size, every workload on two numbers of rows, with 30 rounds a group and times drawn
from a seeded log-normal distribution, copies to and from two of the engines included. The command `report` writes
their pages, in a process of its own with all its imports, and the Chromium on the PATH opens them. A click is timed
until what it changes is on the screen. Nothing of it is a measurement of an engine.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "report"))

from browser import Browser, Chromium
from report_samples import make_group, make_info

from suite.records.schema import (
    ArrayInfo,
    Group,
    GroupLine,
    OutcomeLine,
    QualityValue,
    RoundLine,
    Sample,
    Status,
    StopReason,
)
from suite.records.store import RunStore
from suite.workloads.entry import Size

BACKENDS = ("sklearn", "onedal", "cuml", "torch:cuda")
COPYING = BACKENDS[2:]
ROUNDS = 30

CHANGED = "dispatchEvent(new Event('input', {bubbles: true}))"
CLICKS = (
    f"f.task.selectedIndex = 1; f.task.{CHANGED}",
    f"f.backend.selectedIndex = 2; f.backend.{CHANGED}",
    f"f.backend.selectedIndex = 0; f.backend.{CHANGED}",
    f"f.q.value = '17'; f.q.{CHANGED}",
    f"f.q.value = ''; f.q.{CHANGED}",
    "table.querySelectorAll('thead th')[1].click()",
    "[...table.closest('.dt-container').querySelectorAll('.dt-paging-button')].at(-1)?.click()",
    f"f.span.selectedIndex = 1; f.span.{CHANGED}",
    "document.querySelector('#filters [type=reset]').click()",
    "table.querySelector('a.to-case, [data-case]')?.click()",
    "document.querySelector('#case button')?.click()",
    "table.querySelector('caption .save').click()",
)


def made_up_run(folder: Path, cases: int) -> Path:
    """Write a run of about this many cases and return its folder."""
    rng = np.random.default_rng(cases)
    backends = BACKENDS if cases >= 100 else BACKENDS[:2]
    groups = [
        _sized(make_group(f"workload-{number // 2}", backends), number % 2) for number in range(cases // len(backends))
    ]
    with RunStore.create(folder, make_info(groups, id=f"made-up-{cases}")) as store:
        for group in groups:
            store.append(GroupLine(group=group.id, at_s=0.0, data={"X_train": _shape(group)}, data_bytes=0))
            speeds = rng.lognormal(0, 1, len(backends))
            for number in range(ROUNDS):
                samples = [
                    _sample(case.id, 0.01 / speed * rng.lognormal(0, 0.02), 0.002 if case.backend in COPYING else 0.0)
                    for case, speed in zip(group.cases, speeds, strict=True)
                ]
                store.append(
                    RoundLine(group=group.id, process=number % 2, round=number, at_s=float(number), samples=samples)
                )
            for case in group.cases:
                quality = [QualityValue(seed=0, value=0.9, sha256="0" * 64)]
                store.append(
                    OutcomeLine(
                        group=group.id,
                        case=case.id,
                        status=Status.MEASURED,
                        stop_reason=StopReason.PRECISION,
                        quality=quality,
                    )
                )
        return store.path


def _sized(group: Group, large: int) -> Group:
    """Return the group on eight times the rows, if `large`, under a name of its own."""
    size, data = (Size.M, Size.S)[1 - large], group.workload.data[Size.S]
    workload = replace(group.workload, data={size: replace(data, n_train=data.n_train * (8 if large else 1))})
    name = group.id.replace("/S/", f"/{size}/")
    cases = [msgspec.structs.replace(case, id=f"{name}/{case.backend}") for case in group.cases]
    return msgspec.structs.replace(group, id=name, size=size, workload=workload, cases=cases)


def _shape(group: Group) -> ArrayInfo:
    data = group.workload.data[group.size]
    return ArrayInfo(shape=[data.n_train, data.n_features], dtype="float32", order="C", bytes=0, sha256="0" * 64)


def _sample(case: str, drawn_s: np.floating, copy_s: float) -> Sample:
    seconds = float(drawn_s)
    return Sample(
        case=case,
        seed=0,
        copy_in_s=copy_s,
        fit_s=seconds,
        predict_s=seconds / 10,
        copy_out_s=0.0,
        wall_s=seconds * 1.1,
        cpu_s=seconds * 2,
        engine_fit="an engine",
        engine_predict="an engine",
        peak_host_bytes=2**28,
    )


def figures(cases: int, folder: Path) -> dict[str, float]:
    """Return what one page costs, in MB, seconds and milliseconds."""
    run, page = made_up_run(folder, cases), folder / f"{cases}.html"
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "suite", "report", run, "-o", page], check=True, stdout=subprocess.DEVNULL)
    written = time.perf_counter()
    parts = page.read_text().split('class="records">')[1:]
    records = sum(len(part.partition("</script>")[0]) for part in parts)
    chromium = Chromium(folder / "profile")
    browser = Browser(chromium, folder)
    try:
        opened = time.perf_counter()
        browser.open(page)
        ready = time.perf_counter()
        clicks = all_clicks(browser)
        heap = browser.value("performance.memory.usedJSHeapSize")
    finally:
        browser.close()
        chromium.close()
    return {
        "page MB": page.stat().st_size / 1e6,
        "of it records MB": records / 1e6,
        "written s": written - began,
        "usable s": ready - opened,
        "median click ms": statistics.median(clicks),
        "slowest click ms": max(clicks),
        "browser heap MB": heap / 1e6,
        "peak of report MB": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3,
    }


def all_clicks(browser: Browser) -> list[float]:
    """Return the milliseconds of every kind of click, until the frame after it, at every table of cases."""
    timed = (
        "new Promise(done => {{ const f = document.getElementById('filters').elements;"
        "const table = document.querySelectorAll('table.cases')[{}]; const at = performance.now(); {};"
        "requestAnimationFrame(() => setTimeout(() => done(performance.now() - at))); }})"
    )
    tables = browser.value("document.querySelectorAll('table.cases').length")
    found = []
    for number in range(tables):
        browser.value(f"document.querySelectorAll('table.cases')[{number}].scrollIntoView()")
        for click in CLICKS:
            time.sleep(0.3)  # what came into view is drawn
            found.append(browser.value(timed.format(number, click)))
    return found


def main() -> None:
    """Print one line a number of cases."""
    parser = argparse.ArgumentParser(description="what the report costs")
    parser.add_argument("--cases", type=int, action="append")
    for cases in parser.parse_args().cases or [10, 1000, 20_000]:
        with tempfile.TemporaryDirectory() as folder:
            found = figures(cases, Path(folder))
        print(
            cases,
            msgspec.json.encode({name: float(f"{value:.3g}") for name, value in found.items()}).decode(),
            flush=True,
        )


if __name__ == "__main__":
    main()
