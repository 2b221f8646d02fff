"""What a pipeline or a search is judged by besides its output: how well its last step was fitted.

The rows that the last step was fitted to are made again in float64 from what the steps before it have learnt; of a
search, the best estimator is judged, with the parameters that were chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from suite.quality import GarbageError
from suite.quality.evidence import Evidence, Floats
from suite.workloads.entry import Workload
from suite.workloads.products import OF_TRAINING_ROWS, Step, steps_of

#: What a step does to rows is told by these attributes, with its defaults.
TRANSFORMERS: Mapping[str, tuple[str, ...]] = {"StandardScaler": ("mean_", "scale_"), "PCA": ("mean_", "components_")}
CHOSEN = "best_index_"


def places(workload: Workload, products: Iterable[str]) -> tuple[str, ...]:
    """Return where the products of a metric are in what the workload fits: attributes are those of its last step."""
    *before, last = steps_of(workload)
    wanted = tuple(products)
    if not last.path or not any(map(_is_attribute, wanted)):
        return wanted
    learnt = [step.place(name) for step in before for name in TRANSFORMERS[step.algorithm]]
    chosen = [CHOSEN] if workload.algorithm == "GridSearchCV" else []
    return (*(last.place(name) if _is_attribute(name) else name for name in wanted), *learnt, *chosen)


def at_last_step(evidence: Evidence, products: Iterable[str]) -> Evidence:
    """Return the evidence of a metric of these products: of the last step alone if it takes fitted attributes."""
    *before, last = steps_of(evidence.workload)
    if not last.path or not any(map(_is_attribute, products)):
        return evidence
    given = dict(evidence.products)
    given |= {name: given[last.place(name)] for name in products if last.place(name) in given}
    return replace(
        evidence,
        workload=replace(evidence.workload, algorithm=last.algorithm, params=_chosen(evidence, last)),
        products=given,
        made=lambda X: Made(X, tuple(_transformations(evidence, before, X.shape[1]))),
    )


def _is_attribute(product: str) -> bool:
    return product != "output" and product not in OF_TRAINING_ROWS


def _chosen(evidence: Evidence, last: Step) -> Mapping[str, Any]:
    """Return the parameters of the last step, with those that a search has chosen."""
    if evidence.workload.algorithm != "GridSearchCV":
        return last.params
    from sklearn.model_selection import ParameterGrid

    candidates = ParameterGrid(evidence.workload.params["param_grid"])
    index = int(evidence.labels(CHOSEN, 1)[0])
    if not 0 <= index < len(candidates):
        raise GarbageError(f"{CHOSEN} is {index}, of {len(candidates)} candidates")
    own = f"{last.algorithm.lower()}__"  # as scikit-learn names the steps of a pipeline
    chosen = {name.removeprefix(own): value for name, value in candidates[index].items() if name.startswith(own)}
    return {**last.params, **chosen}


@dataclass(frozen=True, slots=True, eq=False)
class _Affine:
    """Takes a mean away, then divides by a scale or goes to directions (components, features)."""

    mean: Floats
    scale: Floats | None = None
    directions: Floats | None = None

    def __call__(self, rows: Floats) -> Floats:
        centred = rows - self.mean
        if self.scale is not None:
            centred /= self.scale
        return centred if self.directions is None else centred @ self.directions.T


def _transformations(evidence: Evidence, steps: Iterable[Step], width: int) -> Iterator[_Affine]:
    for step in steps:
        mean = evidence.floats(step.place("mean_"), (width,))
        if step.algorithm == "StandardScaler":
            yield _Affine(mean, scale=evidence.floats(step.place("scale_"), (width,)))
        else:
            components = int(step.params["n_components"])
            yield _Affine(mean, directions=evidence.floats(step.place("components_"), (components, width)))
            width = components


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """Rows as a pipeline's steps make them, in float64, computed as they are taken."""

    X: Any
    steps: tuple[_Affine, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and features there are."""
        return len(self), self[:1].shape[1]

    def __len__(self) -> int:
        return int(self.X.shape[0])

    def __getitem__(self, rows: slice | NDArray[Any]) -> Floats:
        taken = self.X[rows]
        made: Floats = (taken.toarray() if isinstance(taken, csr_array) else taken).astype(np.float64)
        for step in self.steps:
            made = step(made)
        return made
