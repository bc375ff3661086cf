"""The words that layers and objects are to be found by, and which of them a project still has to look for.

They are written as detectors that read them want it, `sky . mountains . river .`; commas and line breaks part them as
well. A list of texts in the project was the other road: words are typed into one field, on the command line too.
"""

import re
from dataclasses import dataclass

from .project import Project

PARTED_BY = re.compile(r"[.,;\n]")


@dataclass(frozen=True)
class Wanted:
    """The words of the layers, from far to near, and of the objects that are still to be looked for."""

    layers: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """All words, each once."""
        return tuple(dict.fromkeys((*self.layers, *self.objects)))

    def __bool__(self) -> bool:
        return bool(self.layers or self.objects)


def parted(text: str) -> tuple[str, ...]:
    """The words of a text in small letters, each once, in the order in which they are written."""
    found = (" ".join(part.lower().split()) for part in PARTED_BY.split(text))
    return tuple(dict.fromkeys(word for word in found if word))


def joined(words: tuple[str, ...]) -> str:
    """Words as one text, which `parted` takes apart again."""
    return " ".join(f"{word} ." for word in words)


def named(words: tuple[str, ...]) -> str:
    """Words as a sentence has them: sky, mountains and river."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))


def to_find(project: Project) -> Wanted:
    """What an engine has to look for before a project can be settled.

    Layers are not looked for where a segmentation says them already; of a settled project nothing is.
    """
    wish = project.segment
    if not wish.engine:
        return Wanted()
    return Wanted(() if project.cut.segmentation else parted(wish.layers), parted(wish.objects))
