"""Data of the science workloads: what each is called stands with its topic in `suite.workloads.science`."""

from __future__ import annotations

from suite.datasets.source import Source
from suite.workloads.science import part, topics

SOURCES: tuple[Source, ...] = tuple(source for topic in topics() for source in part(topic, "source").SOURCES)
