"""Projects of the original tool: its config.json becomes a project of ours.

The recorded velocities are taken over as velocities by hand, so that an imported project moves exactly as it did,
whichever of its two speed laws the version that wrote it had. What has no place here is named in the notes instead
of being dropped in silence. Reproducing the original's rounding (whole px per step by `round`) is left to the user,
who gets it by whole velocities.
"""

from collections.abc import Mapping
from typing import Any

from . import project as projects
from .errors import UsageError
from .project import Project

NOT_TAKEN = {
    "salient_objects": "objects found by words",
    "salient_object_layers": "object layers",
}

PICTURES = ("original_input_image_path", "input_image_original_path", "input_image_path")


def looks_like(data: Any) -> bool:
    """Whether a JSON document is a config.json of the original tool."""
    has_picture = isinstance(data, Mapping) and any(data.get(key) for key in PICTURES)
    return has_picture and "layers" in data and "schema" not in data


def from_config(data: Any) -> tuple[Project, list[str]]:
    """The project in a config.json of the original tool, and notes on what was changed or left out."""
    if not looks_like(data):
        raise UsageError(
            "This is no project of the original tool: input_image_path or layers is missing.",
            "Give the config.json of its project folder.",
        )
    notes = [f"{words} ({key}) are not carried over." for key, words in NOT_TAKEN.items() if data.get(key)]
    height = _whole(data, "input_image_height")
    document: dict[str, Any] = {
        "name": str(data.get("project_name") or "imported"),
        "picture": str(next(data[key] for key in PICTURES if data.get(key))),
        "motion": _motion(data, notes),
        "inpaint": {"prompt": str(data.get("prompt_prepend") or "")},
        "layers": _layers(data, height, notes),
    }
    return projects.from_json(document), notes


def _whole(data: Mapping[str, Any], key: str) -> int | None:
    value = data.get(key)
    return int(value) if isinstance(value, int | float) and value > 0 else None


def _motion(data: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    motion: dict[str, Any] = {}
    direction = data.get("direction_theta", data.get("direction"))
    if isinstance(direction, int | float):
        motion["direction_deg"] = float(direction)
    for theirs, ours in (("seconds_per_step", "seconds_per_step"), ("fps", "fps")):
        value = data.get(theirs)
        if isinstance(value, int | float) and value > 0:
            motion[ours] = float(value)
    # its config keeps int(1000 / smoothness) under the name smoothness
    step_px = _whole(data, "smoothness")
    if step_px:
        motion["step_px"] = step_px
    steps = _whole(data, "total_steps") or _whole(data, "max_steps")
    if steps:
        motion["steps"] = steps
    else:
        notes.append("No number of steps was recorded: the layer that needs most decides.")
    return motion


def _layers(data: Mapping[str, Any], height: int | None, notes: list[str]) -> list[dict[str, Any]]:
    given = data["layers"]
    if not isinstance(given, list) or not given:
        raise UsageError("layers is empty.", "Open the project in the original tool and save its layers first.")
    layers = [_layer(entry, f"layers.{i}") for i, entry in enumerate(given)]
    heights = [layer["height"] for layer in layers]
    if height is not None and sum(heights) != height:
        rest = height - sum(heights[:-1])
        if rest < 1:
            raise UsageError(
                f"The layers' heights sum to {sum(heights)} rows, but the picture has {height}.",
                "Correct the heights in config.json, then import it again.",
            )
        notes.append(f"The last layer's height was {heights[-1]}; the picture leaves it {rest} rows.")
    layers[-1].pop("height")
    return layers


def _layer(entry: Any, path: str) -> dict[str, Any]:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("height"), int | float):
        raise UsageError(f"{path}.height is missing.", "Every layer of the original has a height in rows.")
    layer: dict[str, Any] = {"height": int(entry["height"])}
    if isinstance(entry.get("distance"), int | float) and entry["distance"] > 0:
        layer["distance"] = float(entry["distance"])
    velocity = entry.get("velocity")
    if isinstance(velocity, list) and len(velocity) == 2:
        layer["velocity"] = velocity
    return layer
