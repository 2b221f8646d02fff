import msgspec
import pytest

from suite.errors import UsageError
from suite.measure.plan import make_plan
from suite.records.schema import Plan, Settings
from suite.workloads.entry import DataSpec, Direction, Quality, Size, Task, Workload


def workload(name, sizes="SM", fit_s=0.1):
    data = {Size(size): DataSpec(source="blobs", n_train=100, n_test=10, n_features=4) for size in sizes}
    return Workload(
        name=name,
        algorithm="KMeans",
        task=Task.CLUSTERING,
        about="",
        data=data,
        quality=Quality(metric="inertia", direction=Direction.LOWER, tolerance=0.01, origin="test"),
        fit_s=dict.fromkeys(data, fit_s),
    )


def settings(**changes):
    values = {"threads": 2, "budget_s": 120, "precision": 0.03, "processes": 1, "seed": 0, "timeout_s": 60}
    return Settings(**(values | {"memory_bytes": 2**30} | changes))


def plan(workloads, *, sizes=(Size.S,), dtypes=("float64",), backends=("onedal",), **changes):
    return make_plan(
        workloads,
        sizes=sizes,
        dtypes=dtypes,
        order="C",
        backends=backends,
        reference="sklearn",
        settings=settings(**changes),
    )


def test_every_combination_is_a_group_in_order_and_ids_say_what_it_is():
    made = plan(
        [workload("kmeans"), workload("iris", "S")], sizes=[Size.M, Size.S], dtypes=["float32", "float64", "float32"]
    )
    assert [group.id for group in made.groups] == [
        "kmeans/S/float32/C",
        "kmeans/S/float64/C",
        "iris/S/float32/C",
        "iris/S/float64/C",
        "kmeans/M/float32/C",
        "kmeans/M/float64/C",
    ]
    assert [case.id for case in made.groups[0].cases] == ["kmeans/S/float32/C/sklearn", "kmeans/S/float32/C/onedal"]


def test_the_reference_comes_first_and_once():
    made = plan([workload("kmeans")], backends=["torch:cuda", "sklearn", "torch:cuda"])
    assert [case.backend for case in made.groups[0].cases] == ["sklearn", "torch:cuda"]


def test_nothing_to_measure_is_an_error_that_names_the_size():
    with pytest.raises(UsageError, match="none of the 1 selected workloads has size XL"):
        plan([workload("kmeans")], sizes=[Size.XL])


def test_fast_workloads_are_expected_to_be_precise_before_their_share_is_spent():
    made = plan([workload("kmeans", fit_s=0.01)], budget_s=600)
    assert made.expected_s == made.groups[0].expected_s < 10


def test_slow_workloads_are_expected_to_use_their_share():
    made = plan([workload("a", fit_s=5), workload("b", fit_s=5)], budget_s=300)
    assert [group.expected_s for group in made.groups] == [pytest.approx(150), pytest.approx(150)]


def test_a_budget_too_small_does_not_hide_the_least_that_must_be_done():
    made = plan([workload("a", fit_s=10)], budget_s=1, processes=2)
    assert 2 * 120 > made.expected_s >= (1 + 5) * 2 * 10


def test_a_plan_is_plain_data():
    made = plan([workload("kmeans")])
    assert msgspec.json.decode(msgspec.json.encode(made), type=Plan) == made
