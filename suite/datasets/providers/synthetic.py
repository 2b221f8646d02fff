"""Generated data: what each generator is called and which arguments it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from suite.datasets.source import Argument, ArgumentError, Request, Source, Value
from suite.workloads.entry import DataSpec, Task

if TYPE_CHECKING:
    from suite.datasets.source import Made

#: float32 has every whole number up to 16 times this.
MOST_CATEGORIES = 1 << 20
#: Of a larger vocabulary, the rarer words are counted as never said in an estimate.
MOST_RANKS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthetic(Source):
    """A generator: the function of the same name in `suite.datasets.generators`.

    `within_features` are arguments that count features, and together cannot exceed them; with `plane` it takes two.
    """

    within_features: tuple[str, ...] = ()
    plane: bool = False

    def resolve(self, spec: DataSpec) -> dict[str, Value]:
        """Return all arguments, checked also against the number of features."""
        args = Source.resolve(self, spec)
        if self.plane and spec.n_features < 2:
            raise ArgumentError("n_features", f"{self.name} lie in a plane: n_features must be at least 2, not 1")
        if self.within_features and sum(int(args[name]) for name in self.within_features) > spec.n_features:
            counts = " + ".join(f"{name} ({args[name]})" for name in self.within_features)
            raise ArgumentError(self.within_features[0], f"{counts} exceeds n_features ({spec.n_features})")
        return args

    def make(self, request: Request) -> Iterator[tuple[str, Made]]:
        """Yield the arrays."""
        from suite.datasets import generators

        arrays: Iterator[tuple[str, Made]] = getattr(generators, self.name)(request)
        return arrays

    def shape(self, spec: DataSpec, args: Mapping[str, Value]) -> tuple[int, int]:  # noqa: ARG002
        """Return what was asked for."""
        return spec.n_train + spec.n_test, spec.n_features

    def origin(self, args: Mapping[str, Value]) -> str:  # noqa: ARG002
        """Name the generator."""
        return f"generated ({self.name}, version {self.version})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression(Synthetic):
    """The generator of a numeric target."""

    def resolve(self, spec: DataSpec) -> dict[str, Value]:
        """Return all arguments, checked: there is one cause of correlation at a time."""
        args = Synthetic.resolve(self, spec)
        if not args["condition"]:
            return args
        for name in ("correlation", "n_factors"):
            if name in spec.args:
                raise ArgumentError("condition", f"condition takes the place of {name}: give one of them")
        if args["condition"] < 1 or (args["condition"] > 1 and spec.n_features < 2):
            least = "at least 1, or 0 for none" if spec.n_features > 1 else "1 where there is a single feature"
            raise ArgumentError("condition", f"condition must be {least}, not {args['condition']:g}")
        return args


@dataclass(frozen=True, slots=True, kw_only=True)
class Categories(Synthetic):
    """The generator of categories."""

    def resolve(self, spec: DataSpec) -> dict[str, Value]:
        """Return all arguments, the cardinalities checked: whole numbers, each a possible number of categories."""
        args = Synthetic.resolve(self, spec)
        for number in args["cardinalities"].split(","):
            text = number.strip()
            if not (text.isascii() and text.isdigit() and len(text) < 9 and 2 <= int(text) <= MOST_CATEGORIES):
                raise ArgumentError(
                    "cardinalities",
                    f"cardinalities must be whole numbers from 2 to {MOST_CATEGORIES} with commas, as '4,16,64', "
                    f"not {args['cardinalities']!r}",
                )
        return args


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts(Synthetic):
    """The generator of counts of words, which may be sparse."""

    def resolve(self, spec: DataSpec) -> dict[str, Value]:
        """Return all arguments, checked: more topics than words cannot be told apart."""
        args = Synthetic.resolve(self, spec)
        if args["n_classes"] > spec.n_features:
            raise ArgumentError(
                "n_classes", f"n_classes ({args['n_classes']}) exceeds n_features ({spec.n_features}), the vocabulary"
            )
        return args

    def entries_a_row(self, spec: DataSpec, args: Mapping[str, Value]) -> float | None:
        """Return how many different words a document has, by the law that they follow; None if dense."""
        if not args["sparse"]:
            return None
        weights = [1 / rank for rank in range(1, min(spec.n_features, MOST_RANKS) + 1)]
        total = sum(weights) + max(log(spec.n_features / MOST_RANKS), 0.0)
        return sum(
            sum(1 - (1 - weight / total) ** drawn for weight in weights)
            for drawn in (args["words"] * args["topical"], args["words"] * (1 - args["topical"]))
        )


SOURCES: tuple[Source, ...] = (
    Synthetic(
        name="classification",
        version=4,
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
            "imbalance": Argument(1.0, "rows of each class relative to the next one's", low=1, high=1e6),
            "flip": Argument(0.01, "share of labels drawn anew", low=0, high=1),
        },
    ),
    Regression(
        name="regression",
        version=4,
        target=Task.REGRESSION,
        within_features=("n_informative",),
        about="correlated features and a target of known noise",
        arguments={
            "n_informative": Argument(10, "features that the target depends on", low=1),
            "n_factors": Argument(5, "common factors behind the correlation of the features", low=1),
            "correlation": Argument(0.5, "share of each feature's variance that is common", low=0, high=1),
            "curvature": Argument(0.0, "strength of the products of features, relative to the linear part", low=0),
            "target": Argument("number", "what y is", choices=("number", "counts")),
            "condition": Argument(
                0.0, "condition number of the centred features, in place of common factors; 0: none", low=0, high=1e9
            ),
            "noise": Argument(0.5, "standard deviation of the noise, that of the linear part being 1", low=0),
            "noise_freedom": Argument(
                0, "degrees of freedom of noise that is Student's t, of scale `noise`; 0: normal", low=0, high=100
            ),
        },
    ),
    Synthetic(
        name="blobs",
        version=3,
        target=Task.CLUSTERING,
        about="Gaussian clusters of different spread",
        arguments={
            "n_clusters": Argument(10, "number of clusters", low=1),
            "separation": Argument(2.0, "standard deviation of the centres, the clusters' own being near 1", low=0),
            "stretch": Argument(
                1.0, "width along a direction of each cluster, relative to the others", low=1, high=1e6
            ),
            "background": Argument(0.0, "share of points spread uniformly", low=0, high=1),
        },
    ),
    Synthetic(
        name="density",
        version=3,
        target=Task.CLUSTERING,
        about="curved bands on a uniform background, in few dimensions",
        arguments={
            "n_clusters": Argument(10, "number of bands", low=1, high=1 << 24),
            "thickness": Argument(0.03, "standard deviation across a band, one unit being a band's cell", low=0),
            "background": Argument(0.05, "share of points spread uniformly", low=0, high=1),
        },
    ),
    Synthetic(
        name="moons",
        target=Task.CLUSTERING,
        plane=True,
        about="two half circles that reach into each other, or two circles, one in the other",
        arguments={
            "shape": Argument("moons", "which curves", choices=("moons", "circles")),
            "inner": Argument(0.5, "radius of the inner circle, that of the outer one being 1", low=0, high=1),
            "noise": Argument(0.06, "standard deviation around the curves", low=0),
        },
    ),
    Synthetic(
        name="low_rank",
        version=4,
        within_features=("rank",),
        about="few strong directions in isotropic noise",
        arguments={
            "rank": Argument(10, "number of directions", low=1),
            "decay": Argument(0.9, "strength of each direction relative to the one before", low=0, high=1),
            "noise": Argument(0.5, "noise relative to the weakest direction", low=0),
        },
    ),
    Synthetic(
        name="heavy_tails",
        version=2,
        target=Task.OUTLIERS,
        about="one crowd with heavy tails, and known outliers",
        arguments={
            "freedom": Argument(5, "degrees of freedom of Student's t: fewer make heavier tails", low=1, high=100),
            "outliers": Argument(0.05, "share of outliers", low=0, high=1),
            "reach": Argument(8.0, "outliers are uniform within this of 0, the crowd's scale being 1", low=0),
        },
    ),
    Counts(
        name="counts",
        version=2,
        target=Task.CLASSIFICATION,
        about="sparse counts of words in documents of topics",
        arguments={
            "n_classes": Argument(20, "number of topics", low=2, high=10_000),
            "words": Argument(100, "words of a document in the mean", low=1, high=1 << 18),
            "topical": Argument(0.1, "share of words from the topic's own ranking", low=0, high=1),
            "sparse": Argument(True, "as a CSR matrix; otherwise dense"),
        },
    ),
    Categories(
        name="categories",
        version=2,
        within_features=("n_informative",),
        about="codes of categories, and a target that they move",
        arguments={
            "cardinalities": Argument("4,16,64", "numbers of categories, in turn over the columns"),
            "n_informative": Argument(5, "columns that the target depends on", low=1),
            "task": Argument("classification", "what the target is", choices=("classification", "regression")),
            "n_classes": Argument(2, "number of classes, for classification", low=2, high=1000),
            "noise": Argument(0.5, "standard deviation of the noise, that of the effects being 1", low=0),
        },
    ),
)
