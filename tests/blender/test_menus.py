"""The menu in Render: it opens from Blender's own, and nothing of it stays behind."""

from types import SimpleNamespace

import bpy
import infinite_parallax
import pytest
from infinite_parallax.blender_addon import menus

from .layout_recorder import Recorder

pytestmark = pytest.mark.blender


def test_the_menu_comes_and_goes_with_the_add_on() -> None:
    infinite_parallax.register()
    try:
        drawn = bpy.types.TOPBAR_MT_render.draw._draw_funcs
        assert menus.draw_entry in drawn
        layout = Recorder()
        menus.draw_entry(SimpleNamespace(layout=layout), bpy.context)
        assert layout.menus == ["INFINITE_PARALLAX_MT_render"]
    finally:
        infinite_parallax.unregister()
    assert menus.draw_entry not in drawn
