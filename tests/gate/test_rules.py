import pytest

from suite.analyse.speedups import Span
from suite.errors import UsageError
from suite.gate.rules import read_rules


def rules(tmp_path, text):
    path = tmp_path / "gate.toml"
    path.write_text(text)
    return read_rules(path)


def test_rules_are_read(tmp_path):
    found = rules(
        tmp_path,
        """
        [run]
        backend = ["onedal"]
        [[rule]]
        workload = "ridge*"
        max-slowdown = "10%"
        of = "end-to-end"
        [[rule]]
        min-speedup = 1.5
        parity = false
        coverage = 0.9
        ambiguous = "fail"
        """,
    )
    first, second = found.rules
    assert found.run == {"backend": ["onedal"]}
    assert (first.number, first.workload, first.span) == (1, "ridge*", Span.END_TO_END)
    assert first.least_speedup == pytest.approx(1 / 1.1)
    assert (second.least_speedup, second.parity, second.coverage, second.ambiguous_fails) == (1.5, False, 0.9, True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "gate.toml:1: a file of rules needs tables headed [[rule]]"),
        ("rule = 3", "gate.toml:1: a file of rules needs"),
        ("[[rule]]\nmax-slowdwon = '5%'", "gate.toml:2: a rule has no key 'max-slowdwon'; did you mean 'max-slowdown'"),
        ("[[rule]]\nmax-slowdown = '5'", "gate.toml:2: max-slowdown: not a share"),
        ("[[rule]]\nmax-slowdown = 5", "gate.toml:2: max-slowdown must be a share"),
        ("[[rule]]\nmax-slowdown = true", "gate.toml:2: max-slowdown must be a number"),
        ("[[rule]]\nmin-speedup = 0", "gate.toml:2: min-speedup must be above 0"),
        ("[[rule]]\nmin-speedup = 1\nmax-slowdown = '5%'", "gate.toml:3: a rule has max-slowdown or min-speedup"),
        ("[[rule]]\nsize = 'S'\nparity = false", "gate.toml:3: a rule without parity asks for nothing: give it max-"),
        ("[[rule]]\ncoverage = '0%'", "gate.toml:2: coverage must be above 0"),
        ("[[rule]]\nparity = 'yes'", "gate.toml:2: parity must be true or false"),
        ("[[rule]]\n\nof = 'fitt'", "gate.toml:3: no span 'fitt'; did you mean 'fit'"),
        ("[[rule]]\nambiguous = 'ok'", "gate.toml:2: ambiguous must be warn or fail"),
        ("[rules]", "gate.toml:1: a file of rules has no key 'rules'; did you mean 'rule'"),
        ("[[rule", "not valid TOML"),
    ],
)
def test_what_is_not_understood_is_an_error_with_its_line(tmp_path, text, message):
    with pytest.raises(UsageError) as caught:
        rules(tmp_path, text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_place_of_an_option_is_its_line(tmp_path):
    found = rules(tmp_path, "[run]\n\nbackend = 'onedal'\n[[rule]]\n")
    assert found.where("backend") == f"{tmp_path / 'gate.toml'}:3: [run]"
    assert found.where("seed") == f"{tmp_path / 'gate.toml'}:1: [run]"


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(UsageError, match=r"cannot read the rules .*No such file"):
        read_rules(tmp_path / "none.toml")
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not valid TOML"):
        read_rules(tmp_path / "x.toml")
