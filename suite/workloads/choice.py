"""One choice of what to measure, and what is equal in the comparison."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from suite.workloads.entry import DataSpec, Size, Workload


class Division(StrEnum):
    """What is equal in a comparison: the hyper-parameters, or the quality that is reached."""

    SAME_WORK = "same-work"
    TIME_TO_QUALITY = "time-to-quality"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A speed-up that somebody else has published for the same operation and shape.

    `of` is training, inference or total; `at_least` is true for a lower bound. `source` says where and on what.
    """

    speedup: float
    of: str
    backend: str = ""
    at_least: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a workload's ladder: the workload without it, and which of `of` steps, 0 the coarsest."""

    workload: str
    parameter: str
    value: int | float
    index: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One workload at one size, in one dtype and order: what becomes a group.

    `shape` names rows and features where they are not the workload's own: its data then have only this size. `step` is
    the step of its ladder that the workload is set to, in time to quality.
    """

    workload: Workload
    size: Size
    dtype: str
    order: str
    shape: str = ""
    published: Published | None = None
    step: Step | None = None

    @property
    def id(self) -> str:
        """The name of the group."""
        return f"{self.workload.name}/{self.size_name}/{self.dtype}/{self.order}"

    @property
    def size_name(self) -> str:
        """The size, or the shape where that was asked for."""
        return self.shape or self.size.value

    @property
    def data(self) -> DataSpec:
        """The data at this size."""
        return self.workload.data[self.size]
