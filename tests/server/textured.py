"""Pictures for the walk's parts, painted in code."""

import cv2
import numpy as np
from infinite_parallax.inpaint_server.engines.contract import RGB


def textured(height: int, width: int, seed: int = 0) -> RGB:
    """Cloudy noise: smooth enough to have seams, rough enough to have no two places alike."""
    random = np.random.default_rng(seed)
    rough = random.normal(0, 1, (height + 20, width + 20, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(rough, (0, 0), 3)[10:-10, 10:-10]
    y = np.linspace(-40, 40, height)[:, None, None]
    picture: RGB = (128 + y + 300 * soft + 6 * rough[10:-10, 10:-10]).clip(0, 255).astype(np.uint8)
    return picture
