"""Values over time that no panel holds: properties of an object, keyed, which drivers of the scene read.

The clocks of overlays lie here, how far is out what was poked, and in a scene that is built without a panel also what
a sound drives, which elsewhere is keyed in the panel. The object is in no collection: a driver on a scene's strip that
reads its scene is a dependency cycle before 5.2. Keys on every strip that shows a sheet were the other road: the same
curve many times over.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import bpy
import numpy as np

from ..shared.scene import SceneSpec
from . import compat, unused

HELD = "infinite_parallax_clocks"
"""On a scene: the object."""
NEAR = 1 / 512
"""How far keys may leave what they stand for."""


def clock(overlay: int) -> str:
    """The name of the property that tells an overlay how late it is for it."""
    return f"overlay {overlay}"


def living_clock(living: int) -> str:
    """The name of the property that tells a living layer how late it is for it."""
    return f"living {living} clock"


def mode(living: int, layer: int, number: int, part: str) -> str:
    """The name of the property that tells how far a mode of a layer that is poked is out, -1 to 1."""
    return f"living {living} layer {layer} mode {number} {part}"


def control(
    name: str, scene: Any, setting: tuple[str, int, str], now: float, over_time: Sequence[Any] = ()
) -> compat.Control:
    """The variable of a driver for a setting (list, number, name) that is `now` at first: the one in the panel, which
    acts at once; where there is none, what is held of one that changes `over_time`."""
    kind, number, prop = setting
    if over_time and not in_panel(scene, kind, number):
        return name, scene[HELD], f'["{_name(*setting)}"]', now
    return name, scene, f"infinite_parallax.{kind}[{number}].{prop}", now


def in_panel(scene: Any, kind: str, number: int) -> bool:
    """Whether a scene's settings have an entry of a list."""
    group = getattr(scene, "infinite_parallax", None)
    return group is not None and number < len(getattr(group, kind))


def hold(scene: Any, spec: SceneSpec, first: int) -> None:
    """Key what a spec needs to be held, frame 0 of it being frame `first`, and take away what is needed no more."""
    wanted = {clock(sheet.overlay): sheet.clock for sheet in spec.sheets if sheet.clock}
    wanted |= {_name(*at): values for at, values in _over_time(spec).items() if not in_panel(scene, *at[:2])}
    alive = [life for plane in spec.planes for life in plane.lives]
    wanted |= {living_clock(life.living): life.clock for life in alive if life.clock}
    wanted |= _rung(spec)
    holder = scene.get(HELD)
    if holder is not None and not wanted:
        unused.remove_actions(holder)
        del scene[HELD]
        bpy.data.objects.remove(holder)
    if not wanted:
        return
    if holder is None:
        holder = scene[HELD] = bpy.data.objects.new("Parallax clocks", None)
    for name in set(dict(holder)) - set(wanted):
        compat.remove_curve(holder, f'["{name}"]')
        del holder[name]
    for name, values in wanted.items():
        holder[name] = float(values[0])
        compat.key_series(holder, f'["{name}"]', [values], first, NEAR)


def _over_time(spec: SceneSpec) -> Mapping[tuple[str, int, str], Sequence[float]]:
    """The settings that change while the film runs, beside those of grades, which are keyed where they act."""
    found: dict[tuple[str, int, str], Sequence[float]] = {}
    for sheet in spec.sheets:
        values = {"amount": sheet.amounts, "angle_deg": sheet.angles}
        found |= {("overlays", sheet.overlay, name): told for name, told in values.items() if told}
    for plane in spec.planes:
        for sway in plane.sways:
            if sway.shares and sway.amplitude:
                most = sway.amplitude / sway.per_px
                found["distortions", sway.distortion, "amplitude_px"] = [most * share for share in sway.shares]
        if plane.shimmer is not None:
            values = {"strength": plane.shimmer.strengths, "phase": plane.shimmer.phases}
            found |= {("shimmers", plane.shimmer.shimmer, name): told for name, told in values.items() if told}
        for life in plane.lives:
            if life.gains:
                found["living", life.living, "gain"] = life.gains
            if life.winds:
                found["living", life.living, "wind_deg"] = life.winds
    return found


def _rung(spec: SceneSpec) -> dict[str, Sequence[float]]:
    """How far the modes of what is poked are out at every frame, in parts of their peaks."""
    found: dict[str, Sequence[float]] = {}
    for plane in spec.planes:
        for life in plane.lives:
            if life.ringing is None or mode(life.living, plane.layer, 0, "re") in found:
                continue
            out = life.ringing.amplitudes(np.arange(spec.frames, dtype=np.float64))
            for number, (way, peak) in enumerate(zip(out, life.ringing.peaks, strict=True)):
                shares = way / max(peak, 1e-12)
                found[mode(life.living, plane.layer, number, "re")] = shares.real.tolist()
                found[mode(life.living, plane.layer, number, "im")] = shares.imag.tolist()
    return found


def _name(kind: str, number: int, prop: str) -> str:
    return f"{kind} {number} {prop}"
