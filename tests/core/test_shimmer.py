"""Layers that shimmer without Blender: cells that join, the change added to a tile, the EXR, and what is refused."""

import json
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.shared import exr, frames, scene, shimmering
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared.errors import ParallaxError, UsageError
from infinite_parallax.shared.finishing import Shimmer
from infinite_parallax.shared.frames import Texture
from infinite_parallax.shared.gabor import patchwork, shimmer
from infinite_parallax.shared.shimmering import Shimmering

from .. import wavelets_by_hand
from .test_scene import built, loop, manifest_of, project

SHIMMERS = [{"layer": 1, "strength": 0.7, "period_s": 1.5, "turns": 2}]


def laid(folder: Path) -> scene.SceneSpec:
    """A scene whose nearer layer shimmers, and its wavelets."""
    wish = project(shimmers=SHIMMERS)
    manifest = manifest_of(plans.plan(wish, 64, 48))
    (folder / "manifest.json").write_text(json.dumps(manifest.to_json()))
    wavelets_by_hand.lay(folder)
    return built(wish)


@pytest.mark.parametrize("size", [(900, 130), (2000, 1100), (40, 30), (97, 700)])
def test_cells_cover_a_plate_and_join_without_a_seam(size: tuple[int, int]) -> None:
    width, height = size
    total = np.zeros((height, width))
    for cell in patchwork.cells(-7, 11, width, height):
        assert 0.4 < cell.width / cell.height < 2.5 or width < 100 or height < 100
        part = total[cell.y - 11 :, cell.x + 7 :][: cell.height, : cell.width]
        assert part.shape == (cell.height, cell.width)
        part += cell.window()
    np.testing.assert_allclose(total, 1, atol=1e-6)


def test_tiles_of_one_plate_shimmer_alike_where_they_overlap(tmp_path: Path) -> None:
    laid(tmp_path)
    known = patchwork.load(tmp_path, "layer_01")
    whole = known.waving(tmp_path, 0, 0, 90, 30, 2, 0)
    part = known.waving(tmp_path, 40, 5, 50, 20, 2, 0)
    for a, b in zip(whole.cosines + whole.sines, part.cosines + part.sines, strict=True):
        np.testing.assert_array_equal(a[:, 5:25, 40:], b)
    assert max(np.abs(a).max() for a in whole.cosines) > 0.05


def test_frames_are_the_plate_and_the_change(tmp_path: Path) -> None:
    spec = laid(tmp_path)
    grey = Texture.of(np.full((300, 300, 4), [90, 120, 150, 255], np.uint8))
    plane = next(p for p in spec.planes if p.layer == 1)
    wish = plane.shimmer
    assert wish is not None
    assert wish.turns == pytest.approx(spec.frames / spec.fps / 1.5)
    waving = shimmering.reader(tmp_path)(wish, 300, 300)
    n = 4
    tile = shimmering.shimmered(grey, wish, waving, n)
    change = shimmer.frame(waving.cosines, waving.sines, wish.share(n)) - np.sum(waving.cosines, axis=0)
    want = np.array([90, 120, 150]) + 0.7 * 127.5 * change.transpose(1, 2, 0)
    np.testing.assert_allclose(tile.rgb.reshape(300, 300, 3), np.clip(want, 0, 255), atol=0.51)
    assert np.array_equal(shimmering.shimmered(grey, wish, waving, 0).rgb, grey.rgb)
    still = replace(wish, strength=0.0)
    assert np.array_equal(shimmering.shimmered(grey, still, waving, n).rgb, grey.rgb)
    shown = [frames.render(spec, n, lambda _: grey, lambda *_: waving) for n in (0, 4)]
    assert (shown[0][40] == shown[0][40, 0]).all()
    assert not (shown[1][40] == shown[1][40, 0]).all()


def test_strength_and_phase_may_change_over_time(tmp_path: Path) -> None:
    spec = laid(tmp_path)
    plane = next(p for p in spec.planes if p.layer == 1)
    assert plane.shimmer is not None
    keys = {"strength": [[0, 0], [1, 1]], "phase": [[0, 0], [1, 0.5]]}
    wish = project(shimmers=[SHIMMERS[0] | {"strength": 0.0, "keys": keys}])
    keyed = next(p.shimmer for p in built(wish).planes if p.layer == 1)
    assert keyed is not None
    assert (keyed.strength_at(0), keyed.strength_at(round(spec.fps))) == (0, 1)
    assert keyed.share(round(spec.fps)) == pytest.approx((plane.shimmer.share(round(spec.fps)) + 0.5) % 1)
    again = scene.from_json(json.loads(json.dumps(built(wish).to_json())))
    assert next(p.shimmer for p in again.planes if p.layer == 1) == keyed
    still = project(shimmers=[SHIMMERS[0] | {"keys": {"strength": [[0, 0], [1, 0]]}}])
    assert all(p.shimmer is None for p in built(still).planes)


