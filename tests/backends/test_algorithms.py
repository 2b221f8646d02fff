"""The table of algorithms, against the real scikit-learn."""

from importlib import import_module

import pytest
from backend_calls import problem

from backends.algorithms import ALGORITHMS
from backends.sklearn import Sklearn
from suite.workloads.entry import Task

#: The mixins that scikit-learn marks its kinds of estimators with.
KINDS = {"classification": "classifier", "regression": "regressor"}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_scikit_learn_has_the_class_and_the_method(name):
    algorithm = ALGORITHMS[name]
    cls = getattr(import_module(algorithm.module), name)
    assert hasattr(cls, "fit")
    assert not algorithm.output or hasattr(cls, algorithm.output)


@pytest.mark.parametrize("name", [name for name, entry in ALGORITHMS.items() if entry.task in KINDS])
def test_scikit_learn_agrees_on_the_task(name):
    estimator = Sklearn().estimator(problem(name))
    assert estimator.__sklearn_tags__().estimator_type == KINDS[ALGORITHMS[name].task]


def test_no_output_only_where_the_class_applies_to_its_training_data_alone():
    for name, algorithm in ALGORITHMS.items():
        cls = getattr(import_module(algorithm.module), name)
        # The one's `predict` exists for novelty=True only; of the other its map of the training data is judged.
        if not algorithm.output and name not in ("LocalOutlierFactor", "UMAP"):
            assert not hasattr(cls, "predict"), name
            assert not hasattr(cls, "transform"), name


def test_tasks_are_the_suites():
    assert {algorithm.task for algorithm in ALGORITHMS.values()} == {str(task) for task in Task}
    assert len(ALGORITHMS) >= 50
