"""Where the options of `run` come from: the command line over the file of --config over the defaults."""

import argparse

import pytest

from suite.cli.options import OPTIONS, RunOptions, add_options, collect
from suite.cli.parser import Parser
from suite.errors import UsageError


def parse(*arguments):
    parser = Parser(prog="run")
    add_options(parser)
    return collect(parser.parse_args([*arguments]))


def configured(tmp_path, text, *arguments):
    path = tmp_path / "my.toml"
    path.write_text(text)
    return parse("--config", str(path), *arguments)


def test_nothing_given_is_all_defaults():
    assert parse() == (RunOptions(), frozenset())


def test_every_option_is_a_field():
    assert {option.field for option in OPTIONS} == set(RunOptions.__dataclass_fields__)


def test_the_command_line_is_read():
    options, named = parse(
        "--backend", "onedal", "--backend", "torch:cuda", "--backend", "onedal", "--size", "m", "--size", "S",
        "--budget", "1h30m", "--precision", "0.5%", "--memory", "8GiB", "--threads", "4", "--strict", "--seed", "7",
    )  # fmt: skip
    assert options.backend == ("onedal", "torch:cuda")
    assert options.size == ("M", "S")
    assert (options.budget, options.memory, options.threads, options.seed) == (5400, 8 * 2**30, 4, 7)
    assert options.precision == pytest.approx(0.005)
    assert options.strict
    assert "strict" in named
    assert "timeout" not in named


def test_the_file_says_the_same_in_the_same_words(tmp_path):
    text = """
    backend = ["onedal", "torch:cuda"]
    size = "M"
    budget = "1h30m"
    timeout = 90
    precision = 0.005
    same-within = "2%"
    no_report = true
    """
    options, named = configured(tmp_path, text)
    assert options.backend == ("onedal", "torch:cuda")
    assert options.size == ("M",)
    assert (options.budget, options.timeout, options.precision, options.same_within) == (5400, 90, 0.005, 0.02)
    assert options.no_report
    assert named == {"backend", "size", "budget", "timeout", "precision", "same_within", "no_report"}


def test_the_command_line_wins(tmp_path):
    text = 'backend = ["onedal"]\nbudget = "1h"\nseed = 3\nstrict = true\nno-report = true\n'
    options, _ = configured(
        tmp_path, text, "--backend", "cuml", "--budget", "2m", "--no-strict", "--report", "--dtype", "float32"
    )
    assert (options.backend, options.budget, options.seed, options.dtype) == (("cuml",), 120, 3, ("float32",))
    assert not options.strict
    assert not options.no_report


WRONG = {
    "unknown key": ("bugdet = 3", "unknown option 'bugdet'; did you mean 'budget'?"),
    "table": ("[run]\nseed = 1", "unknown option 'run'"),
    "flag that is none": ('strict = "yes"', "strict: must be true or false, not 'yes'"),
    "number for a text": ("backend = 3", "backend: must be a string, not 3"),
    "list for one value": ("seed = [1, 2]", "seed: must be a number or a string, not [1, 2]"),
    "boolean for a number": ("threads = true", "threads: must be a number or a string, not True"),
    "fraction for a count": ("threads = 1.5", "threads: not a whole number: '1.5'"),
    "share above one": ("precision = 3", "precision: not a share between 0 and 100 %: '3'"),
    "bad size in a list": ('size = ["S", "XXL"]', "size: unknown size 'XXL'; did you mean 'XL'?"),
    "twice": ("dry-run = true\ndry_run = true", "dry-run is given twice"),
    "empty": ('workload = ""', "workload: must not be empty"),
    "not TOML": ("seed 3", "not valid TOML"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_file_is_one_line_that_names_it(tmp_path, text, message):
    with pytest.raises(UsageError) as caught:
        configured(tmp_path, text)
    assert message in str(caught.value)
    assert str(tmp_path / "my.toml") in str(caught.value)


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "my.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not valid TOML"):
        collect(argparse.Namespace(config=path))


def test_config_cannot_be_set_in_a_config(tmp_path):
    with pytest.raises(UsageError, match="unknown option 'config'"):
        configured(tmp_path, 'config = "other.toml"')
