"""What a gate found, as terminal text, Markdown and JUnit XML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from suite.gate.judging import Finding, Result, outcome
from suite.report.markdown import plain
from suite.report.text import count_text, visible

_ORDER = {Result.FAIL: 0, Result.NOTHING: 1, Result.AMBIGUOUS: 2, Result.PASS: 3, Result.SKIP: 4}
#: What a check was found to be, each with how it is counted.
_CHECKS = {
    (Result.FAIL, True): "fail",
    (Result.AMBIGUOUS, True): 'ambiguous (ambiguous = "fail")',
    (Result.AMBIGUOUS, False): "ambiguous",
    (Result.PASS, False): "pass",
    (Result.SKIP, False): "skip",
}
_WORDS = {Result.FAIL: "FAILED", Result.NOTHING: "NOTHING MEASURED", Result.PASS: "passed"}


def sentence(findings: Sequence[Finding]) -> str:
    """Return the outcome in one sentence."""
    counts = Counter((finding.result, finding.fails) for finding in findings)
    parts = [f"{counts[found]} {words}" for found, words in _CHECKS.items() if counts[found]]
    checks = count_text(sum(counts[found] for found in _CHECKS), "check")
    idle = "".join(f"; rule {one.rule} judged nothing" for one in findings if one.result is Result.NOTHING)
    return f"{_WORDS[outcome(findings)]}: of {', '.join([checks, *parts])}{idle}"


def to_text(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the lines of the terminal's text: all but what passed, then the outcome."""
    for one in _sorted(findings):
        if one.result not in (Result.PASS, Result.NOTHING):
            what = " ".join(filter(None, (one.group or one.workload, one.backend)))
            yield visible(f"{_word(one)}: rule {one.rule}, {what}: {one.asked}: {_detail(one)}")
    yield sentence(findings)


def to_complaints(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield a line for every rule that has judged nothing: which, by what, and why."""
    for one in findings:
        if one.result is Result.NOTHING:
            yield visible(f"nothing was measured: rule {one.rule}, {one.asked}: {one.detail}")


def to_markdown(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the lines of the Markdown summary."""
    yield f"**Gate {sentence(findings)}**"
    yield ""
    yield "| result | rule | case | backend | asked | found |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for one in _sorted(findings):
        cells = (_word(one), str(one.rule), one.group or one.workload, one.backend, one.asked, _detail(one))
        yield f"| {' | '.join(plain(cell) for cell in cells)} |"


def to_junit(findings: Sequence[Finding], name: str) -> bytes:
    """Return JUnit XML: a test case for every check; what is ambiguous passes with its detail as output.

    A rule that has judged nothing is a test case too, an error.
    """
    root = ET.Element("testsuites")
    suite = ET.SubElement(
        root,
        "testsuite",
        name=visible(name),
        tests=str(len(findings)),
        failures=str(sum(one.fails for one in findings)),
        skipped=str(sum(one.result is Result.SKIP for one in findings)),
        errors=str(sum(one.result is Result.NOTHING for one in findings)),
    )
    for one in findings:
        title = f"{one.group or one.workload} {one.backend}: {one.asked}"
        case = ET.SubElement(suite, "testcase", classname=f"evenhand.rule{one.rule}", name=visible(title))
        if one.fails:
            ET.SubElement(case, "failure", message=visible(_detail(one))).text = visible(_detail(one), None)
        elif one.result is Result.NOTHING:
            detail = visible(f"nothing was judged: {one.detail}")
            ET.SubElement(case, "error", message=detail).text = visible(detail, None)
        elif one.result is Result.SKIP:
            ET.SubElement(case, "skipped", message=visible(one.detail))
        else:
            ET.SubElement(case, "system-out").text = visible(f"{one.result.value}: {one.detail}", None)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _word(one: Finding) -> str:
    words = {Result.NOTHING: "NOTHING", Result.AMBIGUOUS: "warning"}
    return "FAIL" if one.fails else words.get(one.result, one.result.value)


def _detail(one: Finding) -> str:
    """Return what was found, and why it fails although it could not be told."""
    failed = one.fails and one.result is Result.AMBIGUOUS
    return one.detail + ', which cannot be told: the rule has ambiguous = "fail"' * failed


def _sorted(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: (not one.fails, _ORDER[one.result], one.rule))
