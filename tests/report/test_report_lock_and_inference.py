"""The environment lock and the section on inference."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import msgspec
import pytest
from page_reader import read_page
from report_samples import make_analysis, make_info, make_row

from backends.protocol import Diagnosis, State
from suite.analyse.rows import Analysis, Ratio
from suite.records.schema import BackendLine, Git
from suite.report.html import render_report
from suite.report.inference import inference_section
from suite.report.lock import SCOPE, environment_lock


def backend_line(name: str, versions: dict[str, str], interpreter: str = "3.11.7") -> BackendLine:
    diagnosis = Diagnosis(State.READY, device="cpu")
    return BackendLine(backend=name, diagnosis=diagnosis, versions=versions, interpreter=interpreter)


def test_the_lock_pins_what_was_recorded_of_the_environment_that_measured() -> None:
    info = make_info()
    [lock] = environment_lock(info, {"onedal": backend_line("onedal", {"daal": "2026.2.0"})})
    lines = lock.code.splitlines()
    assert SCOPE in lines
    assert [line for line in lines if not line.startswith("#")] == [
        "daal==2026.2.0",
        "msgspec==0.22.0",
        "numpy==2.4.6",
        "scikit-learn==1.9.1",
        "scikit-learn-intelex==2026.2.0",
    ]
    assert "# evenhand is the source at commit 0123456789abcdef" in lines
    assert lock.title == "Environment lock: CPython 3.11.7, the environment that measured"
    assert lock.file == "requirements.txt"


def test_pip_takes_the_lock_and_it_says_how_to_install_what_measured(tmp_path: Path) -> None:
    versions = {name: version(name) for name in ("numpy", "scikit-learn")} | {"evenhand": "9.9"}
    info = make_info(versions=versions)
    [lock] = environment_lock(info, {})
    assert "run pip install -e . there" in lock.code
    (tmp_path / lock.file).write_text(lock.code)
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--dry-run",
        "--no-deps",
        "--no-index",
        "-r",
        tmp_path / lock.file,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    [lock] = environment_lock(msgspec.structs.replace(info, git=None), {})
    assert "# evenhand is the source of version 9.9" in lock.code
    [lock] = environment_lock(msgspec.structs.replace(info, git=Git(commit="0123", dirty=True)), {})
    assert "at commit 0123, with changes that were not committed" in lock.code


@pytest.mark.parametrize(
    ("torch", "index"),
    [
        ("2.13.0+cpu", ["--extra-index-url https://download.pytorch.org/whl/cpu"]),
        ("2.13.0+cu128", ["--extra-index-url https://download.pytorch.org/whl/cu128"]),
        ("2.13.0", []),
        ("2.13.0+cpu\n--index-url http://evil.example", []),
        ("2.13.0+mine", []),
    ],
)
def test_builds_of_pytorch_for_one_platform_are_found_where_they_lie(torch: str, index: list[str]) -> None:
    [lock] = environment_lock(make_info(versions={"torch": torch}), {})
    assert [line for line in lock.code.splitlines() if line.startswith("--")] == index


def test_backends_under_other_interpreters_have_locks_of_their_own() -> None:
    info = make_info()
    settings = msgspec.structs.replace(
        info.plan.settings, interpreters={"cuml": "/envs/rapids", "cupy": "/envs/rapids", "onedal@b": "/envs/b"}
    )
    info = msgspec.structs.replace(info, plan=msgspec.structs.replace(info.plan, settings=settings))
    backends = {
        "onedal": backend_line("onedal", {"daal": "2026.2.0"}),
        "cuml": backend_line("cuml", {"cuml": "26.8", "numpy": "2.2.0"}, "3.12.1"),
        "cupy": backend_line("cupy", {"cupy": "14.1", "numpy": "2.2.0"}, "3.12.1"),
        "onedal@b": backend_line("onedal@b", {"daal": "2025.1.0"}, "3.13.0"),
    }
    own, b, rapids = environment_lock(info, backends)
    assert "daal==2026.2.0" in own.code
    assert "cuml" not in own.code
    assert "daal==2025.1.0" in b.code
    assert rapids.title == "Environment lock: Python 3.12.1, the environment of cuml, cupy"
    assert rapids.code.splitlines()[-3:] == ["cuml==26.8", "cupy==14.1", "numpy==2.2.0"]
    assert len({own.file, b.file, rapids.file}) == 3


def test_the_lock_stands_in_the_page_folded_and_harmless() -> None:
    info = make_info(versions={"evil\n--index-url http://evil.example": "1</code>"})
    html = render_report([make_analysis(info=info)])
    again = re.split('<section id="run-1-again"', html)[1].split("</section>")[0]
    assert again.count("<details") == 1
    page = read_page(html)
    assert "evil↵ --index-url http://evil.example==1</code>" in page.text
    assert "<code>1</code>" not in again


def inference_analysis() -> Analysis:
    batch = {"workload": "logistic@predict", "operation": "predict", "fit_s": None}
    single = {"workload": "logistic@latency", "operation": "predict_one", "fit_s": None}
    return make_analysis(
        [
            make_row(backend="sklearn", **batch, rows_per_s=1000.0, predict_s=2.0),
            make_row(**batch, rows_per_s=4000.0, predict_s=0.5, predict=Ratio(4.0, 3.9, 4.1)),
            make_row(backend="sklearn", **single, latency_p50_s=1e-4, latency_p99_s=3e-4),
            make_row(**single, latency_p50_s=2e-4, latency_p99_s=8e-4, predict=Ratio(0.5, 0.45, 0.55)),
            make_row(workload="another"),
        ]
    )


def test_inference_shows_rates_and_latencies_of_the_models_that_were_used() -> None:
    [section] = inference_section(inference_analysis())
    batches, singles = section.tables
    assert [[cell.value for cell in row[2:5]] for row in batches.rows] == [[1000.0, 2.0, None], [4000.0, 0.5, 4.0]]
    assert [[cell.value for cell in row[2:5]] for row in singles.rows] == [[1e-4, 3e-4, None], [2e-4, 8e-4, 0.5]]
    widths = [[part.width for part in row[-1].figure.parts] for row in singles.rows]  # type: ignore[union-attr]
    assert widths == [pytest.approx([25.0, 50.0]), pytest.approx([50.0, 150.0])]
    assert [row[-1].figure.parts[0].width for row in batches.rows] == [50.0, 200.0]  # type: ignore[union-attr]


def test_inference_is_in_the_page_between_throughput_and_coverage() -> None:
    html = render_report([inference_analysis()])
    order = [html.index(f'<section id="run-1-{name}"') for name in ("throughput", "inference", "coverage")]
    assert order == sorted(order)
    assert "99 % intervals" in html.split('<section id="run-1-inference"')[1].split("</section>")[0]


def test_without_inference_there_is_no_section() -> None:
    assert inference_section(make_analysis()) == []
