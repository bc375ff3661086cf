"""Make the pictures of the documentation from the project itself: `python docs/make_pictures.py`.

The strip of frames for the README and the sheets of overlays and colour come from the example picture; the sheet of
masks shows every part of the mask preprocessing on one hole. They are made by hand when something visible changes, and
looked at before they are kept.
"""

import itertools
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from driven_picture import driven_curves
from infinite_parallax.cli.demo import write_example
from infinite_parallax.cli.painting import paint
from infinite_parallax.cli.preview import tile_reader
from infinite_parallax.inpaint_server import engines, masks
from infinite_parallax.inpaint_server.engines.contract import LayerView
from infinite_parallax.inpaint_server.engines.looking import Look
from infinite_parallax.inpaint_server.layering.suggest import suggest_from_depth
from infinite_parallax.shared import (
    example_picture,
    formats,
    frames,
    grading,
    hearing,
    overlays,
    scene_building,
    sway,
)
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.cues import build as build_cues
from infinite_parallax.shared.finishing import KINDS, Distortion, Grade, Output, Overlay
from infinite_parallax.shared.frames import Texture
from infinite_parallax.shared.overlays.sheet import Stage
from infinite_parallax.shared.plan import plan
from infinite_parallax.shared.scene import Key, Plane, SceneSpec
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


def finished(picture: Bytes, number: int, wish: Overlay | Distortion | Grade) -> Bytes:
    """Frame `number` of ten seconds of a picture that stands still, with one overlay, distortion or grade."""
    height, width = picture.shape[:2]
    fps, count = 30.0, 300
    lists: tuple[list[Overlay], list[Distortion], list[Grade]] = ([], [], [])
    lists[(Overlay, Distortion, Grade).index(type(wish))].append(wish)  # type: ignore[arg-type]
    swaying = tuple(sway.sways(lists[1], 0, 1.0, fps, count, True))
    keys = (Key(0, 0, 0), Key(count, 0, 0))
    plane = Plane("picture", 0, 1, "picture", width, height, 0, count, 1.0, keys, sways=swaying)
    found = overlays.sheets(lists[0], Stage(width, height, fps, count, True))
    sheets = tuple(replace(s, channel=2 + i) for i, s in enumerate(found))
    grades = tuple(replace(g, channel=50) for g in grading.graded(lists[2], count))
    export = formats.export(Output())
    spec = SceneSpec("", width, height, fps, count, (plane,), (), export, True, sheets=sheets, grades=grades)
    texture = Texture.of(np.dstack([picture, np.full((height, width), 255, np.uint8)]))
    return frames.render(spec, number, lambda _: texture)


