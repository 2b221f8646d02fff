"""What the data are called."""

from __future__ import annotations

from suite.datasets.simulated import Simulated
from suite.datasets.source import Argument, Source
from suite.workloads.entry import Task

SOURCES: tuple[Source, ...] = (
    Simulated(
        name="injector_map",
        about="simulated cavitating flow past an injector's needle: five parameters to maps of the exit plane",
        topic="injector",
        packages=("numpy", "scipy"),
        arguments={
            "cells": Argument(96, "cells along the nozzle, half as many across", low=16, high=4096),
            "records": Argument(100, "times in a map", low=4, high=10_000),
            "n_far": Argument(16, "simulations beyond the range of the training ones", low=2, high=1e6),
            "n_designs": Argument(10_000, "further designs to explore", low=0, high=1e8),
            "n_points": Argument(0, "points of the training maps to learn one by one; 0 is all", low=0, high=1e12),
        },
        target=Task.REGRESSION,
    ),
)
