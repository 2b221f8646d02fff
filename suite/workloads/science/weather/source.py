"""What the data are called."""

from __future__ import annotations

from suite.datasets.simulated import Simulated
from suite.datasets.source import Argument, Source

SOURCES: tuple[Source, ...] = (
    Simulated(
        name="weather_turbulence",
        about="simulated turbulence on a beta-plane: stream functions in time, and observations to assimilate; "
        "n_features is the square of the points along a side",
        topic="weather",
        version=2,
        packages=("numpy", "scipy"),
        arguments={
            "trajectories": Argument(4, "independent simulations for training; divides n_train", low=1, high=1e5),
            "cases": Argument(4, "independent simulations held out; divides n_test", low=2, high=1e4),
            "stations": Argument(100, "points that are observed", low=1, high=1e6),
            "members": Argument(250, "members of each case's ensemble", low=2, high=1e6),
        },
    ),
)
