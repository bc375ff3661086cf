"""A grade's steps as the nodes of materials, for all that is drawn by Cycles: those of `shared/grading.py` in order.

A scene strip comes into the sequencer in floating point, multiplied with its alpha, and the strip modifiers that raise
the shadows then light up what is transparent and burn every soft rim. Modifiers on such a strip were the other road; in
the material colour and alpha are still apart. The nodes work in the values of the file, each step cut to 0..1 as in 8
bits.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..shared.grading import Step
from . import compat, grade_strips
from .grade_node_steps import power_slope

ZERO, ONE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


class Chain:
    """A row of nodes in a tree: `end` is the socket that the next one is linked to."""

    def __init__(self, tree: Any, source: Any, first: int) -> None:
        self.tree, self.end, self.first, self.label = tree, source, first, ""

    def add(self, steps: Sequence[Step]) -> None:
        """A step of a grade, as it is or as it is at frame `first` and each after it, cut to 0..1."""
        if steps[0].kind == "balance":
            offsets, powers, slopes = zip(*(power_slope(step) for step in steps), strict=True)
            self._scale(slopes, offsets)
            self._vector("MAXIMUM", [ZERO])
            self._powers(powers)
        elif steps[0].kind == "contrast":
            ends = [step.curves(np.array([0.0, 1.0])).tolist() for step in steps]
            self._scale([(high - low,) * 3 for low, high in ends], [(low,) * 3 for low, _ in ends])
        else:
            node = self._new("ShaderNodeRGBCurve")
            grade_strips.draw_curve(node.mapping, steps[0].points)
            compat.set_series(compat.strength(node), "default_value", [step.amount for step in steps], self.first)
            self._through(node.inputs["Color"], node.outputs["Color"])
        self._cut()

    def saturate(self, factors: Sequence[float]) -> None:
        """most - (most - value) * factor, `most` the largest of the channels; a factor, or one for each frame."""
        if set(factors) == {1.0}:
            return
        parts = self._new("ShaderNodeSeparateColor")
        self.tree.links.new(self.end, parts.inputs[0])
        most = parts.outputs[0]
        for other in parts.outputs[1:3]:
            larger = self._new("ShaderNodeMath")
            larger.operation = "MAXIMUM"
            self.tree.links.new(most, larger.inputs[0])
            self.tree.links.new(other, larger.inputs[1])
            most = larger.outputs[0]
        rest = self._new("ShaderNodeMath")
        rest.operation = "MULTIPLY"
        compat.set_series(rest.inputs[1], "default_value", [1 - factor for factor in factors], self.first)
        self.tree.links.new(most, rest.inputs[0])
        self._scale([(factor,) * 3 for factor in factors], rest.outputs[0])
        self._cut()

    def to_linear(self) -> None:
        """sRGB's curve (IEC 61966-2-1): v / 12.92 up to 0.04045, beyond it ((v + 0.055) / 1.055) ^ 2.4."""
        values = self.end
        self._scale([(1 / 1.055,) * 3], [(0.055 / 1.055,) * 3])
        self._powers([(2.4, 2.4, 2.4)])
        light, self.end = self.end, values
        self._vector("SUBTRACT", [(0.04045,) * 3])
        self._vector("CEIL")
        self._vector("MAXIMUM", [ZERO])
        is_light, self.end = self.end, values
        self._scale([(1 / 12.92,) * 3], [ZERO])
        dark = self.end
        self.end = light
        self._vector("SUBTRACT", dark)
        self._scale(is_light, dark)

    def _cut(self) -> None:
        self._vector("MAXIMUM", [ZERO])
        self._vector("MINIMUM", [ONE])

    def _scale(self, slope: Any, more: Any) -> None:
        self._vector("MULTIPLY_ADD", slope, more)

    def _vector(self, operation: str, *others: Any) -> None:
        """A vector operation with the end so far, and with sockets or lists of triples: one, or one for each frame."""
        node = self._new("ShaderNodeVectorMath")
        node.operation = operation
        for socket, value in zip(node.inputs[1:], others, strict=False):
            if isinstance(value, list | tuple):
                compat.set_series(socket, "default_value", value, self.first)
            else:
                self.tree.links.new(value, socket)
        self._through(node.inputs[0], node.outputs[0])

    def _powers(self, powers: Sequence[compat.Triple]) -> None:
        """The power of each channel, or that for each frame."""
        if set(powers) == {ONE}:
            return
        parts, whole = self._new("ShaderNodeSeparateColor"), self._new("ShaderNodeCombineColor")
        for channel, power in enumerate(zip(*powers, strict=True)):
            node = self._new("ShaderNodeMath")
            node.operation = "POWER"
            compat.set_series(node.inputs[1], "default_value", power, self.first)
            self.tree.links.new(parts.outputs[channel], node.inputs[0])
            self.tree.links.new(node.outputs[0], whole.inputs[channel])
        self._through(parts.inputs[0], whole.outputs[0])

    def _through(self, entrance: Any, leaving: Any) -> None:
        self.tree.links.new(self.end, entrance)
        self.end = leaving

    def _new(self, kind: str) -> Any:
        node = self.tree.nodes.new(kind)
        node.label, node.location = self.label, (60 * len(self.tree.nodes), -300)
        return node
