"""Proxies: small copies of large tiles for previews, in Blender's own places; and a wide picture through its tiles."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, export, proxies, targets, timeline
from infinite_parallax.shared.scene import SceneSpec

from . import made as plates
from .compared import met
from .made import document, made, read_pixels
from .pictures import write_png

pytestmark = pytest.mark.blender


def built(folder: Path, wish: str, **output: object) -> SceneSpec:
    spec = made(folder, document(output={"proxies": wish, **output}))
    targets.build(bpy.context.scene, spec, folder, folder)
    return spec


def strips() -> dict[str, Any]:
    return {strip[timeline.TAG]: strip for strip in timeline.mine(bpy.context.scene)}


def shown_file(strip: Any) -> Path:
    return Path(bpy.path.abspath(strip.directory)) / strip.elements[0].filename


def proxy_of(strip: Any) -> Path:
    return proxies.copy_of(Path(strip.proxy.directory), shown_file(strip))


def test_small_plates_have_none_by_themselves(tmp_path: Path) -> None:
    built(tmp_path, "auto")
    assert not any(strip.use_proxy for strip in strips().values())
    assert not proxies.any_ours(bpy.context.scene)
    assert not (tmp_path / "plates" / "proxies").exists()


def test_plates_of_a_huge_picture_have_some(tmp_path: Path) -> None:
    plane = made(tmp_path, document()).planes[0]
    huge = replace(plane, width=24000, height=450)
    assert [proxies.wanted(wish, huge) for wish in ("auto", "on", "off")] == [True, True, False]
    assert [proxies.wanted(wish, plane) for wish in ("auto", "on", "off")] == [False, True, False]


def test_a_proxy_is_the_plate_made_small(tmp_path: Path) -> None:
    spec = built(tmp_path, "on")
    for plane in spec.planes:
        strip = strips()[plane.name]
        assert proxies.is_ours(strip)
        assert [getattr(strip.proxy, f"build_{n}") for n in (25, 50, 75, 100)] == [True, False, False, False]
        small, whole = read_pixels(proxy_of(strip)), read_pixels(tmp_path / plane.file)
        assert small.shape[:2] == (round(plane.height / 4), round(plane.width / 4))
        # the alpha too: behind a copy without it nothing would be seen
        assert np.abs(small.mean((0, 1)) - whole.mean((0, 1))).max() < 3
    assert min(read_pixels(proxy_of(strip))[..., 3].min() for strip in strips().values()) < 128
    assert not list(tmp_path.rglob("*.part*"))


def test_it_lies_where_blender_looks_for_it(tmp_path: Path) -> None:
    built(tmp_path, "on")
    chosen = next(iter(strips().values()))
    ours = proxy_of(chosen)
    ours.unlink()
    for strip in strips().values():
        strip.select = strip == chosen
    scene = bpy.context.scene
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = scene
    assert bpy.ops.sequencer.rebuild_proxy() == {"FINISHED"}
    assert ours.read_bytes()[:2] == b"\xff\xd8", (
        "Blender's own proxies are JPEG; if they have alpha, ours are not needed"
    )


def test_blender_takes_a_proxy_for_what_it_holds(tmp_path: Path) -> None:
    rgba = np.full((40, 60, 4), 255, np.uint8)
    rgba[:20, :, 3] = 0
    named = tmp_path / "plate.png_proxy.jpg"
    write_png(named, rgba)
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 60, 40
    editor = scene.sequence_editor_create()
    strip = compat.strips(editor).new_image("copy", str(named), 1, 1, fit_method="ORIGINAL")
    strip.blend_type = "ALPHA_OVER"
    export.still(scene, 1, tmp_path / "seen.png")
    seen = read_pixels(tmp_path / "seen.png")
    assert seen[:18, :, :3].max() <= 1  # dithered
    assert seen[22:, :, :3].min() > 150  # what the view makes of white


def test_a_render_shows_the_plates_themselves(tmp_path: Path) -> None:
    spec = built(tmp_path, "on")
    for strip in strips().values():
        write_png(proxy_of(strip), np.full((8, 8, 4), 255, np.uint8))
    met(spec, tmp_path, 0, 20)


def test_building_again_keeps_gives_and_takes(tmp_path: Path) -> None:
    built(tmp_path, "on")
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*_proxy.jpg")}
    spec = built(tmp_path, "on")
    assert len(files) == len({plane.file for plane in spec.planes})
    # the plates were made again, and so were the copies
    assert all(path.stat().st_mtime_ns > before for path, before in files.items())
    files = {path: path.stat().st_mtime_ns for path in files}
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in files} == files
    by_hand = strips()[spec.planes[0].name]
    by_hand.proxy.directory = str(tmp_path / "mine")
    built(tmp_path, "off")
    assert [strip.use_proxy for strip in strips().values() if strip != by_hand] == [False] * (len(spec.planes) - 1)
    assert by_hand.use_proxy


@pytest.mark.usefixtures("registered")
def test_previews_show_proxies(tmp_path: Path) -> None:
    bpy.ops.wm.read_homefile(app_template="Video_Editing")
    assert not bpy.ops.infinite_parallax.show_proxies.poll()
    built(tmp_path, "on")
    spaces = [space for screen in bpy.data.screens for area in screen.areas for space in area.spaces]
    spaces = [space for space in spaces if space.type == "SEQUENCE_EDITOR"]
    assert {space.proxy_render_size for space in spaces} == {"PROXY_100"}
    assert bpy.ops.infinite_parallax.show_proxies() == {"FINISHED"}
    assert {(space.proxy_render_size, space.use_proxies) for space in spaces} == {("PROXY_25", True)}


def test_a_picture_of_sixteen_thousand_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plates, "WIDTH", 16000)
    monkeypatch.setattr(plates, "HEIGHT", 144)
    monkeypatch.setattr(proxies, "LARGE_PX", 2**20)
    data = document()
    data["motion"] |= {"step_px": 3000, "steps": 2}
    data["layers"] = [{"name": "sky", "height": 60, "distance": 100}, {"name": "grass", "distance": 200}]
    spec = made(tmp_path, data)
    assert max(plane.width for plane in spec.planes) > 16000
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    large = {plane.name for plane in spec.planes if plane.width * plane.height > proxies.LARGE_PX}
    assert large
    assert {name for name, strip in strips().items() if strip.use_proxy} == large
    met(spec, tmp_path, 0, spec.frames - 1)
