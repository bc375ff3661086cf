"""Which job a project and a picture make: the same ones make the same job, whoever asks.

The command line and the add-on both give a job an id of their own making, so that the same wish, uttered again after
a crash, finds the job that was begun and goes on. A random id would have to be remembered somewhere.
"""

import hashlib
import json
from dataclasses import replace

from .project import Project


def painted_part(project: Project) -> Project:
    """The project without what changes nothing about its plates, so that a new output setting finds the old job."""
    plain = Project()
    return replace(project, name=plain.name, picture=plain.picture, sound=plain.sound, output=plain.output)


def job_id(project: Project, picture: bytes, version: str) -> str:
    """The id of the job that paints this project of this picture file with this version of the program."""
    text = json.dumps([version, painted_part(project).to_json()], sort_keys=True).encode()
    return hashlib.sha256(text + picture).hexdigest()[:24]
