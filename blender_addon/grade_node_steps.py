"""A grade's steps as the compositor's own nodes: Color Balance, Bright/Contrast, RGB Curves, and saturation in HSV.

They work in the values of the files, on colour that is not multiplied with alpha, each step cut to 0..1 as in 8 bits.
Color Balance is set to offset, power and slope, as colour houses write them (ASC CDL): its lift, gamma and gain are
those of linear light, and would give another gamma than the strips' modifier.
"""

from collections.abc import Sequence
from typing import Any

from ..shared.grading import Step
from . import compat, grade_strips


class Chain:
    """A row of nodes in a tree: `end` is the socket that the next one is linked to."""

    def __init__(self, tree: Any, source: Any, first: int) -> None:
        self.tree, self.end, self.first, self.label = tree, source, first, ""

    def add(self, steps: Sequence[Step]) -> None:
        """A step of a grade, as it is or as it is at frame `first` and each after it, cut to 0..1."""
        if steps[0].kind == "balance":
            node = self._new("CompositorNodeColorBalance")
            offsets, powers, slopes = zip(*(power_slope(step) for step in steps), strict=True)
            compat.set_balance(node, offsets, powers, slopes, self.first)
        elif steps[0].kind == "contrast":
            node = self._new("CompositorNodeBrightContrast")
            if hasattr(node, "use_premultiply"):
                node.use_premultiply = False
            compat.set_series(node.inputs[1], "default_value", [step.bright for step in steps], self.first)
            compat.set_series(node.inputs[2], "default_value", [step.contrast for step in steps], self.first)
        else:
            node = self._new("CompositorNodeCurveRGB")
            grade_strips.draw_curve(node.mapping, steps[0].points)
            compat.set_series(compat.strength(node), "default_value", [step.amount for step in steps], self.first)
        self._through(node.inputs["Image"], node.outputs[0])
        self._cut()

    def saturate(self, factors: Sequence[float]) -> None:
        """HSV saturation times a factor, which may go beyond 1, or times one for each frame."""
        if set(factors) == {1.0}:
            return
        parts, times = self._new("CompositorNodeSeparateColor"), self._new(compat.MATH)
        whole = self._new("CompositorNodeCombineColor")
        parts.mode = whole.mode = "HSV"
        times.operation = "MULTIPLY"
        compat.set_series(times.inputs[1], "default_value", factors, self.first)
        for n in (0, 2, 3):
            self.tree.links.new(parts.outputs[n], whole.inputs[n])
        self.tree.links.new(parts.outputs[1], times.inputs[0])
        self.tree.links.new(times.outputs[0], whole.inputs[1])
        self._through(parts.inputs[0], whole.outputs[0])
        self._cut()

    def _cut(self) -> None:
        """Cut to 0..1: a mix that mixes nothing in."""
        node = self._new(compat.MIX)
        node.label = "0 to 1"
        mix = compat.mix(node, "MIX", cut=True)
        mix.factor.default_value = 0
        self._through(mix.below, mix.mixed)

    def _through(self, entrance: Any, leaving: Any) -> None:
        self.tree.links.new(self.end, entrance)
        self.end = leaving

    def _new(self, kind: str) -> Any:
        node = self.tree.nodes.new(kind)
        node.label, node.location = self.label, (180 * len(self.tree.nodes), -300)
        return node


def power_slope(step: Step) -> tuple[compat.Triple, compat.Triple, compat.Triple]:
    """Offset, power and slope of a step of lift, gamma and gain."""
    slope = tuple((2 - lift) * gain for lift, gain in zip(step.lift, step.gain, strict=True))
    offset = tuple((lift - 1) * gain for lift, gain in zip(step.lift, step.gain, strict=True))
    return offset, tuple(1 / gamma for gamma in step.gamma), slope
