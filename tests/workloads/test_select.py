import pytest

from suite.errors import UsageError
from suite.workloads import catalogue
from suite.workloads.entry import Size
from suite.workloads.select import select


def names(patterns=(), tasks=(), sizes=(Size.S,)):
    return [workload.name for workload in select(catalogue(), patterns, tasks, sizes)]


def test_nothing_asked_is_everything_in_the_order_of_the_catalogue():
    assert names() == [workload.name for workload in catalogue()]


def test_patterns_names_and_commas():
    assert names(["svc*"]) == [name for name in names() if name.startswith("svc")]
    assert {"svc", "svc-digits"} <= set(names(["svc*"]))
    assert names(["kmeans, svc", "pca-*"]) == ["svc", "kmeans", "pca-digits"]
    assert names(["knn_[cr]*-d*"]) == ["knn_classifier-digits", "knn_regressor-diabetes"]


def test_tasks():
    wanted = [workload.name for workload in catalogue() if workload.task in ("embedding", "clustering")]
    assert names(tasks=["embedding", "clustering"]) == wanted
    assert {"kmeans", "dbscan-iris", "pca-digits"} <= set(wanted)


def test_a_workload_without_the_size_is_left_out_unless_named():
    assert not [name for name in names(sizes=[Size.M]) if name.endswith(("-digits", "-iris", "-wine"))]
    assert names(["svc", "svc-d*"], sizes=[Size.M, Size.L]) == ["svc"]
    assert "svc-digits" in names(["svc-digits"], sizes=[Size.S, Size.M])
    with pytest.raises(UsageError, match="'svc-digits' has size S, not M"):
        names(["svc-digits"], sizes=[Size.M])


@pytest.mark.parametrize(
    ("patterns", "tasks", "sizes", "message"),
    [
        (["kmean"], [], [Size.S], "no workload matches 'kmean'; did you mean 'kmeans'?"),
        (["svc", "nothing*"], [], [Size.S], "no workload matches 'nothing*'"),
        ([" , "], [], [Size.S], "not a workload: ' , '"),
        ([], ["clasification"], [Size.S], "no task 'clasification'; did you mean 'classification'?"),
        (["svc"], ["clustering"], [Size.S], "workload 'svc' is of task classification, not clustering"),
        (["svc*"], ["clustering"], [Size.S], "no workload among svc* is of task clustering and has size S"),
        (["*-digits"], [], [Size.L, Size.XL], "no workload among *-digits is of task"),
    ],
)
def test_what_cannot_be_selected_is_one_clear_line(patterns, tasks, sizes, message):
    with pytest.raises(UsageError) as caught:
        names(patterns, tasks, sizes)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
