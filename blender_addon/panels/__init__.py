"""The Parallax tab: the same panels in the sequencer, the 3D view and the image editor.

Panels only draw. Which there are, in what order and below which other, is the one table `ARRANGED`; what is declared
in the project and not named there, a new section or list, comes after the others by itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import bpy

from ...shared import project as projects
from .. import declared, properties
from . import drawing, dream, engine_choice, job, layers, lists, motion, picture, presets, sound

SPACES = {"sequencer": "SEQUENCE_EDITOR", "view": "VIEW_3D", "image": "IMAGE_EDITOR"}
Draw = Callable[[Any, Any], None]


@dataclass(frozen=True)
class Arranged:
    """A panel: its title, icon and what it lies below; open at first or not; its own drawing, if it has one.

    That of an `engine`'s settings is there while that engine is chosen.
    """

    name: str
    title: str
    icon: str = "NONE"
    below: str = ""
    open: bool = False
    draw: Draw | None = None
    presets: bool = False
    engine: bool = False


ARRANGED = (
    Arranged("picture", "Picture", "IMAGE_DATA", open=True, draw=picture.draw),
    Arranged("layers", "Layers", "RENDERLAYERS", open=True, draw=layers.draw),
    Arranged("cut", "Cut", "IPO_CONSTANT", below="layers"),
    Arranged("depth", "Depth", "CAMERA_DATA", below="layers", draw=engine_choice.drawer("depth")),
    Arranged("segment", "Words", "OUTLINER_OB_FONT", below="layers", draw=engine_choice.drawer("segment")),
    Arranged("hints", "Hints", "GREASEPENCIL", below="layers"),
    Arranged("objects", "Objects", "OBJECT_DATA", below="layers"),
    Arranged("motion", "Motion", "ANIM", open=True, draw=motion.draw, presets=True),
    Arranged("speed", "Speed of Layers", "DRIVER", below="motion"),
    Arranged("job", "Generate", "RENDER_ANIMATION", open=True, draw=job.draw),
    Arranged("inpaint", "Painting", "BRUSH_DATA", draw=engine_choice.drawer("inpaint")),
    Arranged("prompts", "Prompts", "TEXT", below="inpaint"),
    Arranged("caption", "Captions", "OUTLINER_OB_FONT", below="inpaint", draw=engine_choice.drawer("caption")),
    Arranged("walk", "Engine walk", "MOD_NOISE", below="inpaint", engine=True),
    Arranged("diffusers", "Engine diffusers", "SHADERFX", below="inpaint", engine=True),
    Arranged("a1111", "Engine a1111", "URL", below="inpaint", engine=True),
    Arranged("iopaint", "Engine iopaint", "URL", below="inpaint", engine=True),
    Arranged("comfyui", "Engine comfyui", "URL", below="inpaint", engine=True),
    Arranged("mask", "Mask", "MOD_MASK", below="inpaint"),
    Arranged("plates", "Plates", "TEXTURE", below="inpaint"),
    Arranged("overlays", "Overlays", "MOD_OCEAN"),
    Arranged("distortions", "Distortions", "MOD_WAVE"),
    Arranged("living", "Living Layers", "FORCE_WIND"),
    Arranged("shimmers", "Shimmer", "SHADERFX"),
    Arranged("grades", "Colour", "COLOR"),
    Arranged("sound", "Sound", "SPEAKER", draw=sound.draw),
    Arranged("cues", "Cues", "PLAY_SOUND", below="sound"),
    Arranged("drives", "Driven by Sound", "FCURVE", below="sound"),
    Arranged("dream", "Dream", "PLAY_SOUND", draw=dream.draw),
    Arranged("dream_prompts", "Prompts", "TEXT", below="dream", draw=lists.drawer("prompts")),
    Arranged("dream_model", "Model", "SHADERFX", below="dream", draw=dream.draw_model),
    Arranged("dream_advanced", "Advanced", below="dream", draw=dream.draw_advanced),
    Arranged("output", "Output", "OUTPUT"),
)


class ParallaxPanel:
    """One panel of the table, in one kind of editor."""

    bl_region_type = "UI"
    bl_category = "Parallax"
    arranged: ClassVar[Arranged]
    drawn: ClassVar[Draw]

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether there is anything to set: an engine that is not chosen has nothing."""
        one = cls.arranged
        return not one.engine or properties.of_scene(context.scene).inpaint.engine == one.name

    def draw_header(self, _context: Any) -> None:
        """The panel's icon."""
        if self.arranged.icon != "NONE":
            self.layout.label(text="", icon=self.arranged.icon)

    def draw_header_preset(self, context: Any) -> None:
        """The menu of presets, where there are some."""
        if self.arranged.presets:
            presets.draw_preset_header(context, self.layout)

    def draw(self, context: Any) -> None:
        """Draw the panel."""
        type(self).drawn(context, self.layout)


