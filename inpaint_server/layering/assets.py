"""Pictures that come with a project and win over what the cut would find by itself, already read and checked.

They are named by paths in the project and travel beside it; here they are arrays of the source's size. Letting each
part of the cut open its own files would have meant as many ways to report a missing one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]  # [H, W]


@dataclass(frozen=True)
class Assets:
    """`depth` float32 [H, W] 0..1, 1 the nearest; `segmentation` int16 [H, W], a layer's number per pixel;
    `mattes` and `object_mattes` uint8 [H, W] by the number of their layer or object, 255 = belongs to it. `layer_names`
    are those of the segmentation's layers, where it was made by words. `sound` float32 [n], mono at `ambience.RATE`."""

    depth: NDArray[np.float32] | None = None
    segmentation: NDArray[np.int16] | None = None
    mattes: Mapping[int, Grey] = field(default_factory=dict)
    object_mattes: Mapping[int, Grey] = field(default_factory=dict)
    layer_names: tuple[str, ...] = ()
    sound: NDArray[np.float32] | None = None

    @property
    def measured(self) -> bool:
        """Whether a depth map or a segmentation says what stands before what."""
        return self.depth is not None or self.segmentation is not None
