"""Framing: how the picture lies on the frame of the video, whatever the shape of either.

It is scaled as a whole and never stretched: the frame is filled and the rest cut off, or all of it is seen and bars
stay beside it. Whole px for its place, so that a video of the picture's own size shows its pixels as they are.
"""

from dataclasses import dataclass

from .finishing import Output


@dataclass(frozen=True)
class Framing:
    """How the picture lies on the output frame: scaled about its centre, then moved by whole px.

    It fills the `window` (left, top, right, bottom) of it, None: the whole frame.
    """

    width: int
    height: int
    scale: float
    x: int
    y: int
    window: tuple[int, int, int, int] | None = None


def framing(output: Output, width: int, height: int) -> Framing:
    """The output frame for a picture of `width` x `height` px; even sizes, because H.264's 4:2:0 needs them."""
    ratio = width / height
    out_w = output.width or (round(output.height * ratio) if output.height else width)
    out_h = output.height or (round(output.width / ratio) if output.width else height)
    out_w, out_h = max(2, out_w - out_w % 2), max(2, out_h - out_h % 2)
    native = out_w in (width, width - 1) and out_h in (height, height - 1)
    fit = max if output.fit == "crop" else min
    scale = 1.0 if native else fit(out_w / width, out_h / height)
    x, y = round((out_w - width * scale) / 2), round((out_h - height * scale) / 2)
    return Framing(out_w, out_h, scale, x, y, _window(output, out_w, out_h, x, y, width * scale, height * scale))


def _window(
    output: Output, out_w: int, out_h: int, x: int, y: int, shown_w: float, shown_h: float
) -> tuple[int, int, int, int] | None:
    """The part of the frame that the whole picture fills; None if nothing is left of it."""
    # a row or column that the picture fills in part only is left to the bars
    window = (x, y, min(out_w, x + int(shown_w + 1e-6)), min(out_h, y + int(shown_h + 1e-6)))
    return None if output.fit == "crop" or window == (0, 0, out_w, out_h) else window
