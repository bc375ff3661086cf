"""What a thing does when it is poked: its modes of vibration, each ringing out by itself.

A. Davis, J. G. Chen, F. Durand, Image-space modal bases for plausible manipulation of objects in video, 2015. The peaks
of a volume's power are the resonances; the field at a peak is the shape of that mode. A poke at p by d sets off each
mode as far as its shape moves at p along d, and it swings with its frequency and dies away. So who pushes where hardly
anything swings moves hardly anything. A mass and spring for each px was the other road; nobody knows the springs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .volume import SpectralVolume

Amplitudes = NDArray[np.complex128]
MOST_MODES = 6
USUAL_HZ = 1.0


@dataclass(frozen=True)
class Mode:
    """A resonance: its frequency, and its shape complex64 [2, h, w], whose largest amplitude is 1."""

    frequency_hz: float
    shape: NDArray[np.complex64]


def power(volume: SpectralVolume, confidence: NDArray[np.float32] | None = None) -> NDArray[np.float64]:
    """The share of each frequency in the motion's energy, float64 [K], summing to 1 (to 0 for a still volume)."""
    weight = 1.0 if confidence is None else confidence
    found = (np.abs(volume.fields.astype(np.complex128)) ** 2 * weight).sum((1, 2, 3))
    return np.asarray(found / max(float(found.sum()), 1e-300))


def modes(volume: SpectralVolume, confidence: NDArray[np.float32] | None = None, most: int = MOST_MODES) -> list[Mode]:
    """The resonances of a volume, the strongest first. `confidence` float32 [h, w] says what to go by.

    A spectrum that only falls or rises has no peak; what swings about once a second stands for it then.
    """
    shares = power(volume, confidence)
    peaks = [j for j in range(1, len(shares) - 1) if shares[j - 1] <= shares[j] >= shares[j + 1] and shares[j] > 0]
    usual = int(np.argmin(np.abs(volume.frequencies_hz - USUAL_HZ)))
    strongest = sorted(peaks or [usual] * bool(shares[usual] > 0), key=lambda j: -shares[j])[:most]
    return [Mode(float(volume.frequencies_hz[j]), _shape(volume.fields[j])) for j in strongest]


def _shape(field: NDArray[np.complex64]) -> NDArray[np.complex64]:
    return np.asarray(field / max(float(np.sqrt((np.abs(field) ** 2).sum(0)).max()), 1e-12), np.complex64)


def falls(mode: Mode, cell: tuple[float, float]) -> NDArray[np.float32]:
    """How steeply a mode falls at most, whatever its phase, from a cell to the one on its right, x, and below, y:
    float32 [2, h, w], per px that it is out, 0 at the last cells. `cell` is the size of the grid's cells in px."""
    out = np.zeros(mode.shape.shape, np.float32)
    out[0, :, :-1] = np.abs(np.diff(mode.shape[0], axis=1)) / cell[0]
    out[1, :-1] = np.abs(np.diff(mode.shape[1], axis=0)) / cell[1]
    return out


def set_off(shapes: Sequence[Mode], cell: tuple[int, int] | None, push: tuple[float, float]) -> Amplitudes:
    """How far a push d, (x, y) in px, at a row and column of the grid puts each mode out, complex128 [R].

    It is conj(s(p)) . d / M, M being the largest sum of |s|^2 over all modes anywhere. Without a cell p is where that
    is.
    """
    if not shapes:
        return np.zeros(0, np.complex128)
    together = sum((np.abs(mode.shape) ** 2).sum(0) for mode in shapes)
    row, column = np.unravel_index(int(np.argmax(together)), np.shape(together)) if cell is None else cell
    there = np.array([mode.shape[:, row, column] for mode in shapes], np.complex128)
    return np.asarray(np.conj(there) @ np.asarray(push, np.float64) / max(float(np.max(together)), 1e-9))


def rates(frequencies_hz: Sequence[float], damping: float) -> Amplitudes:
    """How modes go on: q(t) = q(0) exp(r t) with r = -z w + i w sqrt(1 - z^2), complex128 [R], per second."""
    if not 0 < damping < 1:
        raise UsageError(f"The damping is {damping:g}.", "Give a number between 0 and 1, such as 0.05.")
    omega = 2 * math.pi * np.asarray(frequencies_hz, np.float64)
    return np.asarray(-damping * omega + 1j * omega * math.sqrt(1 - damping**2), np.complex128)
