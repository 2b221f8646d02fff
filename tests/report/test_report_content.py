"""What the page says: every figure is that of the analysis, and every verdict, parity and status is named."""

from __future__ import annotations

import inspect
import math
import re
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from page_reader import read_page
from reference_runs import ALL_ENGINES, reference_run
from report_samples import (
    every_kind,
    make_analysis,
    make_group,
    make_info,
    make_machine,
    make_mean,
    make_row,
    make_silent_row,
)

from suite.analyse import analyse
from suite.analyse.rows import Analysis, Parity, Ratio, Verdict
from suite.records.schema import Git, Status
from suite.report.charts import profile_seconds
from suite.report.heatmap import heat_section
from suite.report.html import render_report
from suite.report.markdown import plain, to_markdown
from suite.report.marks import MARKS
from suite.report.speedups import speedup_section
from suite.report.table import to_text
from suite.report.text import interval_text, ratio_text
from suite.report.verdict import MEAN_CONFIDENCE, mean_remark, verdict_sentences
from suite.stats.means import geometric_mean
from suite.workloads.entry import Direction


def text_of(analysis: Analysis) -> str:
    """Return the page's text with single spaces."""
    return " ".join(read_page(render_report([analysis])).text.split())


def section(analysis: Analysis, name: str) -> str:
    """Return the HTML of one section."""
    return re.split(f'<section id="run-1-{name}"', render_report([analysis]))[1].split("</section>")[0]


def test_every_figure_of_the_analysis_is_in_the_page_exactly() -> None:
    analysis = every_kind()
    page = read_page(render_report([analysis]))
    shown = set(page.figures)
    fields = ("import_s", "cold_s", "copy_in_s", "fit_s", "predict_s", "copy_out_s", "cpu_over_wall", "quality")
    fields += (
        "peak_host_bytes",
        "peak_device_bytes",
        "samples",
        "disturbed",
        "processes",
        "speedup_at_least",
        "tolerance",
    )
    for row in analysis.rows:
        figures = [getattr(row, name) for name in fields]
        for ratio in (row.speedup, row.end_to_end):
            if ratio is not None:
                figures.append(ratio.estimate)
                assert f"{ratio_text(ratio)} {interval_text(ratio)}" in page.text
        assert {str(figure) for figure in figures if figure is not None} <= shown
        assert row.parity.value in shown
        assert row.verdict in (Verdict.REFERENCE, *shown)


@pytest.mark.parametrize("verdict", [Verdict.FASTER, Verdict.SLOWER, Verdict.SAME, Verdict.AMBIGUOUS])
def test_a_verdict_has_its_word_shape_and_interval(verdict: Verdict) -> None:
    row = make_row(verdict=verdict, speedup=Ratio(1.2, 1.11, 1.32))
    html = section(make_analysis([make_row(backend="sklearn"), row]), "speedups")
    assert f'<span class="mark {verdict.value}"' in html
    assert f">{verdict.value}</data>" in html
    assert f'interval {verdict.value}"' in html
    assert "1.20×" in html
    assert "1.11 to 1.32" in html


def test_each_span_has_a_verdict_of_its_own() -> None:
    """An engine that is faster with data in place, and slower with the copies."""
    ratios = {"speedup": Ratio(5.0, 4.8, 5.2), "end_to_end": Ratio(0.6, 0.55, 0.65)}
    row = make_row(verdict=Verdict.FASTER, verdict_end_to_end=Verdict.SLOWER, **ratios)
    analysis = make_analysis([make_row(backend="sklearn"), row])
    resident, whole = heat_section(analysis).tables
    assert [table.rows[0][1].tone for table in (resident, whole)] == ["faster", "slower"]
    figures = [cell.figure.shape for cell in speedup_section(analysis).tables[0].rows[0] if cell.figure]
    assert figures == ["faster", "slower"]
    row = make_row(verdict=Verdict.FASTER, verdict_end_to_end=Verdict.AMBIGUOUS, **ratios)
    resident, whole = heat_section(make_analysis([make_row(backend="sklearn"), row])).tables
    assert ["heat-ambiguous" in table.rows[0][1].heat for table in (resident, whole)] == [False, True]


def test_every_mark_is_distinct() -> None:
    assert len({*MARKS.values()}) == len(MARKS)


def test_the_key_of_the_heat_map_has_every_mark_of_its_cells() -> None:
    section = heat_section(every_kind())
    tones = {cell.tone for table in section.tables for row in table.rows for cell in row if cell.tone}
    assert {"interrupted", "skipped", "bound"} <= tones
    assert {MARKS[tone] for tone in tones - {"none"}} <= {*section.text[0]}


