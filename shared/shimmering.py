"""Layers that shimmer: which wavelets change a plane, how far they have turned at a frame, and the changed tile.

A tile stays what was painted; only the difference between the wavelets as they are turned and as they were fitted is
added to it. So nothing of its detail is lost, at strength 0 it is the plate itself, and where a loop begins it is so at
any strength. Showing the wavelets in the plate's place was the other road: a few hundred of them are a soft picture.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from .errors import UsageError
from .finishing import Shimmer
from .gabor import patchwork, shimmer
from .gabor.patchwork import Waving
from .plan import LayerPlan
from .plates import Manifest
from .textures import Texture

NOTHING: Mapping[int, Sequence[Shimmer]] = MappingProxyType({})


@dataclass(frozen=True)
class Shimmering:
    """The shimmer number `shimmer` of the project on a plane: `turns` of the whole in all frames of the video.

    The plane's wavelets are those of `group`, in whose places its upper left corner is at `x`, `y` px; each turns
    `most` times at most while the whole turns once. Where they change over time, `strengths` and `phases` are what the
    strength and what it is turned on besides are at every frame; else `phase` is the latter.
    """

    shimmer: int
    strength: float
    turns: float
    frames: int
    most: int
    seed: int
    group: str = ""
    x: int = 0
    y: int = 0
    phase: float = 0.0
    strengths: tuple[float, ...] = ()
    phases: tuple[float, ...] = ()

    def share(self, n: int) -> float:
        """How much of a turn of the whole is done at frame n, 0 to 1."""
        return (self.turns * n / self.frames + (self.phases[n] if self.phases else self.phase)) % 1.0

    def strength_at(self, n: int) -> float:
        """The strength at frame n."""
        return self.strengths[n] if self.strengths else self.strength


def wish_of(shimmers: Sequence[Shimmer], layer: int) -> int | None:
    """The number of the shimmer that a layer has: one of its own before one of all layers; None without any."""
    for named in (layer, None):
        for number, wish in enumerate(shimmers):
            if wish.layer == named:
                return number if wish.ever else None
    return None


def check(shimmers: Sequence[Shimmer], layer: LayerPlan) -> None:
    """Raise UsageError where a layer that recedes is to shimmer: its tiles are sheared each in a way of its own."""
    number = wish_of(shimmers, layer.index)
    if number is not None and layer.ramp is not None:
        raise UsageError(
            f"shimmers.{number}: the layer {layer.index} recedes, and such ground cannot shimmer.",
            "Give a shimmer to other layers by their numbers, or take the ramp away.",
        )


def of_layer(
    shimmers: Sequence[Shimmer],
    layer: int,
    fps: float,
    frames: int,
    loop: bool,
    keyed: Mapping[int, Sequence[Shimmer]] = NOTHING,
) -> Shimmering | None:
    """How a layer shimmers, not yet on any plane, some `keyed` by number at every frame; None if it does not."""
    number = wish_of(shimmers, layer)
    if number is None:
        return None
    wish = shimmers[number]
    turns = frames / fps / wish.period_s
    whole = Shimmering(number, wish.strength, max(1, round(turns)) if loop else turns, frames, wish.turns, wish.seed)
    moments = keyed.get(number, ())
    strengths, phases = tuple(one.strength for one in moments), tuple(one.phase for one in moments)
    return replace(
        whole,
        phase=phases[0] if phases else wish.phase,
        strengths=strengths if len(set(strengths)) > 1 else (),
        phases=phases if len(set(phases)) > 1 else (),
        strength=strengths[0] if strengths else wish.strength,
    )


def groups(manifest: Manifest) -> dict[str, tuple[int, tuple[str, ...]]]:
    """What is fitted as one picture: by its name the layer and the files of its tiles. Covers do not shimmer."""
    plates = {f"layer_{p.index:02d}": (p.index, tuple(t.file for t in p.body)) for p in manifest.plates}
    things = {f"object_{n:02d}": (thing.layer, (thing.tile.file,)) for n, thing in enumerate(manifest.objects)}
    return plates | things


def on(wish: Shimmering | None, file: str, manifest: Manifest) -> Shimmering | None:
    """A layer's shimmer on the plane that shows a file; None where that is a cover."""
    group = next((name for name, (_, files) in groups(manifest).items() if file in files), None)
    if wish is None or group is None:
        return None
    tile = next(tile for tile in manifest.files if tile.file == file)
    return replace(wish, group=group, x=tile.x, y=tile.y)


def shimmered(tile: Texture, wish: Shimmering, waving: Waving, frame: int) -> Texture:
    """A tile as it shimmers at a frame, counted from 0; its alpha stays."""
    change = shimmer.change(waving.cosines, waving.sines, wish.share(frame)).transpose(1, 2, 0)
    values = tile.rgb + np.float32(wish.strength_at(frame) * 127.5) * change.reshape(tile.rgb.shape)
    return Texture(np.rint(np.clip(values, 0, 255)).astype(np.uint8), tile.alpha, tile.cells)


def reader(folder: Path, held: int = 8) -> Callable[[Shimmering, int, int], Waving]:
    """Draws what planes shimmer by from the wavelets of a folder of plates, and holds the last few."""

    @lru_cache(maxsize=held)
    def read(wish: Shimmering, width: int, height: int) -> Waving:
        known = patchwork.load(folder, wish.group)
        return known.waving(folder, wish.x, wish.y, width, height, wish.most, wish.seed)

    return read