def labelled(shown: list[tuple[str, Bytes]], columns: int, width: int) -> Image.Image:
    """Pictures side by side, each with its name."""
    sheet = strip([picture for _, picture in shown], columns, width)
    draw = ImageDraw.Draw(sheet)
    high = sheet.height // -(-len(shown) // columns)
    for i, (name, _) in enumerate(shown):
        x, y = (i % columns) * (width + 4), (i // columns) * (high + 1)
        draw.rectangle((x, y, x + 8 + 6 * len(name), y + 14), (20, 20, 20))
        draw.text((x + 4, y + 2), name, fill=(230, 230, 230))
    return sheet


def overlay_sheet() -> Image.Image:
    """Every overlay as it is by default, over the example at dusk."""
    picture = example_picture.paint(1280, 720, 0)
    dusk = finished(picture, 0, DUSK)
    return labelled([(kind, finished(dusk, 70, Overlay(kind=kind))) for kind in KINDS], 2, 560)


def colour_sheet() -> Image.Image:
    """Some grades and both distortions."""
    picture = example_picture.paint(1280, 720, 0)
    wishes: list[tuple[str, Overlay | Distortion | Grade]] = [
        ("temperature 0.7", Grade(temperature=0.7)),
        ("temperature -0.7, tint 0.3", Grade(temperature=-0.7, tint=0.3)),
        ("saturation 0.3, contrast 25", Grade(saturation=0.3, contrast=25)),
        ("to dusk: gain, gamma, saturation", DUSK),
        ("distortion x", Distortion(amplitude_px=6)),
        ("distortion y", Distortion(amplitude_px=6, direction="y")),
    ]
    return labelled([(name, finished(picture, 70, wish)) for name, wish in wishes], 2, 560)


DUSK = Grade(gain=(0.5, 0.6, 0.82), gamma=(0.72, 0.76, 0.84), saturation=0.7)


def depth_sheet() -> Image.Image:
    """The example, its depth by the engine without a model, and the layers that are suggested from it."""
    picture = example_picture.paint(1280, 720, 0)
    depth = engines.load_depth("prior").depth(picture, Look())
    grey = np.repeat(np.rint(depth * 255).astype(np.uint8)[..., None], 3, 2)
    found = suggest_from_depth(picture, depth, None, 0.22)
    tinted = picture // 2
    edges = [np.zeros(1280), *found.wanted, np.full(1280, 720.0)]
    for i, (above, below) in enumerate(itertools.pairwise(edges)):
        y = np.arange(720)[:, None]
        tinted[(y >= above[None]) & (y < below[None])] += (np.array(TINTS[i % len(TINTS)]) // 2).astype(np.uint8)
    named = ", ".join(f"{name} {speed:.2f}" for name, speed in zip(found.names, found.speeds, strict=True))
    return labelled([("the picture", picture), ("depth", grey), (named, tinted)], 3, 400)


TINTS = ((60, 90, 200), (60, 170, 150), (220, 180, 60), (210, 90, 60), (160, 60, 160))


def example_frames(count: int) -> list[Bytes]:
    """Frames of the example, evenly spaced over the first part of its journey."""
    with tempfile.TemporaryDirectory() as folder:
        picture, path = write_example(Path(folder))
        project = projects.load(path)
        painted = paint(project, picture, Path(folder))
        spec = scene_building.build(painted.project, painted.plan, painted.manifest)
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


def sound_curves() -> Image.Image:
    """Level, side and delay of a cue on three layers that slide to the left past the frame."""
    layers = [{"height": 300, "velocity": [v, 0]} for v in (-12, -24, -60)]
    layers[-1].pop("height")
    cues = [{"layer": n, "place": [1600, 150 + 300 * n]} for n in range(3)]
    motion = {"steps": 60, "seconds_per_step": 0.5, "fps": 25}
    project = projects.from_json({"motion": motion, "layers": layers, "cues": cues, "sound": {"ambience": "none"}})
    heard = build_cues(project, plan(project, 1600, 900))
    end = heard[0].end
    n = np.arange(end + 1)
    rows = (
        ("level, dB", lambda cue: 20 * np.log10(hearing.at(cue.level, n)), (-20, 0), lambda cue: cue.level),
        ("side, left to right", lambda cue: hearing.at(cue.pan, n), (-1, 1), lambda cue: cue.pan),
        ("delay, ms", lambda cue: 1000 * hearing.at(cue.delay, n), (0, 150), lambda cue: cue.delay),
    )
    width, height, margin = 820, 150, 64
    sheet = Image.new("RGB", (width + margin + 150, 3 * (height + 34) + 22), (250, 250, 247))
    draw = ImageDraw.Draw(sheet)
    colours = ((88, 120, 170), (60, 140, 90), (190, 90, 50))
    for r, (title, values, (low, high), keys) in enumerate(rows):
        top = 22 + r * (height + 34)
        draw.rectangle((margin, top, margin + width, top + height), outline=(200, 200, 195))
        draw.text((margin, top - 14), title, fill=(60, 60, 60))
        for share in (0, 0.5, 1):
            y = top + height * (1 - share)
            draw.line((margin, y, margin + width, y), fill=(225, 225, 220))
            draw.text((margin - 44, y - 6), f"{low + (high - low) * share:g}", fill=(90, 90, 90))
        for cue, colour in zip(heard, colours, strict=True):
            y = top + height * (1 - (np.clip(values(cue), low, high) - low) / (high - low))
            draw.line(list(zip(margin + width * n / end, y, strict=True)), fill=colour, width=2)
            for frame, _ in keys(cue):
                x, at = margin + width * frame / end, y[round(frame)]
                draw.ellipse((x - 2.5, at - 2.5, x + 2.5, at + 2.5), fill=colour)
    for cue, colour, units in zip(heard, colours, ("5 units away", "2.5 units", "the nearest"), strict=True):
        draw.text((margin + width + 12, 30 + 18 * heard.index(cue)), units, fill=colour)
    draw.text((margin, sheet.height - 14), "0 s", fill=(90, 90, 90))
    draw.text((margin + width - 20, sheet.height - 14), f"{end / 25:g} s", fill=(90, 90, 90))
    return sheet


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    mask_sheet().save(PICTURES / "masks.png", optimize=True)
    sound_curves().save(PICTURES / "sound.png", optimize=True)
    driven_curves().save(PICTURES / "driven.png", optimize=True)
    depth_sheet().save(PICTURES / "depth.jpg", quality=84)
    overlay_sheet().save(PICTURES / "overlays.jpg", quality=84)
    colour_sheet().save(PICTURES / "colour.jpg", quality=84)
    strip(example_frames(6), 2, 620).save(PICTURES / "frames.jpg", quality=88)
    print(f"wrote {PICTURES}")
