"""Generated data: what each generator is called and which arguments it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from suite.datasets.source import Argument, ArgumentError, Request, Source, Value
from suite.workloads.entry import DataSpec, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthetic(Source):
    """A generator: the function of the same name in `suite.datasets.generators`.

    `within_features` are arguments that count features, and together cannot exceed them.
    """

    within_features: tuple[str, ...] = ()

    def resolve(self, spec: DataSpec) -> dict[str, Value]:
        """Return all arguments, checked also against the number of features."""
        args = Source.resolve(self, spec)
        if self.within_features and sum(int(args[name]) for name in self.within_features) > spec.n_features:
            counts = " + ".join(f"{name} ({args[name]})" for name in self.within_features)
            raise ArgumentError(self.within_features[0], f"{counts} exceeds n_features ({spec.n_features})")
        return args

    def make(self, request: Request) -> Iterator[tuple[str, NDArray[Any]]]:
        """Yield the arrays."""
        from suite.datasets import generators

        arrays: Iterator[tuple[str, NDArray[Any]]] = getattr(generators, self.name)(request)
        return arrays

    def shape(self, spec: DataSpec, args: Mapping[str, Value]) -> tuple[int, int]:  # noqa: ARG002
        """Return what was asked for."""
        return spec.n_train + spec.n_test, spec.n_features

    def origin(self, args: Mapping[str, Value]) -> str:  # noqa: ARG002
        """Name the generator."""
        return f"generated ({self.name}, version {self.version})"


SOURCES: tuple[Source, ...] = (
    Synthetic(
        name="classification",
        target=Task.CLASSIFICATION,
        within_features=("n_informative", "n_redundant"),
        about="Gaussian clusters seen through correlated, noisy and useless features",
        arguments={
            "n_classes": Argument(2, "number of classes", low=2, high=10_000),
            "n_informative": Argument(10, "dimensions of the latent space", low=1),
            "n_redundant": Argument(0, "further mixtures of the latent dimensions", low=0),
            "clusters_per_class": Argument(1, "more than one makes the classes not linearly separable", low=1),
            "separation": Argument(
                1.0, "standard deviation of the cluster centres, the clusters' own being near 1", low=0
            ),
            "flip": Argument(0.01, "share of labels drawn anew", low=0, high=1),
        },
    ),
    Synthetic(
        name="regression",
        target=Task.REGRESSION,
        within_features=("n_informative",),
        about="correlated features and a target of known noise",
        arguments={
            "n_informative": Argument(10, "features that the target depends on", low=1),
            "n_factors": Argument(5, "common factors behind the correlation of the features", low=1),
            "correlation": Argument(0.5, "share of each feature's variance that is common", low=0, high=1),
            "curvature": Argument(0.0, "strength of the products of features, relative to the linear part", low=0),
            "noise": Argument(0.5, "standard deviation of the noise, that of the linear part being 1", low=0),
        },
    ),
    Synthetic(
        name="blobs",
        target=Task.CLUSTERING,
        about="Gaussian clusters of different spread",
        arguments={
            "n_clusters": Argument(10, "number of clusters", low=1),
            "separation": Argument(2.0, "standard deviation of the centres, the clusters' own being near 1", low=0),
        },
    ),
    Synthetic(
        name="density",
        target=Task.CLUSTERING,
        about="curved bands on a uniform background, in few dimensions",
        arguments={
            "n_clusters": Argument(10, "number of bands", low=1, high=1 << 24),
            "thickness": Argument(0.03, "standard deviation across a band, one unit being a band's cell", low=0),
            "background": Argument(0.05, "share of points spread uniformly", low=0, high=1),
        },
    ),
    Synthetic(
        name="low_rank",
        within_features=("rank",),
        about="few strong directions in isotropic noise",
        arguments={
            "rank": Argument(10, "number of directions", low=1),
            "decay": Argument(0.9, "strength of each direction relative to the one before", low=0, high=1),
            "noise": Argument(0.5, "noise relative to the weakest direction", low=0),
        },
    ),
)
