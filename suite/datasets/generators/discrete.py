"""Counts of words and codes of categories."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from suite.datasets.generators.chunks import (
    STRUCTURE,
    TEST,
    TRAIN,
    Arrays,
    Floats,
    Integers,
    chunk_rows,
    in_threads,
    labelled,
    stream,
)
from suite.datasets.generators.draws import normals
from suite.datasets.source import Request, Value

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: The rarest word has about this many entries in the table that words are drawn from.
LEAST_ENTRIES = 2


@dataclass(frozen=True, slots=True)
class Documents:
    """Counts of some rows: how many words differ in each row, and these words with their counts, row by row."""

    lengths: Integers
    words: NDArray[Any]
    counts: NDArray[Any]

    def first(self, rows: int) -> Documents:
        """Return the first rows only."""
        if rows == len(self.lengths):
            return self
        end = int(self.lengths[:rows].sum())
        return Documents(self.lengths[:rows], self.words[:end].copy(), self.counts[:end].copy())


def counts(request: Request) -> Arrays:
    """Counts of words in documents of topics, the class being the topic: a CSR matrix, or a dense one of the same.

    The words of a document, `words` in the mean and up to half as many more or less, are drawn from Zipf's law (the
    word of rank r as often as 1/r): a share `topical` from the topic's ranking of the vocabulary of `n_features`, the
    others from one for all.
    """
    arg = request.args
    topics = _Topics(request, stream(request, STRUCTURE))
    rows = chunk_rows(int(arg["words"]))
    for part, end, n in ((TRAIN, "train", request.n_train), (TEST, "test", request.n_test)):
        if not n:
            continue
        y = request.allocate(f"y_{end}", (n,), "int64", "C")
        X = (
            None
            if arg["sparse"]
            else request.allocate(f"X_{end}", (n, request.n_features), request.dtype, request.order)
        )

        def make(number: int, part: int = part, n: int = n, y: Any = y, X: Any = X) -> Documents | None:
            kept = slice(number * rows, min((number + 1) * rows, n))
            topic, documents = topics.documents(stream(request, part, number), rows)
            documents = documents.first(kept.stop - kept.start)
            y[kept] = topic[: kept.stop - kept.start]
            if X is None:
                return documents
            X[np.repeat(np.arange(kept.start, kept.stop), documents.lengths), documents.words] = documents.counts
            return None

        made = in_threads(make, -(-n // rows))
        if X is None:
            yield f"X_{end}", _joined(filter(None, made), (n, request.n_features), n * topics.most, request.dtype)
        else:
            deque(made, maxlen=0)
            yield f"X_{end}", X
        yield f"y_{end}", y


class _Topics:
    """Draws documents: each topic ranks the words by another stretch of one random order of them."""

    def __init__(self, request: Request, rng: Generator) -> None:
        arg, self._size = request.args, request.n_features
        self._dtype = request.dtype
        self._words, self._topical = int(arg["words"]), float(arg["topical"])
        self.most = min(max(self._words + self._words // 2, 1), self._size)
        self._n_topics = int(arg["n_classes"])
        self._order = rng.permutation(self._size)
        self._begins = np.arange(self._n_topics) * self._size // self._n_topics
        self._table = zipf_table(self._size)

    def documents(self, rng: Generator, n: int) -> tuple[Integers, Documents]:
        """Return n topics and documents."""
        topic = rng.integers(0, self._n_topics, n)
        length = np.maximum(rng.integers(self._words - self._words // 2, self._words + self._words // 2 + 1, n), 1)
        row = np.repeat(np.arange(n), length)
        rank = self._table[rng.integers(0, len(self._table), len(row))]
        topical = rng.random(len(row)) < self._topical
        own = self._order[(rank + self._begins[topic[row]]) % self._size]
        found, times = np.unique(row * self._size + np.where(topical, own, rank), return_counts=True)
        return topic, Documents(
            np.bincount(found // self._size, minlength=n),
            (found % self._size).astype(np.int32),
            times.astype(self._dtype),
        )


def zipf_table(size: int) -> NDArray[np.int32]:
    """Return ranks 0 ... size - 1, each about as often as 1/(rank + 1): an entry at random follows Zipf's law."""
    weights = 1.0 / np.arange(1.0, size + 1.0)
    entries = np.floor(weights * (LEAST_ENTRIES * size)).astype(np.int64)
    return np.repeat(np.arange(size, dtype=np.int32), entries)


def _joined(parts: Iterable[Documents], shape: tuple[int, int], most: int, dtype: str) -> csr_array[Any]:
    """Join the rows of all parts as they come.

    There is room for `most` entries, but only what is written takes memory: keeping the parts would take it twice.
    """
    from scipy.sparse import csr_array

    kind = np.int32 if max(most, *shape) < 1 << 31 else np.int64
    data, indices = np.empty(most, dtype), np.empty(most, kind)
    ends = np.zeros(shape[0] + 1, kind)
    row = at = 0
    for part in parts:
        data[at : at + len(part.words)] = part.counts
        indices[at : at + len(part.words)] = part.words
        ends[row + 1 : row + 1 + len(part.lengths)] = at + np.cumsum(part.lengths)
        row, at = row + len(part.lengths), at + len(part.words)
    return csr_array((data[:at], indices[:at], ends), shape=shape)


def categories(request: Request) -> Arrays:
    """Codes of categories as whole floats, and a target that each category of `n_informative` columns moves.

    Column j has the codes 0 ... K - 1, K being the entries of `cardinalities` in turn; low codes are more frequent, as
    P(code < c) = sqrt(c / K). With `task` regression, y is a sum of effects, of variance 1, and noise × N(0, 1); with
    classification there is such a sum for each class, and the largest wins.
    """
    arg = request.args
    d, informative = request.n_features, int(arg["n_informative"])
    numeric = arg["task"] == "regression"
    noise = float(arg["noise"])
    sizes = np.resize(sizes_of(arg["cardinalities"]), d)
    rng = stream(request, STRUCTURE)
    columns = rng.permutation(d)[:informative]
    n_sums = 1 if numeric else int(arg["n_classes"])
    effects = [_effects(rng, n_sums, int(sizes[column])) / np.sqrt(float(informative)) for column in columns]

    def fill(rng: Generator, chunk: Floats, target: NDArray[Any]) -> None:
        rng.random(out=chunk)
        chunk *= chunk
        chunk *= sizes[:, None]
        np.floor(chunk, out=chunk)
        sums = noise * normals(rng, np.empty((n_sums, len(target))))
        for column, effect in zip(columns, effects, strict=True):
            codes = chunk[column].astype(np.intp)
            for values, moved in zip(sums, effect, strict=True):
                values += moved[codes]
        target[:] = sums[0] if numeric else sums.argmax(axis=0)

    return labelled(request, fill, request.dtype if numeric else "int64")


def sizes_of(cardinalities: Value) -> list[int]:
    """Return the numbers of categories that a text names; raises ValueError if these are no numbers."""
    return [int(number) for number in str(cardinalities).split(",")]


def _effects(rng: Generator, n_sums: int, size: int) -> Floats:
    """Return (sums, categories) effects of mean 0 and variance 1 over the rows."""
    ends = np.sqrt(np.arange(size + 1.0) / size)
    shares = ends[1:] - ends[:-1]
    effects = rng.standard_normal((n_sums, size))
    effects -= (effects * shares).sum(axis=1, keepdims=True)
    effects /= np.sqrt((effects * effects * shares).sum(axis=1, keepdims=True))
    return effects