def test_waves_give_no_light_and_take_none(tmp_path: Path) -> None:
    laid(tmp_path)
    wide = replace(patchwork.load(tmp_path, "layer_01").cells[0], x=0, y=0, width=400, height=400, soft=(0, 0, 0, 0))
    known = patchwork.Patchwork("wide", (wide,))
    waving = known.waving(tmp_path, 0, 0, 400, 400, 1, 0)
    inside = max(np.abs(picture.mean()) for picture in (waving.cosines[1], waving.sines[1]))
    assert inside < 0.05 * np.abs(waving.cosines[1]).max()


def test_a_loop_has_whole_turns_and_a_layer_of_its_own_wins() -> None:
    wishes = (Shimmer(period_s=1.0), Shimmer(layer=1, strength=0.0), Shimmer(layer=0, seed=3))
    assert [shimmering.wish_of(wishes, layer) for layer in range(3)] == [2, None, 0]
    turning = shimmering.of_layer(wishes, 2, 24.0, 61, True)
    assert turning is not None
    assert turning.turns == 3
    assert turning.share(61) == 0
    planes = built(replace(loop(), shimmers=(Shimmer(),))).planes
    assert all(p.shimmer is not None and p.shimmer.turns >= 1 for p in planes)


def test_a_scene_goes_through_its_document(tmp_path: Path) -> None:
    spec = laid(tmp_path)
    assert scene.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    assert [p.shimmer is not None for p in spec.planes] == [p.layer == 1 for p in spec.planes]


def test_what_cannot_shimmer_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"shimmers\.0\.layer is 5"):
        built(project(shimmers=[{"layer": 5}]))
    with pytest.raises(ParallaxError, match="holds no wavelets"):
        patchwork.load(tmp_path, "layer_00")
    spec = laid(tmp_path)
    grey = Texture.of(np.full((300, 300, 4), 90, np.uint8))
    with pytest.raises(ParallaxError, match="not at hand"):
        frames.render(spec, 3, lambda _: grey)


def decoded(data: bytes, width: int, height: int) -> np.ndarray:
    """The rows of an EXR as `exr.encode` writes it, by the format's own description."""
    at = data.index(b"screenWindowWidth\0float\0") + len(b"screenWindowWidth\0float\0") + 8 + 1
    offsets = struct.unpack_from(f"<{-(-height // 16)}Q", data, at)
    out = np.zeros((height, 3, width), "<f2")
    for offset in offsets:
        top, size = struct.unpack_from("<ii", data, offset)
        rows = min(16, height - top)
        packed, length = data[offset + 8 : offset + 8 + size], rows * 3 * width * 2
        raw = packed
        if size != length:
            steps = np.frombuffer(zlib.decompress(packed), np.uint8).astype(int)
            steps[1:] -= 128
            apart, half = np.cumsum(steps).astype(np.uint8), (length + 1) // 2
            both = np.empty(length, np.uint8)
            both[::2], both[1::2] = apart[:half], apart[half:]
            raw = both.tobytes()
        out[top : top + rows] = np.frombuffer(raw, "<f2").reshape(rows, 3, width)
    return out[:, ::-1].transpose(0, 2, 1)


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_an_exr_holds_its_picture(noise: float) -> None:
    random = np.random.default_rng(0)
    y, x = np.mgrid[:37, :50] / 20
    picture = np.dstack([np.sin(x), y - 1, x * y]).astype(np.float32)
    picture += noise * random.normal(0, 1e3, picture.shape).astype(np.float32)
    data = exr.encode(picture)
    assert data[:4] == b"\x76\x2f\x31\x01"
    assert np.array_equal(decoded(data, 50, 37), picture.astype(np.float16))
    with pytest.raises(ValueError, match="no RGB picture"):
        exr.encode(picture[..., 0])


def test_how_far_a_turn_is_done() -> None:
    wish = Shimmering(0, 1.0, 2.0, 48, 3, 0)
    assert [wish.share(n) for n in (0, 12, 24, 36, 48)] == [0, 0.5, 0, 0.5, 0]
