"""The micrographs: training ones with annotated pixels, held-out ones, and noisier ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from suite.datasets.source import Request
from suite.workloads.science.membrane.micrograph import GOOD, NOISY, PIXELS, micrograph

if TYPE_CHECKING:
    from suite.datasets.source import Made

#: Pixels of a training image that an expert has annotated.
ANNOTATED = PIXELS // 8

#: Noisier images, at most.
MOST_FAR = 16


def make(request: Request) -> Iterator[tuple[str, Made]]:
    """Yield the parts train, test and far: grey values (pixels, 1), image after image, and what is membrane (pixels,).

    `annotated` are the rows of the training pixels that are learnt from: `ANNOTATED` of each image. An image depends on
    the seed, its part and its number alone.
    """
    if request.n_features != 1 or request.n_train % PIXELS or request.n_test % PIXELS:
        raise ValueError(f"images have {PIXELS} pixels of one grey value: ask for so many rows, or a multiple")
    parts = {
        "train": (request.n_train // PIXELS, GOOD),
        "test": (request.n_test // PIXELS, GOOD),
        "far": (min(request.n_test // PIXELS, MOST_FAR), NOISY),
    }
    done, images = 0, sum(n for n, _ in parts.values())
    for number, (part, (n, microscope)) in enumerate(parts.items()):
        X = request.allocate(f"X_{part}", (n * PIXELS, 1), request.dtype, request.order)
        y = np.empty(n * PIXELS, dtype=np.int64)
        for image in range(n):
            rows = slice(image * PIXELS, (image + 1) * PIXELS)
            grey, membrane = micrograph(np.random.default_rng([request.seed, number, image]), microscope)
            X[rows, 0], y[rows] = grey.ravel(), membrane.ravel()
            done += 1
            request.progress(done / images)
        yield f"X_{part}", X
        yield f"y_{part}", y
    yield "annotated", _annotated(request.seed, parts["train"][0])


def _annotated(seed: int, images: int) -> Any:
    rng = np.random.default_rng([seed, 3])
    return np.concatenate(
        [image * PIXELS + np.sort(rng.choice(PIXELS, ANNOTATED, replace=False)) for image in range(images)]
    )