def section_drawer(name: str, choose: Callable[[type[Any]], list[Any]]) -> Draw:
    """The function that draws a section's settings, the main ones or the others."""

    def draw(context: Any, layout: Any) -> None:
        group = properties.of_scene(context.scene)
        share = drawing.draw_settings(context, layout, getattr(group, name), choose(projects.SECTIONS[name]))
        if name == "output" and choose is drawing.main_settings:
            drawing.named(layout.column(), "Video", share).prop(group, "video", text="")

    return draw


def _main_drawer(name: str) -> Draw:
    return lists.drawer(name) if name in projects.LISTS else section_drawer(name, drawing.main_settings)


def _advanced_drawer(name: str) -> Draw | None:
    """What draws the rarely needed settings of a panel; None where there are none."""
    cls = projects.SECTIONS.get(name) or projects.LISTS.get(name, (None, 0))[0]
    if cls is None or not drawing.advanced_settings(cls):
        return None
    if name == "layers":
        return layers.draw_advanced
    return lists.advanced_drawer(name) if name in projects.LISTS else section_drawer(name, drawing.advanced_settings)


def arranged() -> Iterator[Arranged]:
    """What of the table there is, then what is declared and not in it."""
    yield from (one for one in ARRANGED if one.draw or one.name in projects.SECTIONS or one.name in projects.LISTS)
    named = {one.name for one in ARRANGED}
    for name in [*projects.SECTIONS, *projects.LISTS]:
        if name not in named:
            yield Arranged(name, declared.label(name))


def _panels(space: str, kind: str) -> Iterator[type[Any]]:
    """The panels for one kind of editor; one that lies below another comes after it."""
    head = f"INFINITE_PARALLAX_PT_{space}"
    for one in arranged():
        draw = one.draw or _main_drawer(one.name)
        yield _panel(f"{head}_{one.name}", kind, one, draw, f"{head}_{one.below}" if one.below else "")
        advanced = _advanced_drawer(one.name)
        if advanced is not None:
            below = f"{head}_{one.name}"
            yield _panel(f"{below}_advanced", kind, Arranged(f"{one.name}_advanced", "Advanced"), advanced, below)


def _panel(name: str, kind: str, one: Arranged, draw: Draw, below: str) -> type[Any]:
    words: dict[str, Any] = {
        "__module__": __name__,
        "__doc__": one.title,
        "bl_idname": name,
        "bl_label": one.title,
        "bl_space_type": kind,
        "bl_options": set() if one.open else {"DEFAULT_CLOSED"},
        "arranged": one,
        "drawn": staticmethod(draw),
    }
    return type(name, (ParallaxPanel, bpy.types.Panel), words | ({"bl_parent_id": below} if below else {}))


CLASSES = (
    *layers.CLASSES,
    *lists.CLASSES,
    *engine_choice.CLASSES,
    *presets.CLASSES,
    *(panel for space, kind in SPACES.items() for panel in _panels(space, kind)),
)
