"""Speeds from a depth map that the user gives: each layer's median disparity becomes its speed factor.

Only for layers whose rows are known; where the layers are to be suggested, the server does both from the map.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ..inpaint_server.limits import Limits
from ..inpaint_server.pictures import read_picture
from ..shared import plan as plans
from ..shared.errors import UsageError
from ..shared.project import Project
from .plan_table import picture_size


def with_depth(project: Project, picture: Path, depth: Path) -> Project:
    """The project with the law depth and the disparities of its layers, 0 (black, far) to 1 (white, near)."""
    by_depth = replace(project, speed=replace(project.speed, law="depth"))
    if not project.layers and project.cut.mode != "straight":
        return by_depth
    if not depth.is_file():
        raise UsageError(f"There is no depth map at {depth}.", "Check the path.")
    width, height = picture_size(picture)
    disparity = read_picture(depth.read_bytes(), Limits()).mean(axis=2) / 255
    if abs(disparity.shape[1] / disparity.shape[0] - width / height) > 0.02 * width / height:
        raise UsageError(
            f"The depth map is {disparity.shape[1]}x{disparity.shape[0]} px, the picture {width}x{height}.",
            "Give a depth map with the picture's proportions.",
        )
    layers = project.layers or plans.default_layers(height)
    ends = np.cumsum([layer.height or 0 for layer in layers[:-1]])
    edges = np.rint(np.array([0, *ends, height]) * disparity.shape[0] / height).astype(int)
    measured = tuple(
        replace(layer, disparity=round(float(np.median(disparity[a : max(b, a + 1)])), 4))
        for layer, a, b in zip(layers, edges[:-1], edges[1:], strict=True)
    )
    return replace(by_depth, layers=measured)
