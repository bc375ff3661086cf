"""The energy of a sound by pitch and time: a short-time spectrum, gathered into bands as wide as the ear's.

It is made in blocks, so that an hour of sound takes no more memory than its bands do. A bank of filters that runs
sample by sample was the other road: in numpy it would be a slow loop.
"""

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError

Samples = NDArray[np.float32]
Values = NDArray[np.float64]

ANALYSIS_RATE = 22050
"""Samples per second of all sound that is analysed; whoever decodes a file resamples it."""
HOP, WINDOW = 256, 1024
FRAMES_PER_S = ANALYSIS_RATE / HOP
"""Spectra in a second."""
BANDS = 40
SILENT = 10 ** (-60 / 20)
"""A peak below which a sound is silence: 60 dB below full scale."""
_BLOCK = 4096


def mono(samples: Samples) -> Samples:
    """One channel, float32 [n], of samples [n] or [n, channels]: their mean. UsageError for one that holds nothing."""
    one = samples if samples.ndim == 1 else samples.mean(axis=1)
    if not len(one):
        raise UsageError("The sound holds no samples.", "Choose another file.")
    if not np.isfinite(one).all():
        raise UsageError("The sound holds samples that are no numbers.", "Choose another file.")
    return np.asarray(one, np.float32)


def mel(frequency: Values) -> Values:
    """A frequency in Hz on the mel scale: 2595 log10(1 + f / 700) (O'Shaughnessy 1987)."""
    return np.asarray(2595 * np.log10(1 + frequency / 700))


def mel_bank(bands: int = BANDS) -> Values:
    """Triangles over the bins of a spectrum, evenly spaced in mel: float64 [bands, WINDOW / 2 + 1]."""
    bins = np.fft.rfftfreq(WINDOW, 1 / ANALYSIS_RATE)
    ends = mel(np.array([0.0, ANALYSIS_RATE / 2]))
    edges = 700 * (10 ** (np.linspace(ends[0], ends[1], bands + 2) / 2595) - 1)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.maximum(0, np.minimum(rising, falling))


def mel_energies(samples: Samples, bands: int = BANDS) -> Values:
    """Power by band of mono samples at ANALYSIS_RATE, float64 [frames, bands]; frame i is centred on sample i * HOP.

    A full sine of amplitude 1 has power 1.
    """
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    padded = np.pad(samples, WINDOW // 2)
    slices = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    bank = mel_bank(bands).T
    out = np.empty((len(slices), bands))
    for start in range(0, len(slices), _BLOCK):
        spectra = np.fft.rfft(slices[start : start + _BLOCK] * window, axis=1)
        out[start : start + _BLOCK] = (np.abs(spectra) * (2 / window.sum())) ** 2 @ bank
    return out