def test_a_profile_counts_inference_and_the_whole_of_workflows() -> None:
    latency = {"workload": "ridge@latency", "operation": "predict_one", "fit_s": None, "copy_in_s": None}
    rows = [make_row(backend=name, **latency, predict_s=time) for name, time in (("sklearn", 2.0), ("onedal", 1.0))]
    flow = {"workload": "rans", "fit_s": 1.0, "predict_s": 1.0, "copy_in_s": 0.0, "copy_out_s": 0.0}
    rows += [make_row(backend=name, **flow, own_s=own) for name, own in (("sklearn", 4.0), ("onedal", 2.0))]
    seconds = profile_seconds(make_analysis(rows), ["sklearn", "onedal"])
    assert seconds.tolist() == [[pytest.approx(2.0), pytest.approx(1.0004)], [6.0, 4.0]]


@pytest.mark.parametrize("parity", [Parity.LOST, Parity.UNDECIDED, Parity.UNKNOWN])
def test_without_parity_there_is_no_speedup(parity: Parity) -> None:
    row = make_row(verdict=Verdict.NONE, parity=parity, speedup=None, end_to_end=None)
    analysis = make_analysis([make_row(backend="sklearn"), row])
    assert "×</data>" not in section(analysis, "speedups")
    assert "no speed-up" in section(analysis, "speedups")
    assert f">{parity.value}</data>" in section(analysis, "quality")
    assert "quality" in section(analysis, "coverage").split("<tbody")[2]


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.MEASURED])
def test_a_failure_is_shown_with_its_reason(status: Status) -> None:
    row = make_silent_row(status, reason="the very reason")
    analysis = make_analysis([make_row(backend="sklearn"), row])
    html = section(analysis, "coverage")
    assert f">{status.value}</data>" in html
    assert "the very reason" in html
    assert status.value in section(analysis, "speedups")
    assert "×</data>" not in section(analysis, "speedups")


def test_a_fallback_is_never_the_engine_it_was_asked_for() -> None:
    row = make_silent_row(
        Status.FELL_BACK,
        engine_fit="scikit-learn (fell back)",
        engine_predict="oneDAL",
        reason="sparse input is not supported",
    )
    html = section(make_analysis([make_row(backend="sklearn"), row]), "speedups")
    assert "fit: scikit-learn (fell back); predict: oneDAL" in html
    assert "sparse input is not supported" in html


def test_a_lower_bound_is_called_one() -> None:
    row = make_row(speedup=None, end_to_end=None, speedup_at_least=34.567, verdict=Verdict.NONE)
    html = section(make_analysis([make_silent_row(Status.TIMED_OUT, backend="sklearn"), row]), "speedups")
    assert "at least 34.5×" in html
    assert "lower bound only" in html


def two_workloads(**mean: Any) -> Analysis:
    rows = [
        make_row(backend=backend, workload=name) for name in ("logistic", "ridge") for backend in ("sklearn", "onedal")
    ]
    return make_analysis(rows, means=[make_mean(**mean)])


def test_verdict_sentence_says_all() -> None:
    text = text_of(two_workloads())
    assert (
        "onedal was faster than sklearn over these workloads: 2.31 times as fast in the geometric mean of fit and "
        "predict, data in place (95 % interval over workloads 2.10 to 2.54), over 9 of 12 cases, those at equal "
        "quality: 6 faster, 2 slower, 1 the same; scikit-learn-intelex 2026.2.0 against scikit-learn "
        "1.9.1 with 4 threads on Example CPU 9000." in text
    )
    assert "Measured on 2026-07-05 12:00:00 UTC with 4 threads on Example CPU 9000, 4 of 16 logical CPUs" in text
    assert "CPython 3.11.7, evenhand 0.1.0, numpy 2.4.6, scikit-learn 1.9.1, scikit-learn-intelex 2026.2.0." in text
    assert "This says nothing about other machines" in text


def test_mean_interval_has_the_confidence_that_the_page_states() -> None:
    assert inspect.signature(geometric_mean).parameters["alpha"].default == pytest.approx(1 - MEAN_CONFIDENCE)


