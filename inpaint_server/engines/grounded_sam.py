"""Things found by words: a detector that reads draws boxes, and a second model outlines what is in them.

The detector sees every word at once, in one pass over the picture; the outliner sees the picture once and then box
after box. A model that does both was the other road: the pair can be exchanged one by one, and the outliner alone
serves who points with the mouse.

S. Liu et al., Grounding DINO, ECCV 2024; A. Kirillov et al., Segment Anything, ICCV 2023.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...shared.errors import Cancelled
from . import transformers_models
from .card import SEGMENT, Card
from .contract import RGB
from .looking import Cancelled as IsCancelled
from .looking import Look, Segment, Share, Touch

FINDER, OUTLINER = "IDEA-Research/grounding-dino-tiny", "facebook/sam-vit-base"
AT_ONCE = 16
"""Boxes that are outlined together."""
MOST_BOXES = 48
"""Boxes that are outlined at all, the surest; every mask is as large as the picture."""
ROOM_TOKENS = 8
"""Of the longest text that the detector reads, kept free for the marks at its ends."""
CARD = Card(
    "grounded_sam",
    SEGMENT,
    "Finds layers and objects by words, and outlines what is pointed at: Grounding DINO and Segment Anything.",
    transformers_models.NEEDS,
    f"{FINDER} + {OUTLINER}",
    "Apache-2.0",
    "2 GB",
    "800, 1024",
)
missing = transformers_models.missing
Boxes = NDArray[np.float64]  # [n, 4] left, top, right, bottom in px


class GroundedSam:
    """A segmentation engine with two models of transformers."""

    name = "grounded_sam"
    finds_words = True

    def __init__(self) -> None:
        self._finder = transformers_models.Loaded(FINDER, "AutoProcessor", "AutoModelForZeroShotObjectDetection")
        self._outliner = transformers_models.Loaded(OUTLINER, "AutoProcessor", "AutoModelForMaskGeneration")

    def segment(self, picture: RGB, words: Sequence[str], look: Look, cancelled: IsCancelled) -> Sequence[Segment]:
        """See `SegmentEngine.segment`. The model that outlines is not even loaded when nothing is found."""
        found = self._boxes(picture, words, look, cancelled)
        if not found:
            return []
        if len(found) > MOST_BOXES:
            look.tell(f"Outlining the surest {MOST_BOXES} of {len(found)} finds")
            found = found[:MOST_BOXES]
        boxes = np.array([box for _, _, box in found])
        shares = self._outlines(picture, boxes, look, cancelled)
        return [
            Segment(word, score, (box[0], box[1], box[2], box[3]), share)
            for (word, score, box), share in zip(found, shares, strict=True)
        ]

    def touch(self, picture: RGB, touch: Touch, look: Look, cancelled: IsCancelled) -> Share:
        """See `SegmentEngine.touch`."""
        points = [[float(x), float(y)] for x, y in (*touch.on, *touch.beside)]
        prompt: dict[str, Any] = {}
        if points:
            prompt = {"input_points": [[points]], "input_labels": [[[1] * len(touch.on) + [0] * len(touch.beside)]]}
        if touch.box is not None:
            prompt["input_boxes"] = [[[float(v) for v in touch.box]]]
        outline = self._outliner_of(picture, look, cancelled)
        return outline(prompt)[0]

    def _boxes(
        self, picture: RGB, words: Sequence[str], look: Look, cancelled: IsCancelled
    ) -> list[tuple[str, float, list[float]]]:
        """Word, score and box of everything found, the surest first."""
        import torch

        processor, model = self._finder.get(str(look.options.get("model", "")), look.tell, cancelled)
        most = getattr(model.config, "max_text_len", 256) - ROOM_TOKENS
        sure, fits = float(look.options.get("threshold", 0.3)), float(look.options.get("text_threshold", 0.25))
        out: list[tuple[str, float, list[float]]] = []
        for group in _groups(words, most, lambda text: len(processor.tokenizer(text).input_ids)):
            if cancelled():
                raise Cancelled
            inputs = processor(images=picture, text=_prompt(group), return_tensors="pt").to(model.device)
            with torch.inference_mode():
                seen = model(**inputs)
            odds = seen.logits[0].float().sigmoid().cpu().numpy()
            stop = processor.tokenizer.convert_tokens_to_ids(".")
            fitting = _fitting(odds, inputs.input_ids[0].tolist(), stop, len(group))
            boxes = _corners(seen.pred_boxes[0].float().cpu().numpy(), picture.shape[1], picture.shape[0])
            best = fitting.argmax(1)
            for i in np.flatnonzero((odds.max(1) > sure) & (fitting.max(1) > fits)):
                inside = _inside(boxes[i].tolist(), picture.shape[1], picture.shape[0])
                if inside:
                    out.append((group[best[i]], float(fitting[i, best[i]]), inside))
        return sorted(out, key=lambda found: -found[1])

    def _outlines(self, picture: RGB, boxes: Boxes, look: Look, cancelled: IsCancelled) -> Iterator[Share]:
        """The mask of the thing in every box."""
        outline = self._outliner_of(picture, look, cancelled)
        for first in range(0, len(boxes), AT_ONCE):
            if cancelled():
                raise Cancelled
            yield from outline({"input_boxes": [boxes[first : first + AT_ONCE].tolist()]})

    def _outliner_of(self, picture: RGB, look: Look, cancelled: IsCancelled) -> Callable[[dict[str, Any]], list[Share]]:
        """A function from a prompt to masks; the picture is looked at once for all of its calls."""
        import torch

        processor, model = self._outliner.get(str(look.options.get("mask_model", "")), look.tell, cancelled)
        whole = processor(images=picture, return_tensors="pt").to(model.device)
        with torch.inference_mode():
            seen = model.get_image_embeddings(whole.pixel_values)
        # the model in high quality wants what its first layers saw as well
        known = (
            {"image_embeddings": seen[0], "intermediate_embeddings": seen[1]}
            if isinstance(seen, tuple)
            else {"image_embeddings": seen}
        )

        def outline(prompt: dict[str, Any]) -> list[Share]:
            asked = processor(images=picture, return_tensors="pt", **prompt)
            parts = {name: _floats(asked[name]).to(model.device) for name in prompt}
            with torch.inference_mode():
                made = model(**known, **parts, multimask_output=False)
            masks = processor.image_processor.post_process_masks(
                made.pred_masks.float().cpu(), asked.original_sizes, asked.reshaped_input_sizes
            )[0]
            return [np.ascontiguousarray(mask[0].numpy().astype(np.bool_)) for mask in masks]

        return outline


def _floats(values: Any) -> Any:
    """Coordinates as the model computes; the processor makes them of 64 bits, which not every device has."""
    return values.float() if values.is_floating_point() else values


def _prompt(words: Sequence[str]) -> str:
    """As the detector was trained to read: small letters, a full stop after every phrase."""
    return " ".join(f"{word.lower()} ." for word in words)


def _groups(words: Sequence[str], most: int, tokens: Callable[[str], int]) -> Iterator[list[str]]:
    """Words in groups that the detector can read at once; its text has an end, and what lies beyond is not seen."""
    group: list[str] = []
    for word in words:
        if group and tokens(_prompt([*group, word])) > most:
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _fitting(odds: NDArray[np.float32], tokens: Sequence[int], stop: int, words: int) -> NDArray[np.float32]:
    """How well every word fits every box, [boxes, words] in 0..1: the best of its tokens, which stand between full
    stops. `odds` [boxes, places] are those of a box to mean the token at a place.

    The labels that the library makes of the same numbers run together where two words are likely.
    """
    out = np.zeros((len(odds), words), np.float32)
    word = 0
    for place, token in enumerate(tokens[: odds.shape[1]]):
        if token == stop:
            word += 1
        elif place and word < words:
            out[:, word] = np.maximum(out[:, word], odds[:, place])
    return out


def _corners(boxes: NDArray[np.float32], width: int, height: int) -> Boxes:
    """Boxes given by centre and size, 0..1, as left, top, right, bottom in px."""
    centre, half = boxes[:, :2].astype(np.float64), boxes[:, 2:].astype(np.float64) / 2
    return np.concatenate([centre - half, centre + half], 1) * [width, height, width, height]


def _inside(box: Sequence[float], width: int, height: int) -> list[float]:
    """A box cut to the picture; [] when nothing of it is left."""
    left, top = max(0.0, box[0]), max(0.0, box[1])
    right, bottom = min(float(width), box[2]), min(float(height), box[3])
    return [left, top, right, bottom] if right - left >= 1 and bottom - top >= 1 else []


def create() -> GroundedSam:
    """The engine of this module."""
    return GroundedSam()
