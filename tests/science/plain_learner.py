"""A learner of stock scikit-learn, without a worker around it: for tests of the workflows themselves."""

from importlib import import_module
from time import perf_counter

import numpy as np

from backends.algorithms import ALGORITHMS
from suite.measure.learning import deviations_of


class PlainModel:
    def __init__(self, estimator, seconds=None):
        self.estimator = estimator
        self.seconds = {} if seconds is None else seconds

    def predict(self, X):
        begun = perf_counter()
        found = np.asarray(self.estimator.predict(X))
        self.seconds["predict"] = self.seconds.get("predict", 0.0) + perf_counter() - begun
        return found

    def predict_proba(self, X):
        return np.asarray(self.estimator.predict_proba(X))

    def deviations(self, X):
        method = deviations_of(self.estimator)
        return None if method is None else np.asarray(method(X))

    def transform(self, X):
        return np.asarray(self.estimator.transform(X))

    def attribute(self, name):
        return np.asarray(getattr(self.estimator, name))


class PlainLearner:
    """Fits scikit-learn's classes; `fits` counts how often each role was fitted, `seconds` has those of predictions."""

    def __init__(self, workload, seed=0, threads=1):
        self.workload = workload
        self.seed = seed
        self.threads = threads
        self.fits = {}
        self.seconds = {}

    def fit(self, X, y=None, *, role="model", **params):
        spec = (
            {"algorithm": self.workload.algorithm, "params": self.workload.params}
            if role == "model"
            else self.workload.also[role]
        )
        given = {**spec.get("params", {}), **params}
        resolved = {
            name: self.seed if isinstance(value, str) and value == "$seed" else value for name, value in given.items()
        }
        entry = ALGORITHMS[spec["algorithm"]]
        estimator = getattr(import_module(entry.module), entry.name)(**resolved)
        self.fits[role] = self.fits.get(role, 0) + 1
        return PlainModel(estimator.fit(X) if y is None else estimator.fit(X, y), self.seconds)
