"""What docs/gate.md says of rules is so."""

import re
import tomllib
from pathlib import Path

from suite.cli.gate import CODES, EPILOG
from suite.cli.options import OF_THE_RUN, configured, run_options
from suite.gate.judging import Result
from suite.gate.rules import KEYS, SPANS, read_rules

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"<!-- gate example -->\n```toml\n(.*?)```", DOCUMENT, re.DOTALL)


def rows_after(heading):
    """Return the cells of the first table after a heading, its head left out."""
    table = re.findall(r"(?:^\|.*\n)+", DOCUMENT.split(heading, 1)[1], re.MULTILINE)[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]


def test_the_example_is_read(tmp_path):
    path = tmp_path / "gate.toml"
    path.write_text(EXAMPLE)
    found = read_rules(path)
    assert [rule.number for rule in found.rules] == [1, 2, 3, 4]
    assert run_options(configured(found.run, found.where)).backend == ("onedal", "sklearn@again")
    used = {key for rule in tomllib.loads(EXAMPLE)["rule"] for key in rule}
    assert used == {*KEYS}


def test_every_key_is_in_the_table_and_in_the_help():
    keys = [key for names, *_ in rows_after("# The gate") for key in re.findall(r"`([\w-]+)`", names)]
    assert sorted(keys) == sorted(KEYS)
    for word in (*KEYS, *SPANS):
        assert re.search(rf"(?<![\w+-]){re.escape(word)}(?![\w+-])", EPILOG), word
        assert f"`{word}`" in DOCUMENT or f'`"{word}"`' in DOCUMENT, word


def test_options_that_are_not_for_a_gate_are_named():
    (told,) = re.findall(r"Refused, as not for a gate, are (.*?), which", DOCUMENT, re.DOTALL)
    assert {name.replace("-", "_") for name in re.findall(r"`([\w-]+)`", told)} == OF_THE_RUN


def test_every_result_and_exit_code_is_explained():
    assert {name.strip("| `") for name, *_ in rows_after("## Results")} == {result.value for result in Result}
    codes = [row[0].strip("| ") for row in rows_after("## Exit codes")]
    assert codes == ["0", "1", "2", "3"]
    assert {*map(str, CODES.values())} | {"2"} == {*codes}
    for code in codes:
        assert re.search(rf"^  {code}  ", EPILOG, re.MULTILINE), code


def test_it_is_found_from_the_readme():
    assert "](docs/gate.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
