"""Every kind of overlay, keyed in the panel in all its values, on every target: the frames are the arithmetic ones."""

from dataclasses import replace
from pathlib import Path

import bpy
import pytest
from infinite_parallax.shared.finishing import KINDS

from .compared import compared, met
from .test_keyed import LAST, MIDDLE, built, filled, key, scene

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("registered")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("target", ["vse", "compositor", "planes"])
def test_all_values_of_a_kind_at_once(target: str, tmp_path: Path, kind: str) -> None:
    filled(target, overlays=[{"kind": kind, "colour": [0.7, 0.8, 1.0]}])
    overlay = scene().infinite_parallax.overlays[0]
    key(overlay, "amount", (1, 0.9), (LAST, 0.5))
    key(overlay, "speed", (1, 0.5), (LAST, 2.0))
    key(overlay, "angle_deg", (1, -20.0), (LAST, 25.0))
    key(overlay, "colour", (1, (0.7, 0.8, 1.0)), (LAST, (1.0, 0.6, 0.4)))
    key(overlay, "seed", (1, 1), (MIDDLE + 1, 7), steps=True)
    spec = built(tmp_path)
    assert compared(replace(spec, sheets=()), tmp_path, 25)[1].mean() > 0.4, "it is seen"
    if target == "compositor" and bpy.app.version < (4, 4, 0) and kind in ("rain", "snow"):
        # its Transform lays what turns and grows up to a px beside
        assert compared(spec, tmp_path, 25)[1].mean() < 2.5
    elif (target, kind) == ("vse", "snow"):
        # the strip's modifier tints what is multiplied with alpha, in 8 bits, at the rim of every flake
        assert compared(spec, tmp_path, 25)[1].mean() < 1
    else:
        met(spec, tmp_path, 0, 25, most=6)