@pytest.mark.parametrize(
    ("speedup", "words"),
    [
        (Ratio(0.71, 0.66, 0.78), "onedal was slower than sklearn over these workloads: 0.71 times as fast"),
        (Ratio(1.02, 0.95, 1.1), "onedal was neither clearly faster nor clearly slower than sklearn"),
        (
            Ratio(1.8, 0.0, math.inf),
            "1.80 times as fast in the geometric mean of fit and predict, data in place (too few",
        ),
    ],
)
def test_verdict_sentence_follows_the_interval(speedup: Ratio, words: str) -> None:
    faster, slower = (2, 6) if speedup.high < 1 else (6, 2)
    assert words in text_of(two_workloads(speedup=speedup, faster=faster, slower=slower))


@pytest.mark.parametrize(
    ("counts", "speedup", "words"),
    [
        (
            (0, 0, 0, 4),
            Ratio(1.31, 1.1, 1.52),
            "was faster than sklearn in the mean over these workloads, though no single case was faster for certain: "
            "1.31 times",
        ),
        (
            (0, 0, 0, 4),
            Ratio(0.8, 0.7, 0.9),
            "was slower than sklearn in the mean over these workloads, though no single case was slower for certain:",
        ),
        (
            (2, 6, 0, 0),
            Ratio(1.31, 1.1, 1.52),
            "was faster than sklearn in the mean over these workloads, though more single cases were slower than "
            "faster:",
        ),
        (
            (2, 0, 0, 0),
            Ratio(1.31, 0.0, math.inf),
            "was faster than sklearn in 2 of 9 cases, though their mean over workloads is not certain:",
        ),
        ((0, 3, 0, 0), Ratio(0.8, 0.5, 1.2), "was slower than sklearn in 3 of 9 cases, though their mean"),
        ((0, 0, 0, 4), Ratio(1.31, 0.9, 1.52), "was neither clearly faster nor clearly slower than sklearn over"),
        ((4, 0, 0, 1), Ratio(1.31, 1.1, 1.52), "was faster than sklearn over these workloads: 1.31 times"),
    ],
)
def test_the_mean_never_seems_to_contradict_its_cases(
    counts: tuple[int, int, int, int], speedup: Ratio, words: str
) -> None:
    verdicts = dict(zip(("faster", "slower", "same", "ambiguous"), counts, strict=True))
    analysis = two_workloads(speedup=speedup, **verdicts)
    assert f"onedal {words}" in text_of(analysis)
    assert f"onedal {words}" in to_markdown([analysis])
    remark = mean_remark(analysis.means[0])
    assert remark in " ".join(to_text(analysis).split())
    assert bool(remark) == (" in the mean over" in words)


def test_verdict_sentence_of_a_single_case_has_its_own_interval() -> None:
    text = text_of(make_analysis(means=[make_mean(speedup=Ratio(2.3145, 0.0, math.inf), covered=1, asked=1, faster=1)]))
    assert (
        "onedal against sklearn on logistic (S, float32): faster, 2.31 times as fast in fit and predict, data in place "
        "(99 % interval 2.25 to 2.38), coverage 1 of 1 case; scikit-learn-intelex 2026.2.0 against scikit-learn 1.9.1 "
        "with 4 threads on Example CPU 9000." in text
    )


def test_verdict_sentence_has_the_versions_that_the_run_recorded() -> None:
    analysis = analyse(reference_run(ALL_ENGINES))
    sentences = {sentence.split()[0]: sentence for sentence in verdict_sentences(analysis)}
    ends = {
        "patched": "; scikit-learn-intelex 2026.2.0 against scikit-learn 1.9.1 with 2 threads on AMD EPYC.",
        "xgboost": "; xgboost-cpu 3.2.0 against scikit-learn 1.9.1 with 2 threads on AMD EPYC.",
    }
    for name, end in ends.items():
        assert sentences[name].endswith(end)
        assert plain(sentences[name], None) in to_markdown([analysis])


def test_a_device_that_is_not_the_cpu_is_in_the_verdict_sentence() -> None:
    run = reference_run(ALL_ENGINES)
    line = run.backends["torch"]
    on_gpu = replace(line.diagnosis, device="NVIDIA H100")
    backends = run.backends | {"torch": msgspec.structs.replace(line, diagnosis=on_gpu)}
    sentences = verdict_sentences(analyse(replace(run, backends=backends)))
    assert any(" on NVIDIA H100 against scikit-learn 1.9.1 with 2 threads on AMD EPYC." in one for one in sentences)


