"""Which job a project and a picture make: the same ones make the same job, whoever asks.

The command line and the add-on both give a job an id of their own making, so that the same wish, uttered again after
a crash, finds the job that was begun and goes on. A random id would have to be remembered somewhere.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from .attachments import heard
from .project import Project


def painted_part(project: Project) -> Project:
    """The project without what changes nothing about its plates, so that a new output setting finds the old job.

    Of the other pictures that it names, their own names stay and their folders go.
    """
    plain = Project()
    cut = replace(project.cut, depth=Path(project.cut.depth).name, segmentation=Path(project.cut.segmentation).name)
    layers = tuple(replace(layer, matte=Path(layer.matte).name) for layer in project.layers)
    objects = tuple(replace(thing, matte=Path(thing.matte).name) for thing in project.objects)
    diffusers = replace(project.diffusers, sound=Path(project.diffusers.sound).name)
    kept = replace(project, cut=cut, layers=layers, objects=objects, diffusers=diffusers)
    motion = kept.motion
    timed = bool(project.prompts or heard(project))
    if not timed:
        motion = replace(motion, pace=plain.motion.pace)
    if not motion.loop and not timed:
        # a loop takes so many steps that its video has whole frames, prompts begin at their seconds, and a sound is
        # heard at its own; elsewhere time is only that of the video
        motion = replace(motion, fps=plain.motion.fps, seconds_per_step=plain.motion.seconds_per_step)
    kept = replace(kept, motion=motion)
    kept = replace(kept, cues=(), overlays=(), distortions=(), living=(), shimmers=(), grades=(), drives=())
    return replace(kept, name=plain.name, picture=plain.picture, sound=plain.sound, output=plain.output)


def nameless(project: Project) -> Project:
    """The project without the names of its layers and objects, which are seen in lists and in no pixel."""
    layers = tuple(replace(layer, name="") for layer in project.layers)
    return replace(project, layers=layers, objects=tuple(replace(thing, name="") for thing in project.objects))


def job_id(project: Project, picture: bytes, version: str, attachments: Mapping[str, bytes] | None = None) -> str:
    """The id of the job that paints this project of these picture files with this version of the program."""
    text = json.dumps([version, nameless(painted_part(project)).to_json()], sort_keys=True).encode()
    whole = hashlib.sha256(text + picture)
    for part, data in sorted((attachments or {}).items()):
        whole.update(part.encode() + hashlib.sha256(data).digest())
    return whole.hexdigest()[:24]
