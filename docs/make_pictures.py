"""Make the pictures of the documentation from the project itself: `python docs/make_pictures.py`.

The strip of frames for the README comes from the example picture; the sheet of masks shows every part of the mask
preprocessing on one hole. They are made by hand when something visible changes, and looked at before they are kept.
"""

import tempfile
from pathlib import Path

import numpy as np
from infinite_parallax.cli.demo import write_example
from infinite_parallax.cli.painting import paint
from infinite_parallax.cli.preview import tile_reader
from infinite_parallax.inpaint_server import masks
from infinite_parallax.inpaint_server.engines.contract import LayerView
from infinite_parallax.shared import frames, scene
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.sections import MaskShape
from numpy.typing import NDArray
from PIL import Image, ImageDraw

PICTURES = Path(__file__).resolve().parent / "pictures"
Bytes = NDArray[np.uint8]


def mask_sheet() -> Image.Image:
    """Every part of the mask preprocessing, one panel each: white is painted, black is kept."""
    height, width = 150, 190
    layers = (LayerView(0, 0, 60, (-14.0, 0.0)), LayerView(1, 60, 90, (-40.0, 0.0)))
    owner = np.zeros((height, width), np.int16)
    owner[60:] = 1
    hole, before = np.zeros((height, width), np.bool_), np.zeros((height, width), np.bool_)
    hole[:60, -14:], hole[60:, -40:] = True, True
    before[:60, -28:], before[60:, -80:] = True, True
    last = masks.prepare(before, owner, layers, MaskShape())
    panels = [
        ("the hole", MaskShape(), None),
        ("feather_px 30", MaskShape(feather_px=30), None),
        ("grow_px 24, tapered", MaskShape(grow_px=24), None),
        ("grow_px 24, square", MaskShape(grow_px=24, taper_corners=False), None),
        ("blur_px 8", MaskShape(grow_px=12, blur_px=8), None),
        ("lerp_alpha 0.6", MaskShape(lerp_alpha=0.6), last),
        ("falloff 0.5", MaskShape(falloff=0.5), last),
        ("feather 30, grow 8, blur 4", MaskShape(feather_px=30, grow_px=8, blur_px=4), None),
    ]
    sheet = Image.new("RGB", (4 * (width + 10) + 10, 2 * (height + 30) + 10), (40, 44, 52))
    draw = ImageDraw.Draw(sheet)
    for i, (title, shape, previous) in enumerate(panels):
        x, y = 10 + (i % 4) * (width + 10), 10 + (i // 4) * (height + 30)
        sheet.paste(Image.fromarray(masks.prepare(hole, owner, layers, shape, previous)), (x, y))
        draw.text((x, y + height + 4), title, fill=(220, 220, 220))
    return sheet


def example_frames(count: int) -> list[Bytes]:
    """Frames of the example, evenly spaced over the first part of its journey."""
    with tempfile.TemporaryDirectory() as folder:
        picture, path = write_example(Path(folder))
        project = projects.load(path)
        painted = paint(project, picture, Path(folder))
        spec = scene.build(painted.project, painted.plan, painted.manifest)
        read = tile_reader(Path(folder), spec)
        return [frames.render(spec, int(n), read) for n in np.linspace(0, spec.frames - 1, count)]


def strip(shown: list[Bytes], columns: int, width: int) -> Image.Image:
    """Frames side by side."""
    height = round(width * shown[0].shape[0] / shown[0].shape[1])
    rows = -(-len(shown) // columns)
    sheet = Image.new("RGB", (columns * (width + 4) - 4, rows * (height + 4) - 4), (20, 20, 20))
    for i, frame in enumerate(shown):
        small = Image.fromarray(frame).resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(small, ((i % columns) * (width + 4), (i // columns) * (height + 4)))
    return sheet


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    mask_sheet().save(PICTURES / "masks.png", optimize=True)
    strip(example_frames(6), 2, 620).save(PICTURES / "frames.jpg", quality=88)
    print(f"wrote {PICTURES}")
