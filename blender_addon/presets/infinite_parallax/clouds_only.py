# The sky travels on, everything below it stands still.
import bpy

project = bpy.context.scene.infinite_parallax
project.motion.direction_deg = 180.0
project.motion.use_smoothness = True
project.motion.smoothness = 40.0
project.motion.use_step_px = False
project.motion.seconds_per_step = 1.0
project.motion.fps = 30.0
if not project.layers and project.picture:
    bpy.ops.infinite_parallax.layer_add()
for number, layer in enumerate(project.layers):
    layer.use_velocity = number > 0
    layer.velocity = (0.0, 0.0)
