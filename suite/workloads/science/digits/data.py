"""The images: held-out ones as they are and disturbed, training ones and as many warped copies of them as asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from suite.datasets import source_of
from suite.datasets.source import Request
from suite.datasets.split import How, Keys, choose
from suite.workloads.entry import DataSpec
from suite.workloads.science.digits.images import enlarged, noisy, shifted, turned, warp

if TYPE_CHECKING:
    from suite.datasets.source import Made

#: Warped images between two reports of progress.
_REPORT = 1000


def make(request: Request) -> Iterator[tuple[str, Made]]:
    """Yield the parts train and test, the latter also shifted, turned and noisy (X only).

    `source_train` and `source_test` are the numbers of the images that the rows come from: each image is on one side.
    The first training rows are images as they are; a row after them is a warped copy, whose distortion depends on the
    seed and on the number of the row alone.
    """
    X, y = _images(request)
    if request.n_features != X.shape[1]:
        raise ValueError(f"images of {request.args['images']} have {X.shape[1]} pixels, not {request.n_features}")
    limited = replace(request, n_train=min(request.n_train, len(X) - request.n_test), args={"test_share": 0.0})
    train, test = choose(limited, len(X), Keys(how=How.STRATIFIED, classes=y), "zip_digits")
    source = np.resize(train, request.n_train)
    yield "X_train", _with_copies(request, X, source, len(train))
    yield "y_train", y[source]
    yield "source_train", source
    side = round(X.shape[1] ** 0.5)
    held_out = X[test].reshape(-1, side, side)
    rng = np.random.default_rng([request.seed, 2])
    order: Any = request.order
    parts = {
        "test": held_out,
        "shifted": shifted(held_out),
        "turned": turned(held_out),
        "noisy": noisy(held_out, rng),
    }
    for part, images in parts.items():
        yield f"X_{part}", np.asarray(images.reshape(len(test), -1), request.dtype, order=order)
    yield "y_test", y[test]
    yield "source_test", test


def _images(request: Request) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return (images, pixels) and the digits, in the order of their origin."""
    if request.args["images"] != "mnist5k":
        from sklearn.datasets import load_digits

        X, y = load_digits(return_X_y=True)
        if request.args["images"] == "enlarged":
            X = enlarged(X.reshape(-1, 8, 8)).reshape(len(X), -1)
        return np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.int64)
    source = source_of("mnist5k")
    args = source.resolve(DataSpec(source="mnist5k", args={"test_share": 0.0, "standardize": False}))
    plain = replace(request, n_train=0, n_test=0, n_features=0, args=args, dtype="float64", order="C")
    arrays: dict[str, Any] = dict(source.make(plain))
    return arrays["X_train"], arrays["y_train"].astype(np.int64)


def _with_copies(request: Request, X: NDArray[np.float64], source: NDArray[np.int64], originals: int) -> NDArray[Any]:
    """Return the training rows, filled where they are kept."""
    side = round(X.shape[1] ** 0.5)
    rows = request.allocate("X_train", (len(source), X.shape[1]), request.dtype, request.order)
    rows[:originals] = X[source[:originals]]
    for row in range(originals, len(source)):
        copy = warp(X[source[row]].reshape(side, side), np.random.default_rng([request.seed, 1, row]))
        rows[row] = copy.ravel()
        if row % _REPORT == 0:
            request.progress(row / len(source))
    return rows
