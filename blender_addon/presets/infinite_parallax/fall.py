# Straight down, as in a fall beside a cliff.
import bpy

motion = bpy.context.scene.infinite_parallax.motion
motion.direction_deg = 270.0
motion.use_smoothness = True
motion.smoothness = 16.0
motion.use_step_px = False
motion.seconds_per_step = 0.5
motion.fps = 30.0
motion.loop = False
bpy.context.scene.infinite_parallax.cut.mode = "straight"
