"""The settings of pictures that a sound paints (`infinite-parallax dream`), declared once like those of a project.

How the model is loaded and how many steps it takes stands in the section `diffusers`; here is what is new about
painting by ear. Words that change in the course of a sound are a list of `Prompt` entries, as a project has them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .sections import Prompt
from .settings import setting


@dataclass(frozen=True)
class Dream:
    """How a sound becomes a video."""

    prompt: str = setting("", "What to paint beside what is heard.", flag="prompt")
    negative_prompt: str = setting("", "What not to paint.", flag="negative-prompt")
    mode: str = setting(
        "mix",
        "mix: the prompt moved by the sound; match: the sound alone, scaled to what the model knows; raw: its bare "
        "numbers, as Sound-Diffusion had it.",
        choices=("mix", "match", "raw"),
        flag="mode",
    )
    weight: float = setting(0.5, "Share of the sound in a mix; the rest is the prompt's.", low=0, high=1, flag="weight")
    gain: float = setting(
        1.0, "Factor on how far the sound moves the numbers.", low=0, high=100, flag="gain", advanced=True
    )
    feature: str = setting(
        "spectrum",
        "What of the sound the model is told: how strong each frequency is, or the waveform itself.",
        choices=("spectrum", "waveform"),
        flag="feature",
        advanced=True,
    )
    statistics: str = setting(
        "channel",
        "Mean and spread that the sound is given: those of each channel of the prompt's embedding, or of it as a "
        "whole.",
        choices=("channel", "whole"),
        flag="statistics",
        advanced=True,
    )
    strength: float = setting(
        0.5, "How far each frame departs from the one before; 0 stands still, 1 starts anew.", low=0, high=1,
        flag="strength",
    )  # fmt: skip
    onset_strength: float = setting(
        0.0, "Added to that at the strongest onset of the sound, less at weaker ones.", low=-1, high=1,
        flag="onset-strength",
    )  # fmt: skip
    hold_colours: bool = setting(
        True,
        "Take back what the autoencoder alone does to the colours, frame after frame.",
        flag="hold-colours",
        advanced=True,
    )
    seed: int = setting(0, "Same seed, same result.", low=0, high=2**31 - 1, flag="seed")
    seed_policy: str = setting(
        "fixed",
        "fixed: the same noise for every frame, steadier; per_frame: seed + frame, which keeps a pattern from growing.",
        choices=("fixed", "per_frame"),
        flag="seed-policy",
        advanced=True,
    )
    painted_fps: float = setting(
        6.0, "Frames that are painted in a second of sound.", low=0.05, high=60, flag="painted-fps"
    )
    fps: float = setting(24.0, "Frames per second of the video.", low=1, high=120, flag="fps")
    between: str = setting(
        "flow",
        "How frames between painted ones come about: carried along the optical flow, faded, or held.",
        choices=("flow", "fade", "hold"),
        flag="between",
    )
    still: bool = setting(False, "One picture of all that is heard, in place of a video.")
    fade_s: float = setting(
        2.0, "Seconds in which one prompt becomes the next.", low=0, high=3600, flag="fade", unit="s"
    )
    start_s: float = setting(0.0, "Where in the sound to begin.", low=0, high=1000000, flag="start", unit="s")
    length_s: float | None = setting(
        None, "Seconds to take of it. Empty: to its end.", above=0, high=1000000, flag="length", unit="s"
    )
    width: int | None = setting(
        None, "Width. Empty: the model's own, or after the picture's shape.", low=16, high=4096, flag="width", unit="px"
    )
    height: int | None = setting(None, "Height. Empty: as the width.", low=16, high=4096, flag="height", unit="px")


def words_at(dream: Dream, prompts: Sequence[Prompt], second: float) -> tuple[Prompt, Prompt, float]:
    """The prompt that holds at a second, the one that it becomes, and how far that is, 0..1.

    What holds from second s on has come wholly at s, after a fade of `fade_s` seconds at most, which begins no sooner
    than the prompt before it. An entry that says nothing falls back on the dream's own words.
    """
    own = Prompt(-float("inf"), dream.prompt, dream.negative_prompt)
    entries = [own, *sorted(prompts, key=lambda entry: entry.at_s)]
    filled = [
        Prompt(e.at_s, e.prompt or dream.prompt, e.negative_prompt or dream.negative_prompt) for e in entries
    ]  # fmt: skip
    last = max(i for i, entry in enumerate(filled) if entry.at_s <= second)
    if last + 1 == len(filled) or not dream.fade_s:
        return filled[last], filled[last], 0.0
    coming = filled[last + 1]
    begins = max(coming.at_s - dream.fade_s, filled[last].at_s)
    return filled[last], coming, min(1.0, max(0.0, (second - begins) / (coming.at_s - begins)))


def strength_at(dream: Dream, onset: float) -> float:
    """How far a frame departs from the one before, 0..1, where something begins as strongly as `onset`, 0..1."""
    return min(1.0, max(0.0, dream.strength + dream.onset_strength * onset))
