"""Reading handwritten digits: straighten the images, then classify their pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.calibration import of_probabilities
from suite.workloads.science.digits.images import straighten
from suite.workloads.science.tabular import learnt_again
from suite.workloads.science.workflow import Data, Figure, Findings, Learner, Model, Picture, Results, Workflow, picture

#: Copies of the held-out images that are disturbed in a way of which the training images know nothing.
DISTURBED = {"shifted": "moved by a pixel", "turned": "turned by 20 degrees", "noisy": "with noise of 0.3 of the range"}


class ReadDigits(Workflow):
    """Scale, centre and straighten every image, then learn from the training ones and read the held-out ones.

    `probabilities` if the estimator gives them; `attributes` of it are returned.
    """

    def __init__(self, *, probabilities: bool, attributes: tuple[str, ...] = ()) -> None:
        self._probabilities = probabilities
        self._attributes = attributes

    def run(self, data: Data, learner: Learner) -> Results:
        """Return `digits`, what was read in each held-out image.

        Copying back the attributes by which the fit is judged is timed with the rest.
        """
        train, test = straighten(data["X_train"]), straighten(data["X_test"])
        model = learner.fit(train, data["y_train"])
        return {"digits": model.predict(test), **{name: model.attribute(name) for name in self._attributes}}

    def examine(self, data: Data, learner: Learner, results: Results) -> Findings:
        """Read disturbed images, with fewer training rows, in the other precision, and by the nearest class mean."""
        truth, y = data["y_test"], data["y_train"]
        train, test = straighten(data["X_train"]), straighten(data["X_test"])

        def score(digits: NDArray[Any]) -> float:
            return float(np.mean(digits == truth))

        def repeat(rows: NDArray[np.int64], dtype: np.dtype[Any]) -> NDArray[Any]:
            return learner.fit(train[rows].astype(dtype), y[rows]).predict(test.astype(dtype))

        found, base = score(results["digits"]), score(nearest_mean(train, y, test))
        again = learnt_again(repeat, score, found, len(train), train.dtype, name="accuracy")
        model = learner.fit(train, y)
        errors = {part: 1.0 - score(model.predict(straighten(data[f"X_{part}"]))) for part in DISTURBED}
        figures = [
            _figure("error_in", 1.0 - found, "share of the held-out images misread"),
            _figure("error_out", float(np.mean([*errors.values()])), "mean of the errors on disturbed held-out images"),
            *(_figure(f"error_{part}", errors[part], f"held-out images {how}") for part, how in DISTURBED.items()),
            _figure("baseline", base, "accuracy of the nearest class mean, on the same straightened images"),
            _figure("gain", found - base, "accuracy over that of the nearest class mean"),
            *again.figures,
        ]
        curves = again.series
        if self._probabilities:
            off, calibration = of_probabilities(
                *_best_guess(model, test, y, truth), "held-out images, of the best guess,"
            )
            figures, curves = [*figures, off], [calibration, *curves]
        return Findings(figures=figures, series=curves, pictures=_pictures(data, test))


def _best_guess(
    model: Model, X: NDArray[Any], y: NDArray[Any], truth: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return of each row whether the class said to be most probable is the true one, and that probability."""
    probability = model.predict_proba(X)
    return np.unique(y)[probability.argmax(axis=1)] == truth, probability.max(axis=1)


def _figure(name: str, value: float, condition: str) -> Figure:
    return Figure(name=name, value=value, condition=condition)


def nearest_mean(train: NDArray[Any], y: NDArray[Any], test: NDArray[Any]) -> NDArray[Any]:
    """Return the class whose mean training image is nearest to each row."""
    classes = np.unique(y)
    means = np.stack([train[y == one].mean(axis=0, dtype=np.float64) for one in classes])
    nearness = test @ means.T - 0.5 * (means**2).sum(axis=1)
    return np.asarray(classes[nearness.argmax(axis=1)])


def _pictures(data: Data, straightened: NDArray[Any]) -> list[Picture]:
    """Show one held-out image of each digit, as it is, disturbed and straightened, side by side."""
    first = [int(np.argmax(data["y_test"] == digit)) for digit in np.unique(data["y_test"])]
    shown = {"as written": data["X_test"], **{how: data[f"X_{part}"] for part, how in DISTURBED.items()}}
    brightest = float(data["X_test"].max())
    strips = {label: X[first] / brightest for label, X in shown.items()} | {"straightened": straightened[first]}
    side = round(straightened.shape[1] ** 0.5)
    return [
        picture("digits", label, np.concatenate([*rows.reshape(-1, side, side)], axis=1))
        for label, rows in strips.items()
    ]


WORKFLOWS: Mapping[str, Workflow] = {
    "digits": ReadDigits(probabilities=False),
    "support": ReadDigits(probabilities=False, attributes=("dual_coef_", "support_")),
    "probabilities": ReadDigits(probabilities=True),
}
