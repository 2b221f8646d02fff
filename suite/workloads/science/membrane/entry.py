"""The entries of finding membranes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from suite.workloads.entry import DataSpec, Size, Workload
from suite.workloads.science.shorthand import classifier
from suite.workloads.shapes import seconds

#: Pixels of an image: see `micrograph`, which imports NumPy.
_PIXELS = 128**2

_DATA: Mapping[Size, DataSpec] = {
    size: DataSpec(source="em_membrane", n_train=train * _PIXELS, n_test=test * _PIXELS, n_features=1)
    for size, (train, test) in zip(Size, ((5, 4), (45, 16), (450, 160), (4_500, 1_600)), strict=True)
}


_entry = partial(classifier, name="em_membrane", workflow="membrane", metric="membrane_f1", data=_DATA)

WORKLOADS: tuple[Workload, ...] = (
    _entry(
        "forest",
        "RandomForestClassifier",
        "Membranes of cells in micrographs, each pixel classified by 31 filters of its surroundings.",
        {"n_estimators": 20, "max_depth": 12, "max_features": 6, "min_samples_leaf": 2, "bootstrap": True,
         "random_state": "$seed"},
        (0.01, "seeds differ by 0.0015 (deviation), engines by 0.001; a tenth of the annotated pixels costs 0.015"),
        seconds(1.5, 15, 200, 2500),
    ),
)  # fmt: skip
