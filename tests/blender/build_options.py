"""What the Blender that runs the tests was built with."""

import bpy
import pytest

WITH_SOUND = bpy.app.build_options.audaspace
needs_sound = pytest.mark.skipif(not WITH_SOUND, reason="this Blender has no sound")
