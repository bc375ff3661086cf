"""What a thing does when it is poked: its modes of vibration, each ringing out by itself.

A. Davis, J. G. Chen, F. Durand, Image-space modal bases for plausible manipulation of objects in video, 2015. The peaks
of a volume's power are the resonances; the field at a peak is the shape of that mode. A poke at p by d sets off each
mode as far as its shape moves at p along d, and it swings with its frequency and dies away. A mass and spring for each
px was the other road; nobody knows the springs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .volume import Displacement, SpectralVolume

DAMPING = 0.05
MOST_MODES = 6


@dataclass(frozen=True)
class Mode:
    """A resonance: its frequency, and its shape complex64 [2, h, w], whose largest amplitude is 1."""

    frequency_hz: float
    shape: NDArray[np.complex64]


@dataclass(frozen=True)
class Poke:
    """A push at a moment: a place (x, y) of the picture in px, and how far that place is to move, (x, y) in px."""

    time_s: float
    place: tuple[float, float]
    push_px: tuple[float, float]


def power(volume: SpectralVolume, confidence: NDArray[np.float32] | None = None) -> NDArray[np.float64]:
    """The share of each frequency in the motion's energy, float64 [K], summing to 1 (to 0 for a still volume)."""
    weight = 1.0 if confidence is None else confidence
    found = (np.abs(volume.fields.astype(np.complex128)) ** 2 * weight).sum((1, 2, 3))
    return np.asarray(found / max(float(found.sum()), 1e-300))


def modes(volume: SpectralVolume, confidence: NDArray[np.float32] | None = None, most: int = MOST_MODES) -> list[Mode]:
    """The resonances of a volume, the strongest first. `confidence` float32 [h, w] says what to go by."""
    shares = power(volume, confidence)
    padded = np.concatenate([[-1.0], shares, [-1.0]])
    peaks = [j for j in range(len(shares)) if padded[j] <= padded[j + 1] >= padded[j + 2] and shares[j] > 0]
    strongest = sorted(peaks, key=lambda j: -shares[j])[:most]
    return [Mode(float(volume.frequencies_hz[j]), _shape(volume.fields[j])) for j in strongest]


def _shape(field: NDArray[np.complex64]) -> NDArray[np.complex64]:
    return np.asarray(field / max(float(np.sqrt((np.abs(field) ** 2).sum(0)).max()), 1e-12), np.complex64)


class Ringing:
    """Modes set off by pokes. The mode with shape s answers a push d at p by conj(s(p)) . d / sum |s(p)|^2, the sum
    over all modes: together they move the place by d, as far as any of them can move that way."""

    def __init__(self, shapes: Sequence[Mode], pokes: Sequence[Poke], size: tuple[int, int], damping: float = DAMPING):
        """`size` is the picture's (width, height) in px.

        Raises UsageError for a poke outside it, or damping outside 0..1.
        """
        if not 0 < damping < 1:
            raise UsageError(f"The damping is {damping:g}.", "Give a number between 0 and 1, such as 0.05.")
        self._modes, self._damping = shapes, damping
        self._pokes = [(poke.time_s, self._amplitudes(poke, size)) for poke in pokes]

    def _amplitudes(self, poke: Poke, size: tuple[int, int]) -> NDArray[np.complex128]:
        (x, y), (width, height) = poke.place, size
        if not (0 <= x < width and 0 <= y < height):
            raise UsageError(f"The poke at ({x:g}, {y:g}) is outside the picture.", f"It has {width}x{height} px.")
        if not self._modes:
            return np.zeros(0, np.complex128)
        rows, columns = self._modes[0].shape.shape[1:]
        cell = int(y * rows / height), int(x * columns / width)
        there = np.array([mode.shape[:, cell[0], cell[1]] for mode in self._modes], np.complex128)
        total = max(float((np.abs(there) ** 2).sum()), 1e-9)
        return np.asarray(np.conj(there) @ np.asarray(poke.push_px, np.float64) / total)

    def amplitudes(self, time_s: float) -> NDArray[np.complex128]:
        """How far each mode is out at a time: q(t) = q0 exp((-z w + i w sqrt(1 - z^2)) t) of every poke before it."""
        out = np.zeros(len(self._modes), np.complex128)
        omega = 2 * math.pi * np.array([mode.frequency_hz for mode in self._modes])
        rate = -self._damping * omega + 1j * omega * math.sqrt(1 - self._damping**2)
        for begun, first in self._pokes:
            if time_s >= begun:
                out += first * np.exp(rate * (time_s - begun))
        return out

    def at(self, time_s: float) -> Displacement | None:
        """The displacement float32 [2, h, w] in px; None where nothing rings."""
        q = self.amplitudes(time_s)
        if not q.size or not np.abs(q).max() > 1e-3:
            return None
        return np.asarray(sum((m.shape * a).real for m, a in zip(self._modes, q, strict=True)), np.float32)
