"""From micrographs to membranes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.calibration import of_probabilities
from suite.workloads.science.membrane.features import FEATURES, filters, smoothed
from suite.workloads.science.membrane.micrograph import PIXELS, images_of
from suite.workloads.science.membrane.segmentation import best_threshold, cells, f1, rand_f
from suite.workloads.science.tabular import learnt_again
from suite.workloads.science.workflow import Data, Figure, Findings, Learner, Model, Picture, Results, Workflow, picture

#: Images whose features are in memory at once, and whose pixels are predicted at once.
BATCH = 32

#: Images that are looked at closer.
SHOWN = 16


class FindMembranes(Workflow):
    """Filter the images, learn from the annotated pixels, and classify all pixels of the held-out images."""

    def run(self, data: Data, learner: Learner) -> Results:
        """Return `membrane`, 1 where a pixel of the held-out images is taken for membrane."""
        rows = data["annotated"]
        model = learner.fit(features_at(data["X_train"], rows), data["y_train"][rows])
        return {"membrane": classify(model, data["X_test"])}

    def examine(self, data: Data, learner: Learner, results: Results) -> Findings:
        """Compare with a threshold, look at noisier images, and at the cells that the membranes enclose."""
        annotated, own = data["annotated"], data["X_train"].dtype
        train, y = features_at(data["X_train"], annotated), data["y_train"][annotated]
        images, some = images_of(data["X_test"])[:SHOWN], slice(0, SHOWN * PIXELS)
        truth, found = data["y_test"][some], results["membrane"][some]
        test, grey = features_of(images, own), smoothed(images)
        level = best_threshold(smoothed(images_of(data["X_train"])[:SHOWN]).ravel(), data["y_train"][some])
        dark = (grey.ravel() < level).astype(np.int8)

        def score(labels: NDArray[Any]) -> float:
            return f1(truth, labels)

        def repeat(rows: NDArray[np.int64], dtype: np.dtype[Any]) -> NDArray[Any]:
            return learner.fit(train[rows].astype(dtype), y[rows]).predict(test.astype(dtype))

        model = learner.fit(train, y)
        noisy = f1(data["y_far"], classify(model, data["X_far"]))
        of = f"the first {len(images)} held-out images"
        off, calibration = of_probabilities(truth, model.predict_proba(test)[:, 1], f"pixels of {of}")
        again = learnt_again(repeat, score, score(found), len(train), own, name="F1")
        figures = [
            _figure("error_in", 1.0 - score(found), f"1 - F1 by pixel, {of}"),
            _figure("error_out", 1.0 - noisy, "1 - F1 by pixel, images with twice the noise"),
            _figure("baseline", score(dark), f"F1 of the threshold on smoothed grey best for training images, {of}"),
            _figure("gain", score(found) - score(dark), f"F1 over that of the threshold, {of}"),
            _figure("cells", _mean_rand(truth, found), f"Rand score of the cells that membranes enclose, {of}"),
            _figure("cells_threshold", _mean_rand(truth, dark), f"Rand score of the threshold's cells, {of}"),
            off,
            *again.figures,
        ]
        return Findings(
            figures=figures, series=[calibration, *again.series], pictures=_pictures(images, truth, found, dark)
        )


def features_at(pixels: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
    """Return the features of some pixels, rows rising: whole images are filtered, other pixels are dropped."""
    images = images_of(pixels)
    out = np.empty((len(rows), FEATURES), dtype=pixels.dtype)
    ends = np.searchsorted(rows, np.arange(len(images) + 1) * PIXELS)
    for number, image in enumerate(images):
        here = slice(ends[number], ends[number + 1])
        if here.start < here.stop:
            out[here] = filters(image).reshape(PIXELS, FEATURES)[rows[here] - number * PIXELS]
    return out


def classify(model: Model, pixels: NDArray[Any]) -> NDArray[np.int8]:
    """Return the class of each pixel."""
    images = images_of(pixels)
    out = np.empty(len(pixels), dtype=np.int8)
    for start in range(0, len(images), BATCH):
        X = features_of(images[start : start + BATCH], pixels.dtype)
        out[start * PIXELS : start * PIXELS + len(X)] = model.predict(X)
    return out


def features_of(images: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the features of all pixels of some images."""
    return np.concatenate([filters(image) for image in images]).reshape(-1, FEATURES).astype(dtype, copy=False)


def _figure(name: str, value: float, condition: str) -> Figure:
    return Figure(name=name, value=float(value), condition=condition)


def _mean_rand(truth: NDArray[Any], found: NDArray[Any]) -> float:
    pairs = zip(images_of(truth), images_of(found), strict=True)
    return float(np.mean([rand_f(cells(one), cells(other)) for one, other in pairs]))


def _pictures(images: NDArray[Any], truth: NDArray[Any], found: NDArray[Any], dark: NDArray[Any]) -> list[Picture]:
    """Show three quarters of the side of the first held-out image, and its membranes: true, learnt, by threshold."""
    crop = (0, slice(0, 96), slice(0, 96))
    masks = {"membranes, truth": truth, "membranes, learnt": found, "membranes, threshold": dark}
    return [
        picture("micrograph", "held-out image", images[crop]),
        *(picture("membranes", label, images_of(mask)[crop]) for label, mask in masks.items()),
    ]


WORKFLOWS: Mapping[str, Workflow] = {"membrane": FindMembranes()}
