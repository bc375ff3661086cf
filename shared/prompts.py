"""The words of a step: a project's prompt, or the one whose time has come, with what the canvas was seen to show.

Prompts are set over seconds of the video, as all that a person sets over time; what is painted goes by steps. A
keyframed text in Blender was the other road; Blender keys no texts, and the command line has no keyframes.
"""

import re

from . import pace as paces
from .geometry import exact
from .project import Project
from .sections import Prompt

_WORD = re.compile(r"[\w'-]+")


def first_step(project: Project, at_s: float) -> int:
    """The first step that is painted under a prompt which holds from a second of the video on.

    Step k comes into the frame between the planned seconds (k - 1) and k times `motion.seconds_per_step`.
    """
    curve = paces.pace(project.motion.pace)
    way = exact(at_s) if curve is None else curve.way(exact(at_s))
    return 1 + -int(-way // exact(project.motion.seconds_per_step))


def begins_s(project: Project, step: int) -> float:
    """The second of the video at which a step, counted from 1, begins to come into the frame."""
    way, curve = (step - 1) * exact(project.motion.seconds_per_step), paces.pace(project.motion.pace)
    arrival = float(way) if curve is None else curve.arrival(way)
    # a journey that stands still before is over
    return float(way) if arrival is None else arrival


def prompt_at(project: Project, step: int) -> tuple[str, str]:
    """The prompt and the negative prompt of a step, counted from 1; 0 is the picture itself."""
    wish = project.inpaint
    begun = [entry for entry in project.prompts if first_step(project, entry.at_s) <= max(1, step)]
    last = max(begun, key=lambda entry: entry.at_s, default=Prompt())
    return last.prompt or wish.prompt, last.negative_prompt or wish.negative_prompt


def without(text: str, exclude: str) -> str:
    """A text without the words of a list that is parted by commas; one entry may be several words."""
    wanted = [" ".join(entry.lower().split()) for entry in exclude.split(",")]
    for entry in sorted(filter(None, wanted), key=len, reverse=True):
        pattern = r"\s+".join(re.escape(word) for word in entry.split())
        text = re.sub(rf"(?<!\w){pattern}(?!\w)", " ", text, flags=re.IGNORECASE)
    return " ".join(text.split()) if _WORD.search(text) else ""


def joined(*texts: str) -> str:
    """Texts one after the other, parted by commas; empty ones are left out."""
    return ", ".join(text for text in (part.strip().rstrip(",") for part in texts) if text)
