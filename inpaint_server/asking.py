"""What an inpaint engine is asked for at each step: words, seed, and the depth of the canvas if it wants that.

The words are the prompt whose time has come and, if somebody interrogates the canvas, a caption of it. Engines that
read nothing are asked without either being looked for: a caption takes longer than a step of the walk. Leaving all of
this to the engines was the other road, and each of them would have done it in its own way.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..shared import prompts, settings, words
from ..shared.ambience import RATE
from ..shared.attachments import heard as heard_sound
from ..shared.errors import UsageError
from ..shared.project import Project
from . import engines, word_search
from .canvas_depth import CanvasDepth, filled
from .dreams.slices import Slices
from .engines.contract import (
    RGB,
    Heard,
    InpaintEngine,
    InpaintRequest,
    Mask,
    OwnerMap,
    RunContext,
    StepContext,
    Told,
    imagines,
    untold,
)
from .engines.looking import Disparity, Look
from .layering import by_words

Bool = NDArray[np.bool_]


class Asking:
    """The requests of one run. `caption` is the latest one, None before the first; it is kept in the journal, because
    another sitting must go on with the same words."""

    def __init__(
        self,
        project: Project,
        engine: InpaintEngine,
        depth: Disparity | None = None,
        tell: Told = untold,
        sound: NDArray[np.float32] | None = None,
    ) -> None:
        self.caption: str | None = None
        self._project, self._source_depth, self._tell = project, depth, tell
        wish = project.caption.engine if imagines(engine) else ""
        self._sound = _slices(project, sound)
        self._captions = engines.load_caption(wish) if wish else None
        self._estimator = engines.load_depth(project.depth.engine) if project.depth.engine else None
        self._canvas_depth: CanvasDepth | None = None
        self._layer_words = words.parted(project.segment.layers)
        by_name = bool(self._layer_words) and len(self._layer_words) == len(project.layers)
        self._finder = (
            word_search.finder(project.segment.engine)
            if project.segment.engine and by_name and imagines(engine)
            else None
        )

    def request(self, context: StepContext, canvas: RGB, hole: Bool, cancelled: Callable[[], bool]) -> InpaintRequest:
        """What is asked for at a step. `hole` [H, W] is what of the canvas [H, W, 3] is not known."""
        said = self._words(context.step, lambda: filled(canvas, hole, context.owner), cancelled)
        depth = None
        measure = self._depth(context.run, cancelled) if context.run.options.get("controlnet") else None
        if measure is not None:
            depth = measure.at(canvas, hole, context.owner, cancelled)
        options, heard = context.run.options, self._heard(context.step)
        return InpaintRequest(*said, self._seed(context.step), context, options, depth, self._tell, heard)

    def hidden(
        self, options: dict[str, object], picture: RGB, mask: Mask, cancelled: Callable[[], bool]
    ) -> InpaintRequest:
        """What is asked for before the first step: to paint what lies behind the layers, where a mask [H, W] is 255."""
        hole = mask > 0
        shown = filled(picture, hole, np.zeros(hole.shape, np.int16))
        said = self._words(0, lambda: shown, cancelled)
        depth = None
        if options.get("controlnet") and self._estimator is not None:
            depth = self._estimator.depth(shown, self._look(), cancelled)
        seed, heard = self._project.inpaint.seed, self._heard(1)
        return InpaintRequest(*said, seed, options=dict(options), depth=depth, tell=self._tell, heard=heard)

    def numbers(self, context: StepContext, painted: RGB, new: Bool, cancelled: Callable[[], bool]) -> OwnerMap | None:
        """The layer of each pixel of a picture [H, W, 3] of which `new` was just painted, int16 [H, W]; None where
        nobody is asked who knows more than the border that it goes on from. A guess knows no more.

        Words that name every layer are asked first, as they are for the source.
        """
        if self._finder is not None:
            look = Look(settings.write(self._project.segment), self._project.inpaint.seed, self._tell)
            finds = self._finder.segment(painted, self._layer_words, look, cancelled)
            return by_words.continued(painted, finds, self._layer_words, context.owner, new)
        if engines.stands_in(engines.DEPTH, self._project.depth.engine):
            return None
        measure = self._depth(context.run, cancelled)
        return None if measure is None else measure.numbers(painted, new, context.owner, cancelled)

    def _words(self, step: int, shown: Callable[[], RGB], cancelled: Callable[[], bool]) -> tuple[str, str]:
        """The prompt and the negative prompt of a step; the caption is made anew when it is due."""
        prompt, negative = prompts.prompt_at(self._project, step)
        if self._captions is None:
            return prompt, negative
        wish = self._project.caption
        if self.caption is None or (step > 0 and (step - 1) % wish.every_steps == 0):
            look = Look(settings.write(wish), self._project.inpaint.seed, self._tell)
            self.caption = self._captions.caption(shown(), look, cancelled)
        return prompts.joined(prompt, self.caption), negative

    def _seed(self, step: int) -> int:
        wish = self._project.inpaint
        return wish.seed + (step if wish.seed_policy == "per_step" else 0)

    def _heard(self, step: int) -> Heard | None:
        """What is heard from the second on in which a step comes into the frame; after its end a sound begins anew."""
        if self._sound is None:
            return None
        lasts_s = len(self._sound.samples) / self._sound.rate
        return Heard(self._sound, prompts.begins_s(self._project, step) % lasts_s * self._sound.fps)

    def _depth(self, run: RunContext, cancelled: Callable[[], bool]) -> CanvasDepth | None:
        """Who estimates the depth of this run's canvases; None where nobody does."""
        if self._canvas_depth is None and self._estimator is not None:
            source = self._source_depth
            if source is None:
                source = self._estimator.depth(run.source, self._look(), cancelled)
            self._canvas_depth = CanvasDepth(self._estimator, self._look(), run, source)
        return self._canvas_depth

    def _look(self) -> Look:
        return Look(settings.write(self._project.depth), self._project.inpaint.seed, self._tell)


def _slices(project: Project, sound: NDArray[np.float32] | None) -> Slices | None:
    """The sound that is painted to, in slices as long as a step."""
    if not heard_sound(project):
        return None
    if sound is None:
        raise UsageError("The project names a sound that did not come with it.", "Send it as a new job.")
    return Slices(sound, RATE, 1 / project.motion.seconds_per_step)
