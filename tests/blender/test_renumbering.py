"""One of several overlays is removed or moved: keys, drivers and what was done by hand stay with the others."""

from pathlib import Path
from typing import Any

import bpy
import pytest
from infinite_parallax.blender_addon import compat, properties, renumbering, targets, timeline
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.scene import SceneSpec

from .compared import met
from .made import document, made

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("registered")]

SNOW = [{"kind": "snow", "seed": n, "amount": amount} for n, amount in enumerate((0.2, 0.9, 0.5))]


@pytest.fixture(params=["vse", "compositor", "planes"])
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def scene() -> Any:
    return bpy.context.scene


def group() -> Any:
    return scene().infinite_parallax


def filled(target: str, **sections: Any) -> None:
    properties.fill(scene(), projects.from_json(document(output={"target": target}, **sections)))


def built(folder: Path) -> SceneSpec:
    data = properties.project(scene()).to_json()
    spec = made(folder, data)
    targets.build(scene(), spec, folder, folder)
    return spec


def sheets() -> dict[str, Any]:
    """What shows the sheets, by their tags."""
    found = {str(thing[timeline.TAG]): thing for thing in renumbering._tagged(scene())}
    return {tag: thing for tag, thing in found.items() if "overlay" in tag}


def keys() -> list[str]:
    return [curve.data_path for curve in compat.curves(scene()) if curve.data_path.startswith("infinite_parallax")]


def change(operator: str, at: int, **options: Any) -> None:
    group().overlays_index = at
    assert getattr(bpy.ops.infinite_parallax, operator)(list="overlays", **options) == {"FINISHED"}


def test_keys_stay_with_their_overlay(target: str, tmp_path: Path) -> None:
    filled(target, overlays=SNOW)
    for frame, value in ((1, 0.1), (36, 1.0)):
        group().overlays[1].amount = value
        group().overlays[1].keyframe_insert("amount", frame=frame)
    change("entry_remove", 0)
    assert keys() == ["infinite_parallax.overlays[0].amount"]
    met(built(tmp_path), tmp_path, 3, 30)
    change("entry_move", 0, direction="DOWN")
    assert keys() == ["infinite_parallax.overlays[1].amount"]
    met(built(tmp_path), tmp_path, 3, 30)
    change("entry_remove", 1)
    assert keys() == []


def test_what_a_person_did_stays_with_its_overlay(target: str, tmp_path: Path) -> None:
    filled(target, overlays=SNOW)
    built(tmp_path)
    mine = {tag: thing.as_pointer() for tag, thing in sheets().items() if "snow 1" in tag}
    assert mine
    change("entry_remove", 0)
    assert {tag.replace("snow 0", "snow 1"): t.as_pointer() for tag, t in sheets().items() if "snow 0" in tag} == mine
    met(built(tmp_path), tmp_path, 5)
    kept = {thing.as_pointer() for tag, thing in sheets().items() if "snow 0" in tag}
    assert set(mine.values()) == kept
    assert not [tag for tag in sheets() if "gone" in tag or "snow 2" in tag]
    change("entry_move", 0, direction="DOWN")
    met(built(tmp_path), tmp_path, 5)
    now = {thing.as_pointer() for tag, thing in sheets().items() if "snow 1" in tag}
    assert now == kept or target == "compositor", "nodes in another order are linked anew"


def test_until_it_is_built_again_the_panel_acts_on_the_right_ones(target: str, tmp_path: Path) -> None:
    filled(target, overlays=SNOW)
    built(tmp_path)
    change("entry_remove", 0)
    paths = {t.data_path for t in renumbering._driven_by(scene()) if t.data_path.endswith("amount")}
    assert paths == {f"infinite_parallax.overlays[{n}].amount" for n in (0, 1, renumbering.NOWHERE)}


@pytest.mark.parametrize("distortions", [[], [{"layer": 1}]], ids=["still", "swaying"])
def test_a_layer_that_is_renamed_keeps_what_a_person_did(
    target: str, distortions: list[dict[str, Any]], tmp_path: Path
) -> None:
    filled(target, distortions=distortions)
    built(tmp_path)
    before = {str(thing[timeline.TAG]): thing.as_pointer() for thing in renumbering._tagged(scene())}
    group().layers[1].name = "downs 2"
    met(built(tmp_path), tmp_path, 5)
    now = {str(thing[timeline.TAG]): thing.as_pointer() for thing in renumbering._tagged(scene())}
    assert now == {tag.replace("01 hills", "01 downs 2"): pointer for tag, pointer in before.items()}
    if target == "vse":
        named = {s.name for s in timeline.mine(scene()) if s[timeline.TAG].startswith("01")}
        assert named
        assert all(name.startswith("01 downs 2") for name in named)


def test_numbers() -> None:
    assert renumbering.removed(3, 1) == {0: 0, 1: None, 2: 1}
    assert renumbering.moved(4, 0, 2) == {0: 2, 1: 0, 2: 1, 3: 3}
    kinds = ["rain", "snow", "rain", "rain"]
    assert renumbering._names(kinds, renumbering.removed(4, 0)) == {
        "overlay rain 0": "overlay rain gone",
        "overlay snow 0": "overlay snow 0",
        "overlay rain 1": "overlay rain 0",
        "overlay rain 2": "overlay rain 1",
    }
