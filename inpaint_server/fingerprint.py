"""What a run may not change: by it a folder of steps is known again, and a redo is refused that would move them.

Steps that are kept lie where the geometry put them; a project that only paints differently may go on from them. The
other road, a digest of the whole project, would throw hours of painting away for another prompt.
"""

import hashlib
from dataclasses import asdict

import numpy as np

from ..shared import settings
from ..shared.plan import Plan
from ..shared.project import Project
from . import masks
from .engines.contract import RGB


def geometry(project: Project, plan: Plan) -> dict[str, object]:
    """What must not change between two sittings of a job, nor by a redo; the keys say it in words."""
    contours = project.cut.mode == "contour"
    lifting = ("name", "velocity", "speed_factor", "scale")
    objects = [{k: v for k, v in settings.write(thing).items() if k not in lifting} for thing in project.objects]
    cut = [project.cut.reach, *(settings.write(hint) for hint in project.hints)] if contours else []
    lines = [[layer.skyline, layer.matte] for layer in project.layers] if contours else []
    return {
        "how the picture is cut": [project.cut.mode, *cut],
        "the layers' skylines and mattes": lines,
        "the objects": objects,
        "the layers' heights": [(layer.top, layer.height) for layer in plan.layers],
        "the layers' velocities": [layer.velocity for layer in plan.layers],
        "the layers' ramps": [layer.ramp and asdict(layer.ramp) for layer in plan.layers],
        "the number of steps": plan.steps,
        "whether it is a loop": plan.loop,
        "plates.tile_px": plan.tile_px,
        "plates.overlap_px": [layer.overlap_px for layer in plan.layers],
        "how far the mask reaches": masks.reach_px(project.mask),
    }


def fingerprint(plan: Plan, project: Project, picture: RGB) -> dict[str, object]:
    """The geometry and the picture."""
    return geometry(project, plan) | {
        "picture": hashlib.sha256(np.ascontiguousarray(picture).data).hexdigest(),
        "size": [plan.width, plan.height],
    }
