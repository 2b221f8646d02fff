"""What a gate found, as terminal text, Markdown and JUnit XML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from suite.gate.judging import Finding, Result
from suite.report.markdown import plain
from suite.report.text import count_text, visible

_ORDER = {Result.FAIL: 0, Result.AMBIGUOUS: 1, Result.PASS: 2, Result.SKIP: 3}


def sentence(findings: Sequence[Finding]) -> str:
    """Return the outcome in one sentence."""
    counts = Counter(finding.result for finding in findings)
    failed = sum(finding.fails for finding in findings)
    parts = [f"{counts[result]} {result.value}" for result in _ORDER if counts[result]]
    return f"{'FAILED' if failed else 'passed'}: of {count_text(len(findings), 'check')}, {', '.join(parts)}"


def to_text(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the lines of the terminal's text: all but what passed, then the outcome."""
    for one in _sorted(findings):
        if one.result is not Result.PASS:
            what = " ".join(filter(None, (one.group or one.workload, one.backend)))
            yield visible(f"{_word(one)}: rule {one.rule}, {what}: {one.asked}: {one.detail}")
    yield sentence(findings)


def to_markdown(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the lines of the Markdown summary."""
    yield f"**Gate {sentence(findings)}**"
    yield ""
    yield "| result | rule | case | backend | asked | found |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for one in _sorted(findings):
        cells = (_word(one), str(one.rule), one.group or one.workload, one.backend, one.asked, one.detail)
        yield f"| {' | '.join(plain(cell) for cell in cells)} |"


def to_junit(findings: Sequence[Finding], name: str) -> bytes:
    """Return JUnit XML: a test case for every check; what is ambiguous passes with its detail as output."""
    root = ET.Element("testsuites")
    suite = ET.SubElement(
        root,
        "testsuite",
        name=visible(name),
        tests=str(len(findings)),
        failures=str(sum(one.fails for one in findings)),
        skipped=str(sum(one.result is Result.SKIP for one in findings)),
        errors="0",
    )
    for one in findings:
        title = f"{one.group or one.workload} {one.backend}: {one.asked}"
        case = ET.SubElement(suite, "testcase", classname=f"evenhand.rule{one.rule}", name=visible(title))
        if one.fails:
            ET.SubElement(case, "failure", message=visible(one.detail)).text = visible(one.detail, None)
        elif one.result is Result.SKIP:
            ET.SubElement(case, "skipped", message=visible(one.detail))
        else:
            ET.SubElement(case, "system-out").text = visible(f"{one.result.value}: {one.detail}", None)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _word(one: Finding) -> str:
    return "FAIL" if one.fails else "warning" if one.result is Result.AMBIGUOUS else one.result.value


def _sorted(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: (not one.fails, _ORDER[one.result], one.rule))
