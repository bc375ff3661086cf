"""Masks and kept motions of living layers: right on the source, carried on to what was painted, never folded."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.shared import driving, living_masks, living_mesh, scene_building
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.colour_cells import measure
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.plates import Plate, Tile
from infinite_parallax.shared.scene import Plane, SceneSpec
from infinite_parallax.shared.spectral import SpectralVolume, clips, procedural
from infinite_parallax.shared.spectral.fields import FARTHEST
from infinite_parallax.shared.spectral.volume import to_bytes

from .test_scene import built, loop, manifest_of, project

WIDTH, HEIGHT = 256, 128


def moved(plane: Plane, n: float) -> Any:
    return living_mesh.moved(plane.lives, plane.lines.at, plane.across, plane.slide, n)


def masked(mask: Any, **entry: Any) -> SceneSpec:
    wish = project(living=[{"layer": 0, "mask": "mask.png", **entry}])
    return driving.build(wish, manifest_of(plans.plan(wish, 64, 48)), lambda _: np.zeros((0, 1)), lambda *_: mask)


def test_only_what_the_mask_shows_moves() -> None:
    mask = np.zeros((48, 64), np.uint8)
    mask[:, 32:] = 255
    plane = masked(mask, preset="air").planes[0]
    assert (plane.start, plane.lives[0].x) <= (0, 0)
    away = np.abs(np.stack([moved(plane, n) for n in range(plane.end)])).max((0, 1, 2))
    place = plane.across + plane.lives[0].x
    assert away[(place > 2) & (place < 26)].max() < 0.02
    assert away[(place > 38) & (place < 60)].min() > 0.05
    still = np.zeros_like(mask)
    assert not np.abs(moved(masked(still).planes[0], 3)).any()


def looks(pictures: dict[str, Any], **entry: Any) -> SceneSpec:
    """The scene of a living layer that names pictures."""
    wish = project(living=[{"layer": 0, "preset": "air", **{name: name for name in pictures}, **entry}])
    manifest = manifest_of(plans.plan(wish, 64, 48))
    return driving.build(wish, manifest, lambda _: np.zeros((0, 1)), lambda name, _: pictures[name])


def test_what_is_near_moves_more_by_a_depth_map() -> None:
    depth = np.zeros((24, 32), np.uint8)
    depth[:, 16:] = 255
    even, near = (looks({"depth": shades}).planes[0] for shades in (np.full_like(depth, 90), depth))
    away = [
        np.abs(np.stack([moved(plane, n) for n in range(plane.end)])[..., 1:-1, :]).mean((0, 1, 2))
        for plane in (even, near)
    ]
    places = [plane.across + plane.lives[0].x for plane in (even, near)]
    far_ways, near_ways = (
        [way[(place > low) & (place < high)].mean() for way, place in zip(away, places, strict=True)]
        for low, high in ((2, 26), (38, 62))
    )
    # 0.15 and 1, in a mean of 1
    assert far_ways[1] / far_ways[0] == pytest.approx(0.15 / 0.575, rel=0.15)
    assert near_ways[1] / near_ways[0] == pytest.approx(1 / 0.575, rel=0.15)
    white = looks({"mask": np.full_like(depth, 255)}).planes[0]
    assert moved(even, 3) == pytest.approx(moved(white, 3), abs=1e-3)


def test_depth_counts_within_the_mask_only() -> None:
    mask, depth = np.zeros((48, 64), np.uint8), np.zeros((24, 32), np.uint8)
    mask[:, 32:] = 255
    depth[:12] = 255
    depth[:, :16] = 255
    share = living_masks.read(
        project(living=[{"mask": "m", "depth": "d"}]), lambda name, _: {"m": mask, "d": depth}[name]
    )
    assert not share[0][:, :32].any()
    assert share[0][:, 32:].mean() == pytest.approx(1)
    assert share[0][4, 40] / share[0][44, 40] == pytest.approx(1 / FARTHEST, rel=1e-3)


def test_nothing_folds_where_depth_is_steep() -> None:
    depth = np.zeros((24, 32), np.uint8)
    depth[:, 10:20] = 255
    for plane in looks({"depth": depth}, gain=20.0, pokes=[[0.5, 300, 0]]).planes:
        for n in range(plane.start, plane.end) if plane.lives else ():
            stretch = np.diff(moved(plane, n)[0][:, 1:-1], axis=1) / np.diff(plane.across[1:-1])
            assert 1 + stretch.min() > 0.2


def test_shares_above_one_are_kept_as_text() -> None:
    share = np.array([[0, 0.5], [1.0, 3.25]], np.float32)
    assert living_masks.decoded(living_masks.encoded(share)) == pytest.approx(share, abs=3.25 / 500)


def test_without_its_picture_an_entry_stays_still() -> None:
    for name in ("mask", "depth"):
        spec = built(project(living=[{name: "a.png", "pokes": [[1, 2, 3]]}]))
        assert not any(plane.lives for plane in spec.planes)


def test_nothing_folds_at_the_rim_of_a_mask() -> None:
    mask = np.zeros((48, 64), np.uint8)
    mask[:, 20:44] = 255
    for plane in masked(mask, gain=20.0, preset="cloth", pokes=[[0.5, 300, 0]]).planes:
        for n in range(plane.start, plane.end) if plane.lives else ():
            stretch = np.diff(moved(plane, n)[0][:, 1:-1], axis=1) / np.diff(plane.across[1:-1])
            assert 1 + stretch.min() > 0.2


def striped(x: Any) -> Any:
    """Green and grey columns of 128 px each, rough and smooth."""
    random = np.random.default_rng(1)
    green = (x // 128) % 2 == 0
    rgba = np.full((HEIGHT, len(x), 4), 255, np.uint8)
    rgba[..., :3] = np.where(green[None, :, None], [60, 120, 40], [150, 150, 155])
    rough = random.integers(-40, 40, (HEIGHT, len(x), 1)) * green[None, :, None]
    rgba[..., :3] = np.clip(rgba[..., :3] + rough, 0, 255)
    return rgba


def test_what_looks_like_the_mask_moves_where_it_was_painted_later() -> None:
    data = {"motion": {"steps": 9, "step_px": 60}, "layers": [{"velocity": [-60, 0]}]}
    plan = plans.plan(projects.from_json(data), WIDTH, HEIGHT)
    tiles = tuple(
        Tile(f"{x}.png", n, n + 1, x, 0, 384, HEIGHT, "", colours=measure(striped(np.arange(x, x + 384))))
        for n, x in enumerate((0, 320))
    )
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[:, :128] = 1
    shares = living_masks.of_tiles(mask, Plate(0, "all", tiles), plan, WIDTH / 96)
    for tile in tiles:
        share = living_masks.decoded(shares[tile.file])
        place = tile.x + (np.arange(share.shape[1]) + 0.5) * WIDTH / 96
        inner = np.abs(place % 128 - 64) < 40
        green = (place // 128) % 2 == 0
        assert share[:, inner & green].min() > 0.85
        assert share[:, inner & ~green].max() < 0.1


def kept(folder: Path, seed: int = 3) -> tuple[Path, SpectralVolume]:
    volume = procedural.volume(np.ones((27, 48), np.float32), 640, 360, "air", seed=seed, period_s=2.0, frequencies=4)
    path = folder / "motion.npz"
    path.write_bytes(to_bytes(volume))
    return path, volume


def test_a_kept_motion_is_that_of_the_source_and_goes_on_without_a_jump(tmp_path: Path) -> None:
    path, volume = kept(tmp_path)
    for width, squeezed in ((1280, 1.0), (900, 1.0), (500, 320 / 180)):
        found = clips.on_plate(str(path), clips.digest(str(path)), width, 0, 180, 320, 4, 96)
        columns = found.fields.shape[3]
        step = np.abs(np.diff(volume.fields, axis=3)).max() / 2
        around = np.concatenate([found.fields, found.fields[..., :1]], axis=3)
        assert np.abs(np.diff(around, axis=3)).max() <= step * 1.2 * squeezed
        if width == 1280:
            assert columns == 192
            np.testing.assert_allclose(found.fields[..., :48], volume.fields / 2, atol=2e-3)
    assert clips.period_s(str(path)) == 2


def test_a_fine_kept_motion_is_taken_no_finer_than_a_mesh_is(tmp_path: Path) -> None:
    fine = procedural.volume(np.ones((90, 160), np.float32), 640, 360, "air", period_s=2.0, frequencies=4)
    path = tmp_path / "fine.npz"
    path.write_bytes(to_bytes(fine))
    found = clips.on_plate(str(path), clips.digest(str(path)), 640, 0, 360, 640, 4, 96)
    assert found.fields.shape == (4, 2, 45, 80)
    means = fine.fields.reshape(4, 2, 45, 2, 80, 2).mean((3, 5))
    np.testing.assert_allclose(found.fields, means, atol=2e-3 * np.abs(means).max())


def test_a_mesh_is_as_fine_as_what_moves() -> None:
    cells = {
        preset: built(project(living=[{"preset": preset, "frequencies": 8}])).planes[0].lives[0].body.cells
        for preset in procedural.MATERIALS
    }
    assert cells == {"vegetation": 48, "water": 73, "cloth": 48, "air": 48}


def test_a_layer_lives_by_a_kept_motion(tmp_path: Path) -> None:
    path, _ = kept(tmp_path)
    wish = project(living=[{"layer": 0, "motion": str(path), "gain": 2.0}])
    spec = built(wish)
    life = spec.planes[0].lives[0]
    assert life.natural == pytest.approx(spec.frames / spec.fps / 2)
    assert np.abs(moved(spec.planes[0], 3)).max() > 0.1
    looped = built(replace(loop(), living=wish.living))
    plane = looped.planes[0]
    assert moved(plane, 0) == pytest.approx(moved(plane, looped.frames), abs=1e-5)
    kept(tmp_path, seed=4)
    # another file under the same name
    with pytest.raises(UsageError, match="has changed"):
        clips.on_plate(str(path), life.body.digest, 256, 0, 20, 64, 4, 96)


@pytest.mark.parametrize(("content", "sentence"), [(None, "cannot be read"), (b"no", "no spectral volume")])
def test_a_motion_that_is_none_is_refused_before_anything_is_painted(
    content: bytes | None, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "motion.npz"
    if content is not None:
        path.write_bytes(content)
    wish = project(living=[{"motion": str(path)}])
    with pytest.raises(UsageError, match=sentence):
        scene_building.check(wish, plans.plan(wish, 64, 48))