def test_verdict_sentence_cuts_what_is_long() -> None:
    hostile = make_analysis(
        info=make_info(machine=make_machine(cpu="C" * 500)), engines={"onedal": "E" * 500, "sklearn": "\u202eS"}
    )
    [sentence] = verdict_sentences(hostile)
    assert len(sentence) < 500
    assert "(500 characters)" in sentence
    assert "⟨U+202E⟩S" in sentence


def test_no_speedup_is_said_where_there_is_none() -> None:
    rows = [make_row(backend="sklearn"), make_silent_row(Status.FAILED)]
    text = text_of(make_analysis(rows, means=[make_mean(speedup=None, covered=0, faster=0, slower=0, same=0)]))
    assert "No speed-up of onedal over sklearn can be stated: of 12 cases, 0 were measured at equal quality" in text


def test_reference_alone_has_nothing_to_compare_with() -> None:
    text = text_of(make_analysis([make_row(backend="sklearn")], means=[]))
    assert "Only the reference, sklearn, was asked for" in text


def test_each_backend_has_its_own_sentence_and_table() -> None:
    rows = [make_row(backend="sklearn"), make_row(), make_row(backend="torch:cuda")]
    analysis = make_analysis(rows, means=[make_mean(), make_mean(backend="torch:cuda")])
    assert "torch:cuda against sklearn on logistic" in text_of(analysis)
    html = section(analysis, "speedups")
    assert re.findall("<caption>(.*?)</caption>", html) == ["Every backend against sklearn"]
    assert html.count('scope="row"') == 2


def test_cases_without_a_speedup_are_counted() -> None:
    rows = [make_row(backend="sklearn"), make_row(), make_silent_row(Status.FAILED), make_silent_row(Status.TIMED_OUT)]
    assert "about the 2 cases below without a speed-up" in text_of(make_analysis(rows))
    assert "below without" not in text_of(make_analysis())
    assert "Nothing failed" in text_of(make_analysis())


def test_notes_stand_before_the_figures() -> None:
    html = render_report([make_analysis(notes=["A neighbour was busy.", "The tree was dirty."])])
    notes = html.split('class="notes"')[1].split("</div>")[0]
    assert "A neighbour was busy." in notes
    assert "The tree was dirty." in notes
    assert html.index('class="notes"') < html.index("<table")
    assert 'class="notes"' not in render_report([make_analysis()])


def test_quality_says_which_way_is_better_and_where_the_tolerance_is_from() -> None:
    group = make_group(metric="inertia", direction=Direction.LOWER, relative=True, tolerance=0.02, origin="the spread")
    rows = [make_row(backend="sklearn"), make_row(metric="inertia", tolerance=0.02)]
    html = section(make_analysis(rows, info=make_info([group])), "quality")
    for words in ("lower is better", "2 % of it", "the spread", "-0.0005"):
        assert words in html


def test_phases_bars_share_the_axis_of_their_workload() -> None:
    html = section(make_analysis(), "phases")
    reference, own = (
        sum(map(float, re.findall(r'<rect class="[a-z-]+" x="[\d.]+" y="1" width="([\d.]+)"', bar)))
        for bar in html.split('class="figure bar"')[1::2]
    )
    assert reference == pytest.approx(200, abs=0.05)
    assert own == pytest.approx(200 * (0.002 + 0.084 + 0.00207 + 0.0004) / (0.21 + 0.0031), abs=0.05)


def test_machine_versions_and_settings_are_there() -> None:
    info = make_info(machine=make_machine(governor=""), git=Git(commit="0123456789abcdef", dirty=True))
    text = text_of(make_analysis(info=info))
    for words in (
        "Example CPU 9000",
        "L3 32.0 MiB × 1",
        "16.0 GiB",
        "4 CPUs, 8.00 GiB",
        "Example GPU, 80.0 GiB, driver 570.1",
        "Clock governor unknown",
        "scikit-learn-intelex 2026.2.0",
        "Seed 7",
        "0123456789abcdef, with uncommitted changes",
        "Digest of the sources that measured c0de",
        "±3 %",
        "python -m suite run --workload 'logistic *'",
    ):
        assert words in text
    assert "Host" not in re.sub("host memory", "", text)


def test_disturbance_and_stop_reasons_are_shown() -> None:
    text = text_of(make_analysis())
    assert "2.5 % of all samples were disturbed" in text
    assert "5 % of them" in text
    assert "precision reached" in text


@pytest.mark.parametrize("word", ["Speed-up", "Interval", "Verdict", "Parity", "Engine", "Coverage"])
def test_words_are_explained(word: str) -> None:
    assert f"<dt>{word}</dt>" in render_report([make_analysis()])
