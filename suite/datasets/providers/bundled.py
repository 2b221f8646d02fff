"""Real data that scikit-learn ships: small, known to everybody, there without a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from suite.datasets.source import Argument, Request, Source, Value, rows_asked
from suite.workloads.entry import DataSpec, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled(Source):
    """The data set that `sklearn.datasets.load_NAME` returns."""

    classes: int

    def make(self, request: Request) -> Iterator[tuple[str, NDArray[Any]]]:
        """Yield the split arrays."""
        import numpy as np
        from sklearn import datasets

        from suite.datasets.split import split

        X, y = getattr(datasets, f"load_{self.name}")(return_X_y=True)
        target = y.astype(np.int64 if self.classes else np.float64)
        return split(request, X, target, stratify=bool(self.classes), what=self.name)

    def shape(self, spec: DataSpec, args: Mapping[str, Value]) -> tuple[int, int]:
        """Return the known shape."""
        return sum(rows_asked(spec.n_train, spec.n_test, args, self.rows)), self.features

    def origin(self, args: Mapping[str, Value]) -> str:  # noqa: ARG002
        """Name the data set."""
        return f"scikit-learn's {self.name}"


_ARGUMENTS: Mapping[str, Argument] = {
    "test_share": Argument(0.25, "share of the rows that is held out", low=0, high=0.9),
    "standardize": Argument(True, "bring each feature to mean 0 and deviation 1, as estimated on the training rows"),
}


def _bundled(name: str, about: str, rows: int, features: int, classes: int = 0) -> Source:
    return Bundled(
        name=name,
        about=about,
        packages=("numpy", "scikit-learn"),
        arguments=_ARGUMENTS,
        sized=False,
        target=Task.CLASSIFICATION if classes else Task.REGRESSION,
        rows=rows,
        features=features,
        comes_from="scikit-learn",
        licence="BSD-3-Clause",
        classes=classes,
    )


SOURCES: tuple[Source, ...] = (
    _bundled("digits", "8×8 images of handwritten digits of US zip codes, 10 classes", 1797, 64, 10),
    _bundled("breast_cancer", "cell nuclei in images of breast masses, malignant or benign", 569, 30, 2),
    _bundled("diabetes", "progression of diabetes a year after ten measurements", 442, 10),
    _bundled("wine", "chemical analysis of Italian wines of three cultivars", 178, 13, 3),
    _bundled("iris", "sepals and petals of three species of iris", 150, 4, 3),
)
