import tomllib

from hypothesis import given
from hypothesis import strategies as st

from suite.workloads.lines import key_lines

TEXT = '''# comment with = and [brackets]
title = "a # no comment = here"
[[workload]]            # the first
name = 'one'
params = { C = 1.0, "quoted key" = "}", nested = { a = [1, { b = 2 }] } }
about = """
fake = 1
[fake.table]
"""
list = [
  1, # ]
  { deep = 3 },
]

  [workload.data]
  dotted.key = 5

[workload.data.sub]
x = 1

[[workload]]
name = "two"
[workload.data]
y = \'\'\'
z = 3\'\'\'
last = 1979-05-27T07:32:00Z
'''


def test_every_key_has_its_line():
    tomllib.loads(TEXT)
    lines = key_lines(TEXT)
    assert lines["title",] == 2
    assert lines["workload", 0] == 3
    assert lines["workload", 0, "name"] == 4
    assert lines["workload", 0, "params", "C"] == 5
    assert lines["workload", 0, "params", "quoted key"] == 5
    assert lines["workload", 0, "params", "nested", "a", 1, "b"] == 5
    assert lines["workload", 0, "about"] == 6
    assert lines["workload", 0, "list", 1, "deep"] == 12
    assert lines["workload", 0, "data"] == 15
    assert lines["workload", 0, "data", "dotted", "key"] == 16
    assert lines["workload", 0, "data", "sub", "x"] == 19
    assert lines["workload", 1] == 21
    assert lines["workload", 1, "data"] == 23
    assert lines["workload", 1, "data", "y"] == 24
    assert lines["workload", 1, "data", "last"] == 26
    assert not any("fake" in path or "z" in path for path in lines)


VALUES = st.recursive(
    st.integers(0, 9).map(str)
    | st.sampled_from(['"a=b"', "'x]'", '"""m\n n = 1"""', "'''q\n[r]'''", '"\\""', "1.5e3", "true"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[" + ",\n".join(items) + "]")
        | st.lists(inner, min_size=1, max_size=3).map(
            lambda items: "{ " + ", ".join(f"i{n} = {item}" for n, item in enumerate(items)) + " }"
        )
    ),
    max_leaves=6,
)


@given(st.lists(VALUES, max_size=6))
def test_lines_of_any_keys_are_where_they_were_written(values):
    text, expected = "", {}
    for number, value in enumerate(values):
        if number % 3 == 2:
            text += f"# c\n[[t{number}]]\n"
            prefix = (f"t{number}", 0)
        elif number == 0:
            prefix = ()
        expected[(*prefix, f"k{number}")] = text.count("\n") + 1
        text += f"k{number} = {value}\n"
    tomllib.loads(text)
    lines = key_lines(text)
    assert {path: lines[path] for path in expected} == expected
