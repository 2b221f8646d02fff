"""Images like electron micrographs of tissue; lengths in pixels, grey values from about 0 (dark) to 1 (bright)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]

#: Pixels along a side of an image.
SIDE = 128
PIXELS = SIDE**2

#: Area of a cell on average, and how far outside the image there are cells.
CELL_AREA, MARGIN = 980.0, 40.0

#: Smooth displacement of the walls: its deviation, and the length over which it changes.
WARP, WARP_LENGTH = 2.0, 15.0

#: A pixel is membrane if it is nearer to a wall than this. Walls are sought between so many nearest centres.
MEMBRANE, NEIGHBOURS = 2.0, 8

#: Grey values: the cytoplasm with its texture, and how much darker the middle of a membrane is.
CYTOPLASM, TEXTURE, TEXTURE_LENGTH = 0.75, 0.045, 3.0
DARKNESS, DARKNESS_WIDTH = 0.45, 1.67

#: Organelles are ellipses with these semi-axes and a dark rim, which looks like a membrane and is none.
ORGANELLES_PER_CELL, LEAST_AXIS, GREATEST_AXIS = 0.5, 4.0, 9.0
RIM, RIM_STARTS, INSIDE = 0.35, 0.55, 0.5

#: Standard deviations of the microscope's blur.
BLUR = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Microscope:
    """How noisy images are: the deviation of the noise of a pixel."""

    noise: float


GOOD = Microscope(noise=0.18)
NOISY = Microscope(noise=0.35)


def smooth_noise(rng: np.random.Generator, length: float, deviation: float) -> Floats:
    """Return a random field (SIDE, SIDE) of mean 0, smooth over `length`."""
    rough = rng.standard_normal((SIDE, SIDE))
    field = ndimage.gaussian_filter(rough, length, mode="wrap")
    return np.asarray(field * (deviation * 2.0 * np.sqrt(np.pi) * length))


def walls(rng: np.random.Generator) -> Floats:
    """Return each pixel's distance to the nearest wall between warped Voronoi cells of random centres.

    From a point in the cell of centre c, the wall to centre c' is (|x - c'|^2 - |x - c|^2) / (2 |c' - c|) away.
    """
    extent = SIDE + 2.0 * MARGIN
    centres = rng.uniform(-MARGIN, SIDE + MARGIN, (round(extent**2 / CELL_AREA), 2))
    warp = np.stack([smooth_noise(rng, WARP_LENGTH, WARP) for _ in range(2)])
    place = (np.indices((SIDE, SIDE)) + warp).reshape(2, -1).T
    distance, which = (np.asarray(found) for found in cKDTree(centres).query(place, k=NEIGHBOURS))
    between = np.linalg.norm(centres[which[:, 1:]] - centres[which[:, :1]], axis=-1)
    to_walls = (distance[:, 1:] ** 2 - distance[:, :1] ** 2) / (2.0 * between)
    return np.asarray(to_walls.min(axis=1).reshape(SIDE, SIDE))


def add_organelles(rng: np.random.Generator, image: Floats, membrane: NDArray[np.bool_]) -> None:
    """Draw organelles into an image, but not over membranes."""
    y, x = np.indices((SIDE, SIDE), sparse=True)
    for _ in range(round(ORGANELLES_PER_CELL * PIXELS / CELL_AREA)):
        centre, axes = rng.uniform(0.0, SIDE, 2), rng.uniform(LEAST_AXIS, GREATEST_AXIS, 2)
        radius2 = ((y - centre[0]) / axes[0]) ** 2 + ((x - centre[1]) / axes[1]) ** 2
        image[(radius2 < 1.0) & ~membrane] = RIM
        image[(radius2 < RIM_STARTS) & ~membrane] = INSIDE


def micrograph(rng: np.random.Generator, microscope: Microscope) -> tuple[Floats, NDArray[np.bool_]]:
    """Return an image (SIDE, SIDE) and which of its pixels are membrane."""
    distance = walls(rng)
    membrane = distance < MEMBRANE
    image = CYTOPLASM - DARKNESS * np.exp(-((distance / DARKNESS_WIDTH) ** 2))
    image += smooth_noise(rng, TEXTURE_LENGTH, TEXTURE)
    add_organelles(rng, image, membrane)
    blurred = ndimage.gaussian_filter(image, BLUR)
    return blurred + microscope.noise * rng.standard_normal((SIDE, SIDE)), membrane


def images_of(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return the images (n, SIDE, SIDE) that pixels one below another, (n * PIXELS,) or (n * PIXELS, 1), are of."""
    return pixels.reshape(-1, SIDE, SIDE)
