"""Where the sequencer puts a picture: offsets from the centre of the frame, for everything that is shown by a strip."""

import math


def offset(
    frame: tuple[int, int], size: tuple[int, int], scale: float, corner: tuple[float, float]
) -> tuple[float, float]:
    """The strip's offset from the centre of the frame, in px, y up, that puts a picture's upper left corner, shown
    `scale` times as large, at `corner`, px, y down.

    Blender centres a picture by whole px, (frame - picture) / 2 cut towards zero, and scales it about its own centre
    (`sequencer_image_crop_transform_matrix` in its render.cc), so an odd difference would otherwise be half a px off.
    """
    up = frame[1] - corner[1] - size[1] * scale
    x, y = (
        at - math.trunc((whole - part) / 2) - part * (1 - scale) / 2
        for at, whole, part in ((corner[0], frame[0], size[0]), (up, frame[1], size[1]))
    )
    return x, y
