# A slow drift to the left: few pixels per step, long steps, home again at the end.
import bpy

motion = bpy.context.scene.infinite_parallax.motion
motion.direction_deg = 180.0
motion.use_smoothness = True
motion.smoothness = 40.0
motion.use_step_px = False
motion.seconds_per_step = 2.0
motion.fps = 30.0
motion.loop = False
bpy.context.scene.infinite_parallax.speed.law = "weight"
