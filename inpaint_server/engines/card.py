"""What an engine says of itself before anything heavy is imported: one card per engine.

The table in the docs, the list that clients see and the sentence about what is missing all come from these cards. A
page written by hand beside the code was the other road; it would be wrong after the first change of a default.
"""

from dataclasses import dataclass

INPAINT, DEPTH, SEGMENT, CAPTION = "inpaint", "depth", "segment", "caption"
TASKS = (INPAINT, DEPTH, SEGMENT, CAPTION)


@dataclass(frozen=True)
class Card:
    """An engine on one line. Sizes and licences are those of its default model; empty where nothing is to be said.

    `needs` is what must be installed or running, `memory` what it takes at work ("4 GB of GPU memory"), `native` the
    size in px that its default model was made for, `stand_in` whether it only guesses what a model would know,
    `remote` whether another server does the work.
    """

    name: str
    task: str
    summary: str
    needs: str = "nothing"
    model: str = ""
    licence: str = ""
    memory: str = ""
    native: str = "any"
    stand_in: bool = False
    remote: bool = False
