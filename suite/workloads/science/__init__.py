"""The science workloads: what is learnt is part of a workflow, and is judged by what that workflow is for."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suite.workloads.entry import Workload
    from suite.workloads.science.workflow import Workflow


def topics() -> tuple[str, ...]:
    """Return the topics: the packages in this one."""
    return tuple(found.name for found in iter_modules(__path__) if found.ispkg)


def part(topic: str, name: str) -> Any:
    """Import one part of a topic; see `suite.workloads.science.workflow`."""
    return import_module(f"{__name__}.{topic}.{name}")


def entries() -> Iterator[Workload]:
    """Yield the entries of all topics. Imports nothing but the standard library."""
    for topic in topics():
        yield from part(topic, "entry").WORKLOADS


def workflow_of(name: str) -> Workflow:
    """Return the workflow `topic` or `topic.name`."""
    topic, _, which = name.partition(".")
    workflow: Workflow = part(topic, "workflow").WORKFLOWS[which or topic]
    return workflow
