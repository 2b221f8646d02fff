"""What is told of a pixel: the grey value and filters of its surroundings, as in interactive segmentation.

The filters are those of ilastik (Berg et al., Nature Methods 16 (2019) 1226), at its first six scales.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

#: Standard deviations of the Gaussians, in pixels.
SCALES = (0.7, 1.0, 1.6, 3.5, 5.0, 10.0)

#: The grey value; then at each scale its mean, Laplacian, gradient and the two eigenvalues of the Hessian.
FEATURES = 1 + 5 * len(SCALES)


def filters(image: NDArray[Any]) -> NDArray[Any]:
    """Return the features (rows, columns, 31) of the pixels of an image (rows, columns), in its dtype."""
    grey = np.asarray(image, dtype=np.float64)
    out = np.empty((*image.shape, FEATURES), dtype=image.dtype)
    out[..., 0] = image
    for number, scale in enumerate(SCALES):
        out[..., 1 + 5 * number : 6 + 5 * number] = np.stack(at_scale(grey, scale), axis=-1)
    return out


def at_scale(grey: NDArray[np.float64], scale: float) -> tuple[NDArray[np.float64], ...]:
    """Return mean, Laplacian, gradient's magnitude, and larger and smaller eigenvalue of the Hessian at a scale."""
    smooth, *slopes = (ndimage.gaussian_filter(grey, scale, order=order) for order in ((0, 0), (1, 0), (0, 1)))
    yy, xy, xx = (ndimage.gaussian_filter(grey, scale, order=order) for order in ((2, 0), (1, 1), (0, 2)))
    trace, difference = yy + xx, np.hypot(yy - xx, 2.0 * xy)
    return smooth, trace, np.hypot(*slopes), 0.5 * (trace + difference), 0.5 * (trace - difference)


def smoothed(images: NDArray[Any], scale: float = 1.0) -> NDArray[np.float64]:
    """Return the mean grey values around each pixel of images (n, rows, columns)."""
    return np.stack([ndimage.gaussian_filter(np.asarray(image, dtype=np.float64), scale) for image in images])
