# Out of a train's window: fast, and what is near flies past.
import bpy

motion = bpy.context.scene.infinite_parallax.motion
motion.direction_deg = 180.0
motion.use_smoothness = True
motion.smoothness = 10.0
motion.use_step_px = False
motion.seconds_per_step = 0.25
motion.fps = 30.0
motion.loop = False
bpy.context.scene.infinite_parallax.speed.law = "weight"
