"""The spectral volume: K complex displacement fields, and the motion that their inverse Fourier transform is.

Place p is displaced at time t by D(p, t) = Re sum_j S_j(p) exp(2 pi i j t / T), j = 1..K: all frequencies are whole
multiples of 1/T, so the motion comes back to its beginning exactly, whatever the fields hold. The sum is one product of
a row of cosines and sines with a real matrix; `numpy.fft.irfft` was the other road, which computes all frames at once
and so neither scrubs nor fits into memory at the size of a picture.
"""

import io
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError

Fields = NDArray[np.complex64]  # [K, 2, h, w]
Displacement = NDArray[np.float32]  # [2, h, w], to the right and down, in px of the picture

FREQUENCIES = 16
PERIOD_S = 5.0
VERSION = 1


@dataclass(frozen=True)
class SpectralVolume:
    """Motion of a picture of `width` x `height` px on a coarser grid.

    `fields` complex64 [K, 2, h, w]: amplitudes in px of the picture, x to the right and y down; field j belongs to the
    frequency (j + 1) / `period_s`. A grid of h x w covers the picture edge to edge: its cells are equally large.
    """

    fields: Fields
    width: int
    height: int
    period_s: float = PERIOD_S

    def __post_init__(self) -> None:
        """Raises UsageError where the parts do not fit each other."""
        shape = self.fields.shape
        if self.fields.dtype != np.complex64 or len(shape) != 4 or shape[1] != 2 or 0 in shape:
            raise UsageError(
                f"A spectral volume is {self.fields.dtype} {list(shape)}.", "It must be complex64 [K, 2, h, w]."
            )
        if self.width < 1 or self.height < 1 or not (math.isfinite(self.period_s) and self.period_s > 0):
            raise UsageError(
                f"A spectral volume of {self.width}x{self.height} px repeats after {self.period_s:g} s.",
                "Give a size in px and a period above 0 s.",
            )

    @property
    def frequencies_hz(self) -> NDArray[np.float64]:
        """The frequency of each field, float64 [K]."""
        return np.arange(1, len(self.fields) + 1) / self.period_s

    def rms_px(self) -> NDArray[np.float32]:
        """Root mean square over time of how far each place is from rest, float32 [h, w], in px."""
        return np.asarray(np.sqrt((np.abs(self.fields) ** 2).sum((0, 1)) / 2), np.float32)

    def scaled(self, gain: float) -> "SpectralVolume":
        """The same motion, `gain` times as far."""
        return replace(self, fields=(self.fields * np.float32(gain)).astype(np.complex64))

    def shared(self, share: NDArray[np.float32]) -> "SpectralVolume":
        """The same motion, each place moving by its `share` of it, float32 [h, w]."""
        return replace(self, fields=(self.fields * share).astype(np.complex64))

    def slower(self, most: int) -> "SpectralVolume":
        """Its lowest `most` frequencies only."""
        return replace(self, fields=self.fields[:most])


class Swing:
    """A volume ready to be asked for many frames: its fields as one real matrix [2K, 2hw], cosines above sines."""

    def __init__(self, volume: SpectralVolume) -> None:
        self._period_s, self._shape = volume.period_s, volume.fields.shape[1:]
        flat = volume.fields.reshape(len(volume.fields), -1)
        self._matrix = np.concatenate([flat.real, -flat.imag]).astype(np.float32)

    def at(self, time_s: float) -> Displacement:
        """D at a time, float32 [2, h, w]."""
        return np.asarray(self.frames([time_s])[0])

    def frames(self, times_s: Sequence[float]) -> NDArray[np.float32]:
        """D at each of several times, float32 [n, 2, h, w]; many at once cost a tenth of one by one."""
        orders = np.arange(1, len(self._matrix) // 2 + 1)
        # the phase is taken modulo a turn first: at the end of the period it is then exactly that of its beginning
        turns = np.outer(np.asarray(times_s, np.float64) / self._period_s % 1.0, orders) % 1.0
        waves = np.concatenate([np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)], axis=1).astype(np.float32)
        return (waves @ self._matrix).reshape(len(turns), *self._shape)


def to_bytes(volume: SpectralVolume) -> bytes:
    """A volume as the bytes of an .npz file; half floats, which keep a thousandth of every amplitude."""
    parts = np.stack([volume.fields.real, volume.fields.imag]).astype(np.float16)
    head = np.array([VERSION, volume.width, volume.height, volume.period_s], np.float64)
    file = io.BytesIO()
    np.savez_compressed(file, head=head, fields=parts)
    return file.getvalue()


def from_bytes(data: bytes) -> SpectralVolume:
    """The volume of an .npz file; UsageError for anything else."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            version, width, height, period_s = (float(value) for value in file["head"])
            real, imag = file["fields"].astype(np.float32)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as e:
        raise UsageError(f"This is no spectral volume: {e}.", "Give a file that `animate --save-motion` wrote.") from e
    if version != VERSION:
        raise UsageError(f"The spectral volume is of version {version:g}, not {VERSION}.", "Make it again.")
    if not (np.isfinite(real).all() and np.isfinite(imag).all()):
        raise UsageError("The spectral volume holds values that are no numbers.", "Make it again.")
    return SpectralVolume((real + 1j * imag).astype(np.complex64), int(width), int(height), period_s)
