"""What is done to images of digits: copies that are warped, shifted, turned or noisy; and straightening."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Images: TypeAlias = NDArray[np.float64]

#: Elastic distortion of images of 28 pixels (Simard, Steinkraus and Platt 2003): correlation and scale in pixels.
CORRELATION = 4.0
SCALE = 34.0
#: Images straightened at once.
CHUNK = 4096


def warp(image: Images, rng: np.random.Generator) -> Images:
    """Return a copy of an image of (side, side), distorted by a smooth random displacement field.

    A displacement that is uniform in [-1, 1] at each pixel is smoothed by a Gaussian and scaled: to about 1.4 pixels
    of 28, and to the same share of the side in images of another size.
    """
    side = image.shape[0]
    zoom = side / 28.0
    field = rng.uniform(-1.0, 1.0, (2, side, side))
    field = SCALE * zoom**2 * ndimage.gaussian_filter(field, (0.0, CORRELATION * zoom, CORRELATION * zoom))
    where = np.indices(image.shape) + field
    return np.asarray(ndimage.map_coordinates(image, where, order=1, mode="constant"), dtype=np.float64)


def enlarged(images: Images, side: int = 28) -> Images:
    """Return (n, side, side) images, interpolated by cubic splines within the range of the values."""
    larger = ndimage.zoom(images, (1.0, side / images.shape[1], side / images.shape[2]), order=3)
    return np.asarray(np.clip(larger, images.min(), images.max()), dtype=np.float64)


def shifted(images: Images) -> Images:
    """Return (n, side, side) images moved by a pixel, to the right and down; what leaves the edge is lost."""
    moved = np.zeros_like(images)
    moved[:, 1:, 1:] = images[:, :-1, :-1]
    return moved


def turned(images: Images, degrees: float = 20.0) -> Images:
    """Return the images turned about their centre."""
    return np.asarray(
        ndimage.rotate(images, degrees, axes=(2, 1), reshape=False, order=1, mode="constant"), dtype=np.float64
    )


def noisy(images: Images, rng: np.random.Generator, share: float = 0.3) -> Images:
    """Return the images with Gaussian noise of this share of the brightest value, within the range of the values."""
    brightest = images.max()
    return np.asarray(np.clip(images + share * brightest * rng.standard_normal(images.shape), 0.0, brightest))


def straighten(X: NDArray[Any]) -> NDArray[Any]:
    """Scale rows of pixels to [0, 1], put each digit's centre of mass in the middle, and take out its slant.

    The slant is the covariance of column and row over the variance of the row; each row of pixels is moved by it, with
    linear interpolation. Rows of X's dtype are returned.
    """
    side = round(X.shape[1] ** 0.5)
    out = np.empty(X.shape, X.dtype)
    brightest = float(X.max())
    for at in range(0, len(X), CHUNK):
        images = np.asarray(X[at : at + CHUNK], dtype=np.float64).reshape(-1, side, side) / brightest
        out[at : at + CHUNK] = _upright(images).reshape(len(images), -1)
    return out


def _upright(images: Images) -> Images:
    side = images.shape[1]
    along = np.arange(side, dtype=np.float64)
    mass = np.maximum(images.sum(axis=(1, 2)), 1e-12)
    columns, rows = images.sum(axis=1), images.sum(axis=2)
    x, y = columns @ along / mass, rows @ along / mass
    from_y = along - y[:, None]
    covariance = np.einsum("nij,ni,j->n", images, from_y, along) / mass  # from_y sums to zero: no mean of x needed
    variance = (rows * from_y**2).sum(axis=1) / mass
    slant = np.where(variance > 1e-12, covariance / np.maximum(variance, 1e-12), 0.0)
    middle = (side - 1) / 2.0
    down = np.rint(y - middle).astype(np.int64)  # whole rows: a slant needs no interpolation between them
    row = np.arange(side) + down[:, None]
    shift = slant[:, None] * (row - y[:, None]) + (x - middle)[:, None]
    column = along + shift[:, :, None]
    left = np.floor(column).astype(np.int64)
    right = column - left
    number = np.arange(len(images))[:, None, None]
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))  # outside is dark

    def pixel(column: NDArray[np.int64]) -> Images:
        taken = padded[number, np.clip(row, -1, side)[:, :, None] + 1, np.clip(column, -1, side) + 1]
        return np.asarray(taken, dtype=np.float64)

    return np.asarray((1.0 - right) * pixel(left) + right * pixel(left + 1), dtype=np.float64)
