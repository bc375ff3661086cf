"""What the command `segment` does: one look at the picture, a picture of the layers' numbers, a matte per object.

The numbers are what `cut.segmentation` of a project takes, the mattes what `objects[].matte` takes.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..inpaint_server import engines, word_search
from ..inpaint_server.engines.contract import RGB
from ..inpaint_server.engines.looking import Look, Segment
from ..inpaint_server.layering import by_words, mattes
from ..inpaint_server.limits import Limits
from ..inpaint_server.pictures import read_picture
from ..shared import model_settings, settings, words
from ..shared.errors import UsageError
from ..shared.outputs import check_file
from ..shared.png import encode


def segment(path: Path, wish: model_settings.Segment, out: Path) -> int:
    """Find what is wished in a picture file, and write the layers into `out` and the objects beside it."""
    layers, objects = words.parted(wish.layers), words.parted(wish.objects)
    wish = replace(wish, engine=wish.engine or engines.SEGMENT_DEFAULT)
    if not layers and not objects:
        raise UsageError("There is nothing to look for.", 'Give --words "sky . hills . river ." or --objects.')
    check_file(out, ".png")
    if not path.is_file():
        raise UsageError(f"There is no picture at {path}.", "Check the path.")
    picture = read_picture(path.read_bytes(), Limits())
    engine = word_search.finder(wish.engine)
    finds = engine.segment(picture, words.Wanted(layers, objects).all, Look(settings.write(wish), tell=print))
    for find in finds:
        left, top, right, bottom = (round(value) for value in find.box)
        print(f"{find.words}: sure {find.score:.2f}, columns {left} to {right}, rows {top} to {bottom}")
    if layers:
        _write_layers(picture, finds, layers, out)
    if objects:
        _write_objects(picture, finds, objects, out)
    return 0


def _write_layers(picture: RGB, finds: Sequence[Segment], wanted: tuple[str, ...], out: Path) -> None:
    """Write the number of every pixel's layer, 0 the farthest; the picture looks black, its values are small."""
    made = by_words.layers(picture, finds, wanted)
    if made.unfound:
        print(f"No layer was found for {words.named(made.unfound)}.")
    if not made.words:
        raise UsageError("No layer was found at all.", "Lower --threshold, or use other words.")
    out.write_bytes(encode(made.numbers.astype(np.uint8)))
    numbers = ", ".join(f"{i} {word}" for i, word in enumerate(made.words))
    print(f"Wrote {out}: {numbers}.\nNext: infinite-parallax preview PICTURE --segmentation {out} -o out.mp4")


def _write_objects(picture: RGB, finds: Sequence[Segment], wanted: tuple[str, ...], out: Path) -> None:
    """Write a matte for every object, beside `out`."""
    kept = by_words.objects(finds, wanted)
    unfound = tuple(word for word in wanted if all(find.words != word for find in kept))
    if unfound:
        print(f"No object was found for {words.named(unfound)}.")
    for find, name in zip(kept, by_words.names(kept, ()), strict=True):
        matte = out.with_name(f"{out.stem}_{name.replace(' ', '_')}.png")
        matte.write_bytes(encode(mattes.soft_matte(picture, find.share)))
        print(f"Wrote {matte}.")
