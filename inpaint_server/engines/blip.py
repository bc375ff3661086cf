"""Captions by BLIP: what a picture shows, in a short sentence.

It has the part of the original tool's tagger. A list of tags with a rating each was that one's way; the words of a
sentence have a probability as well, and those below the threshold are left out. A stand-in without weights would only
pretend to see, so there is none.

J. Li, D. Li, C. Xiong, S. Hoi, BLIP, ICML 2022.
"""

from collections.abc import Sequence
from typing import Any

from PIL import Image

from ...shared.errors import Cancelled
from . import transformers_models
from .card import CAPTION, Card
from .contract import RGB
from .looking import Cancelled as IsCancelled
from .looking import Look
from .transformers_models import Loaded

MODEL = "Salesforce/blip-image-captioning-base"
CARD = Card(
    "blip",
    CAPTION,
    "BLIP: one short sentence.",
    transformers_models.NEEDS,
    MODEL,
    "BSD-3-Clause",
    "1 GB",
    "384",
)
LONGEST = 30
"""Tokens of a caption."""
PIECE = "##"
"""Before a token that goes on with the word of the one before."""
missing = transformers_models.missing


class BlipEngine:
    """BLIP, greedy, so that the same picture always gives the same words."""

    name = "blip"

    def __init__(self) -> None:
        self._loaded = Loaded(MODEL, "BlipProcessor", "BlipForConditionalGeneration")

    def caption(self, picture: RGB, look: Look, cancelled: IsCancelled) -> str:
        """See `CaptionEngine.caption`; words less sure than `threshold` of the options are left out."""
        import torch

        processor, model = self._loaded.get(str(look.options.get("model", "")), look.tell, cancelled)
        inputs = processor(images=Image.fromarray(picture), return_tensors="pt").to(model.device)
        with torch.inference_mode():
            said = model.generate(
                **inputs,
                max_new_tokens=LONGEST,
                do_sample=False,
                num_beams=1,
                output_scores=True,
                return_dict_in_generate=True,
            )
        if cancelled():
            raise Cancelled
        chosen = said.sequences[0, -len(said.scores) :].tolist()
        sure = [float(s[0].float().softmax(-1)[t]) for s, t in zip(said.scores, chosen, strict=True)]
        return sentence(_pieces(processor.tokenizer, chosen, sure), float(look.options.get("threshold", 0.0)))


def _pieces(tokenizer: Any, chosen: Sequence[int], sure: Sequence[float]) -> list[tuple[str, float]]:
    """The tokens that are no marks, as text, each with its probability."""
    marks = set(tokenizer.all_special_ids)
    named = zip(chosen, tokenizer.convert_ids_to_tokens(list(chosen)), sure, strict=True)
    # a model may have more numbers than its vocabulary has words
    return [(text, value) for token, text, value in named if token not in marks and text]


def sentence(pieces: Sequence[tuple[str, float]], threshold: float) -> str:
    """The words that pieces of words make, without those of which any piece has a lower probability than
    `threshold`."""
    words: list[tuple[str, float]] = []
    for text, sure in pieces:
        if text.startswith(PIECE) and words:
            words[-1] = words[-1][0] + text.removeprefix(PIECE), min(words[-1][1], sure)
        else:
            words.append((text.removeprefix(PIECE), sure))
    return " ".join(word for word, sure in words if sure >= threshold)


def create() -> BlipEngine:
    """The engine of this module."""
    return BlipEngine()
