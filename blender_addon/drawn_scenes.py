"""Scenes that the compositor shows, made so that Blender draws them by renderers of their own.

Blender keeps a renderer for every scene that it ever rendered, by the scene's name before 5.0 and by its place in
memory since. One that served a scene strip goes on to look through that strip's camera; Render Layers nodes ask for no
other, and where the strip's scene is gone they crash or show nothing. So what a compositor shows has names that strips
never have, and never lies where a scene of strips lay. Rendering each new scene once by itself was the other road: it
clears the camera, and takes the window's time and picture.
"""

import bpy

_places: set[int] = set()
"""Where in memory scenes lay that strips may have shown."""


def note() -> None:
    """Keep in mind where the scenes are that the sequencer shows or may have shown."""
    _places.update(scene.as_pointer() for scene in bpy.data.scenes)


def new(name: str) -> bpy.types.Scene:
    """A scene for the compositor; its name must be one that no scene of strips has."""
    tried = [bpy.data.scenes.new(name)]
    while tried[-1].as_pointer() in _places:
        tried.append(bpy.data.scenes.new(name))
    for scene in tried[:-1]:
        bpy.data.scenes.remove(scene)
    tried[-1].name = name
    return tried[-1]
