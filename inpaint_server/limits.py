"""Every cap of the server in one place, and the checks that apply them.

A server that computes for others must say no before it has begun: a picture is refused by its header, a job by the
arithmetic of its plan, and each refusal names the cap and the way round it. Caps strewn over the routes could not be
listed, tested or raised by the person who owns the machine.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from ..shared.errors import ParallaxError, UsageError
from ..shared.plan import Plan, plan
from ..shared.plate_sizes import GIB, gigabytes, needed_bytes
from ..shared.project import MOST_LAYERS, Project
from ..shared.settings import setting
from ..shared.visits import check_ways


@dataclass(frozen=True)
class Limits:
    """What the server takes on."""

    body_bytes: int = setting(128 * 1024**2, "Size of a request.", low=1024, unit="bytes")
    project_bytes: int = setting(1024**2, "Size of a project document.", low=1024, unit="bytes")
    picture_px: int = setting(160 * 10**6, "Pixels of a picture.", low=1, unit="px")
    side_px: int = setting(16384, "Longest side of a picture.", low=1, unit="px")
    layers: int = setting(MOST_LAYERS, "Layers of a project.", low=1, high=MOST_LAYERS)
    steps: int = setting(20000, "Steps of a job.", low=1)
    unfinished_jobs: int = setting(64, "Jobs that wait or run.", low=1)
    job_bytes: int = setting(64 * GIB, "Disk that one job may need, by its plan.", low=1, unit="bytes")
    spare_bytes: int = setting(GIB // 2, "Disk that always stays free.", low=0, unit="bytes")
    listeners: int = setting(24, "Event streams open at one time.", low=1)
    looking: int = setting(2, "Pictures decoded and looked at at one time, for a job or a suggestion.", low=1)
    waiting: int = setting(4, "Requests that may wait to be looked at, or to be painted, while others are.", low=0)


def check_steps(project: Project, limits: Limits) -> None:
    """Refuse a project with too many layers or steps; steps that follow from the plan are checked by `check_plan`."""
    if len(project.layers) > limits.layers:
        raise UsageError(
            f"The project has {len(project.layers)} layers; this server takes {limits.layers}.",
            "Merge some layers.",
            "too_large",
        )
    check_count(project.motion.steps or 1, limits)


def check_count(
    steps: int, limits: Limits, hint: str = "Lower motion.steps, lower the smoothness, or raise step_px."
) -> None:
    """Refuse a job with too many steps."""
    if steps > limits.steps:
        raise UsageError(
            f"The job has {steps} steps; this server takes {limits.steps}.",
            hint,
            "too_large",
        )


def checked_plan(project: Project, width: int, height: int, limits: Limits) -> Plan:
    """The plan of a project, if this server takes it on."""
    check_steps(project, limits)
    made = plan(project, width, height)
    check_ways(project.objects, made)
    check_plan(made, limits, project.cut.mode == "contour")
    return made


def check_plan(made: Plan, limits: Limits, contours: bool = False) -> None:
    """Refuse a plan with too many steps or a need of more disk than a job may have."""
    check_count(made.steps, limits)
    need = needed_bytes(made, contours)
    if need > limits.job_bytes:
        raise UsageError(
            f"The job may need {gigabytes(need)} of disk; this server gives a job {gigabytes(limits.job_bytes)}.",
            "Ask for fewer steps or a smaller picture.",
            "too_large",
        )


def check_disk(folder: Path, need: int, limits: Limits) -> None:
    """Refuse when less than `need` bytes, plus what always stays free, is left on the disk of `folder`."""
    free = shutil.disk_usage(folder).free
    if free < need + limits.spare_bytes:
        raise ParallaxError(
            f"The disk has {gigabytes(free)} free; this needs {gigabytes(need)} and {gigabytes(limits.spare_bytes)} "
            "must stay free.",
            "Delete old jobs or free disk space, then try again.",
            "disk_full",
            507,
        )
