"""The control of the speed: keyframes are the project's pace, presets write them, and the frames follow."""

from pathlib import Path
from typing import Any

import bpy
import pytest
from infinite_parallax.blender_addon import compat, properties, scene_project, targets, timeline
from infinite_parallax.shared import frames
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.scene import Key, Plane, SceneSpec

from .compared import compared
from .made import HEIGHT, WIDTH, document, made, read_tile
from .pictures import texture, write_png
from .test_frames import DARKEST
from .test_ramp import off, spec_of

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("registered")]

BACK = [[0.0, 1.0], [1.5, 1.0], [1.6, -1.0], [2.2, -1.0], [2.3, 1.0]]
PACE = [[0.0, 0.0], [1.0, 1.0], [2.5, 1.0], [3.25, 0.5]]


def scene() -> Any:
    return bpy.context.scene


def group() -> Any:
    return properties.of_scene(scene())


def filled(folder: Path, **motion: Any) -> projects.Project:
    """The scene's settings set to a small project with a picture."""
    write_png(folder / "picture.png", texture(0, 0, WIDTH, HEIGHT, 1))
    data = document()
    data |= {"picture": str(folder / "picture.png"), "motion": data["motion"] | motion}
    wanted = projects.from_json(data)
    properties.fill(scene(), wanted)
    return wanted


@pytest.mark.parametrize("pace", [[], PACE, BACK, [[0.0, 2.5]]])
@pytest.mark.parametrize("fps", [12.0, 29.97])
def test_a_pace_goes_through_keyframes_unchanged(tmp_path: Path, pace: Any, fps: float) -> None:
    wanted = filled(tmp_path, pace=pace, fps=fps)
    assert properties.project(scene()) == wanted
    curve = compat.f_curve(group(), "pace")
    assert (curve is None) == (len(pace) < 2)
    filled(tmp_path)
    assert compat.f_curve(group(), "pace") is None
    assert properties.project(scene()).motion.pace == ()


def test_the_text_of_a_pace_is_no_property() -> None:
    assert "pace" not in group().motion.bl_rna.properties


def test_a_curve_is_read_at_every_frame(tmp_path: Path) -> None:
    filled(tmp_path)
    compat.key_linear(group(), "pace", [(1, 0.0), (31, 1.0)])
    curve = compat.f_curve(group(), "pace")
    curve.keyframe_points[0].interpolation = "BEZIER"
    curve.update()
    pace = properties.project(scene()).motion.pace
    assert 3 < len(pace) < 31
    read = Plane("p", 0, 1, "", 1, 1, 0, 0, 1.0, tuple(Key(round(t * 12), v, 0) for t, v in pace))
    for frame in range(31):
        assert frames.placed(read, frame)[0] == pytest.approx(max(0, curve.evaluate(frame + 1)), abs=2e-3)
    curve.extrapolation = "LINEAR"
    scene().frame_end = 61
    assert properties.project(scene()).motion.pace[-1][0] == 5


@pytest.mark.parametrize("preset", ["EASE_IN", "EASE_OUT", "EASE_BOTH", "HOLD", "RAMP"])
def test_presets_write_keyframes_that_the_plan_follows(tmp_path: Path, preset: str) -> None:
    wish = filled(tmp_path)
    before = plans.plan(wish, WIDTH, HEIGHT)
    scene().frame_set(13)
    arguments = {"preset": preset, "seconds": 1.0, "factor": 3.0}
    assert bpy.ops.infinite_parallax.speed_preset(**arguments) == {"FINISHED"}
    assert compat.f_curve(group(), "pace") is not None
    after = scene_project.plan_of(scene())[1]
    assert after.steps == before.steps
    longer = {"EASE_IN": 6, "EASE_OUT": 6, "EASE_BOTH": 12, "HOLD": 12 + 3, "RAMP": -12}[preset]
    assert after.frames == pytest.approx(before.frames + longer, abs=1)
    assert (after.step_at(1) < before.step_at(1)) == (preset in ("EASE_IN", "EASE_BOTH"))
    assert bpy.ops.infinite_parallax.speed_preset(preset="CONSTANT") == {"FINISHED"}
    assert scene_project.plan_of(scene())[1] == before


def test_a_pace_that_never_arrives_is_said_and_can_be_eased_again(tmp_path: Path) -> None:
    filled(tmp_path)
    compat.key_linear(group(), "pace", [(1, 1.0), (20, 0.0)])
    with pytest.raises(RuntimeError, match="stands still"):
        bpy.ops.infinite_parallax.speed_preset(preset="EASE_OUT")
    assert bpy.ops.infinite_parallax.speed_preset(preset="CONSTANT") == {"FINISHED"}


@pytest.mark.parametrize("pace", [PACE, BACK], ids=["eased", "turning"])
@pytest.mark.parametrize("loop", [False, True], ids=["once", "loop"])
def test_frames_of_an_eased_journey(tmp_path: Path, pace: Any, loop: bool) -> None:
    data = document()
    data["motion"] |= {"pace": pace, "loop": loop}
    if loop:
        data["layers"] = [{"height": 50, "velocity": [-10.5, 0]}, {"velocity": [-33, 0]}]
        del data["motion"]["steps"]
    data["plates"] = {"tile_px": 64, "overlap_px": 2}
    spec = made(tmp_path, data, contours=not loop, covers=not loop)
    assert any(len(plane.keys) > 2 for plane in spec.planes)
    turns = pace == BACK
    assert any(" again " in plane.name for plane in spec.planes) == turns
    targets.build(scene(), spec, tmp_path, tmp_path)
    for frame in (0, 3, 11, spec.frames // 2, spec.frames - 1):
        rendered, differences = compared(spec, tmp_path, frame)
        assert rendered.min() >= DARKEST
        assert differences.mean() <= 0.5
        assert differences.max() <= 2


def test_rows_of_receding_ground_follow_too(tmp_path: Path) -> None:
    plain = spec_of(tmp_path, -1.0)
    sky, ground = plain.planes
    assert ground.slide is not None
    way = (0.0, -5.0, -71.3)
    keys = tuple(Key(n, -2.0 + x, ground.keys[0].y) for n, x in zip((0, 4, 12), way, strict=True))
    slide = type(ground.slide)(ground.slide.ramp, 0.0, way)
    eased = Plane(**{**vars(ground), "keys": keys, "opacity": (1.0, 1.0, 1.0), "slide": slide})
    spec = SceneSpec(**{**vars(plain), "planes": (sky, eased)})
    targets.build(scene(), spec, tmp_path, tmp_path)
    for frame in (2, 4, 9):
        differences = off(spec, tmp_path, frame)
        assert differences.mean() <= 0.5
        assert differences.max() <= 2
    assert (frames.render(spec, 4, read_tile(tmp_path)) != frames.render(plain, 4, read_tile(tmp_path))).any()
    assert timeline.first_frame(scene()) == 1
