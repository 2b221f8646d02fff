"""What the tests of the topics that predict a number for each row share."""

from dataclasses import replace
from functools import cached_property

import numpy as np
from plain_learner import PlainLearner

from suite.datasets import prepare
from suite.datasets.arrays import open_array
from suite.quality.evidence import Evidence
from suite.quality.metrics.regression import METRICS as REGRESSION
from suite.workloads.entry import Size
from suite.workloads.science import part, workflow_of


def entry_of(topic, variant):
    return next(w for w in part(topic, "entry").WORKLOADS if w.name.endswith(f"-{variant}"))


class Case:
    """A workload at small size, its data mapped, and what its workflow returns."""

    def __init__(self, topic, variant, cache, *, seed=0, dtype="float64", n_train=0, n_test=0, **args):
        self.workload = entry_of(topic, variant)
        small = self.workload.data[Size.S]
        self.spec = replace(
            small, n_train=n_train or small.n_train, n_test=n_test or small.n_test, args={**small.args, **args}
        )
        self.dataset = prepare(self.spec, dtype=dtype, order="C", seed=seed, cache=cache)
        self.data = {name: open_array(self.dataset.paths, name) for name in self.dataset.paths}
        self.metrics = {**REGRESSION, **part(topic, "metrics").METRICS}
        self.workflow = workflow_of(self.workload.workflow)

    def run(self, seed=0, **changed):
        return self.workflow.run({**self.data, **changed}, PlainLearner(self.workload, seed))

    def judge(self, results):
        evidence = Evidence(self.workload, self.dataset, results)
        qualities = (self.workload.quality, *self.workload.checks)
        return {quality.metric: self.metrics[quality.metric].judge(evidence, quality.metric) for quality in qualities}

    @cached_property
    def results(self):
        return self.run()

    @cached_property
    def found(self):
        return self.workflow.examine(self.data, PlainLearner(self.workload), self.results)

    @property
    def figures(self):
        return {figure.name: figure.value for figure in self.found.figures}

    def bare(self):
        return {name: np.array(array) for name, array in self.data.items()}


def assert_same_bytes(one, other):
    assert one.keys() == other.keys()
    for name, array in one.items():
        assert array.dtype == other[name].dtype, name
        assert array.tobytes() == other[name].tobytes(), name


def assert_rounded(single, double):
    """Everything in float32 is the rounding of what is in float64."""
    for name, array in double.items():
        if single[name].dtype == np.float32:
            np.testing.assert_array_equal(single[name], array.astype(np.float32), err_msg=name)
        else:
            np.testing.assert_array_equal(single[name], array, err_msg=name)


def rows_of(X):
    return {row.tobytes() for row in np.ascontiguousarray(X)}
