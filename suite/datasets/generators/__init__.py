"""Synthetic data by NumPy's Generator, chunk by chunk and in threads, straight into the asked dtype and order.

Every value is made of normal, uniform and integer draws by sums, products, quotients and square roots, element by
element: no transcendental function, whose last bits depend on the processor, and no matrix product but of numbers so
short that it is exact. (NumPy itself takes a logarithm for normal draws beyond 3.65, one in 4000.) A data set of
float32 is that of float64 rounded, without a float64 copy of more than a chunk for each thread: float32 draws would
take the same time, and both dtypes then are one problem.

Each chunk has a random stream of its own, and is drawn whole even where only a part is kept. So the bytes do not depend
on the number of threads, held-out rows not on the number of training rows, and the first rows not on the number of all.
"""

from __future__ import annotations

from suite.datasets.generators.clusters import blobs, density, heavy_tails, moons
from suite.datasets.generators.discrete import categories, counts
from suite.datasets.generators.latent import classification, low_rank, regression

__all__ = [
    "blobs",
    "categories",
    "classification",
    "counts",
    "density",
    "heavy_tails",
    "low_rank",
    "moons",
    "regression",
]
