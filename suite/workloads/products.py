"""What is kept of a fitted estimator besides its timed output, by name.

Fitted attributes, those of a pipeline's or a search's parts with the way to them, and what it says of training rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from suite.workloads.entry import Workload

#: Product -> the method that gives it, called untimed for the first training rows.
OF_TRAINING_ROWS: Mapping[str, str] = {"training_output": "predict", "training_probabilities": "predict_proba"}
TRAINING_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Step:
    """One estimator; `path` leads to it from the whole, and is empty if it is the whole."""

    algorithm: str
    params: Mapping[str, Any]
    path: tuple[str, ...] = ()

    def place(self, attribute: str) -> str:
        """Return where its attribute is, as `attribute_of` takes it."""
        return ".".join((*self.path, attribute))


def steps_of(workload: Workload) -> list[Step]:
    """Return the estimators that rows go through, in order; of a search those of the best, which is fitted last."""
    return list(_within(Step(workload.algorithm, workload.params)))


def _within(whole: Step) -> Iterator[Step]:
    match whole.algorithm:
        case "Pipeline":
            for index, part in enumerate(whole.params["steps"]):
                yield from _within(_part(part, (*whole.path, str(index))))
        case "GridSearchCV":
            yield from _within(_part(whole.params["estimator"], (*whole.path, "best_estimator_")))
        case _:
            yield whole


def _part(part: Mapping[str, Any], path: tuple[str, ...]) -> Step:
    return Step(part["algorithm"], part.get("params", {}), path)


def attribute_of(estimator: Any, place: str) -> Any:
    """Return a fitted attribute by its place: `coef_`, or `best_estimator_.1.coef_` of a search's second step."""
    for part in place.split("."):
        estimator = estimator[int(part)] if part.isdigit() else getattr(estimator, part)
    return estimator


def product_of(estimator: Any, name: str, training_rows: Callable[[], Any]) -> Any:
    """Return a product by its name; `training_rows` gives the first `TRAINING_ROWS` of them."""
    if method := OF_TRAINING_ROWS.get(name):
        return getattr(estimator, method)(training_rows())
    return attribute_of(estimator, name)
