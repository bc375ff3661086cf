"""The video of a dream on the timeline: a movie strip, and a sound strip where its sound does not lie there already.

Dreaming again finds the strips by their tags and shows the new video in them, where a person has moved them to, with
whatever was laid on them. New strips for each dream were the other road: the timeline would fill with old ones.
"""

from pathlib import Path
from typing import Any

import bpy

from . import compat
from .sound_strips import NO_SOUND, remove_unused
from .timeline import TAG

DREAMT = f"{TAG}_dream"
"""On a strip: which part of the dream it is."""
ASKED = f"{TAG}_dream_at"
"""On a strip: the frame on which the dream was asked to begin."""
PICTURE, SOUND, STILL = "picture", "sound", "still"


def lay(scene: Any, video: Path, frame: int, with_sound: bool) -> tuple[str, ...]:
    """Show a video on the timeline from `frame` on, with its sound if it is wished; sentences about what cannot be."""
    editor = scene.sequence_editor or scene.sequence_editor_create()
    picture = _ours(editor, PICTURE)
    if picture is None:
        picture = compat.strips(editor).new_movie("Dream", str(video), _free(editor), frame, fit_method="FIT")
    else:
        picture.filepath = str(video)
    start = _put(picture, PICTURE, frame)
    sound = _ours(editor, SOUND)
    if not with_sound:
        if sound is not None and sound in list(compat.strips(editor)):
            before = sound.sound
            compat.remove(editor, sound)
            remove_unused(before)
        return ()
    if not bpy.app.build_options.audaspace:
        return (NO_SOUND,)
    if sound is None:
        sound = compat.strips(editor).new_sound("Dream sound", str(video), _free(editor), start)
    else:
        before, sound.sound = sound.sound, bpy.data.sounds.load(str(video), check_existing=True)
        remove_unused(before)
    _put(sound, SOUND, frame)
    # no longer than what is seen: the video's sound may end within its last frame
    compat.place(sound, compat.start(sound), min(compat.content_length(sound), compat.length(picture)))
    return ()


def lay_still(scene: Any, picture: Path, frame: int, frames: int) -> None:
    """Show one picture on the timeline for so many frames from `frame` on."""
    editor = scene.sequence_editor or scene.sequence_editor_create()
    strip = _ours(editor, STILL)
    if strip is None:
        strip = compat.strips(editor).new_image("Dream", str(picture), _free(editor), frame, fit_method="FIT")
    else:
        compat.set_image(strip, picture)
    first = compat.start(strip) + frame - int(strip.get(ASKED, compat.start(strip)))
    compat.place(strip, first, frames)
    strip[DREAMT], strip[ASKED] = STILL, frame


def _ours(editor: Any, part: str) -> Any | None:
    return next((strip for strip in compat.all_strips(editor) if strip.get(DREAMT) == part), None)


def _put(strip: Any, part: str, frame: int) -> int:
    """Let a strip show all of its content, from the frame that was asked for, or as far from it as it was moved."""
    first = compat.start(strip) + frame - int(strip.get(ASKED, compat.start(strip)))
    compat.place(strip, first, compat.content_length(strip))
    strip[DREAMT], strip[ASKED] = part, frame
    return first


def _free(editor: Any) -> int:
    """The first channel above all that lies there."""
    return 1 + max((strip.channel for strip in compat.strips(editor)), default=0)


def playing(scene: Any, name: str, sound: Path) -> Any | None:
    """The sound strip of that name, if it plays that file; not one of a dream."""
    editor = scene.sequence_editor
    found = None if editor is None else next((s for s in compat.all_strips(editor) if s.name == name), None)
    if found is None or found.type != "SOUND" or DREAMT in found:
        return None
    return found if Path(bpy.path.abspath(found.sound.filepath)).resolve() == sound.resolve() else None
