"""Sounds whose onsets and beats are known: clicks, high and low, some louder, over noise."""

import numpy as np
from infinite_parallax.shared.listening.spectrum import ANALYSIS_RATE, Samples, Values


def clicks(
    bpm: float, seconds: float, noise: float = 0.0, offset: float = 0.0, rate: int = ANALYSIS_RATE
) -> tuple[Samples, Values]:
    """A click track, float32 [n], and the seconds of its clicks."""
    samples = np.random.default_rng(0).normal(0, noise, round(rate * seconds))
    moments = np.arange(offset, seconds - 0.05, 60 / bpm)
    t = np.arange(round(0.1 * rate)) / rate
    for i, moment in enumerate(moments):
        part = samples[round(moment * rate) :][: len(t)]
        pitch, loud = (180, 900)[i % 2], 0.8 if i % 4 == 0 else 0.5
        part += (loud * np.exp(-t / 0.014) * np.sin(2 * np.pi * pitch * t))[: len(part)]
    return samples.astype(np.float32), moments


def agreement(found: Values, true: Values, within_s: float = 0.05) -> float:
    """The F-measure of moments found, each near a true one and each true one found."""
    if not len(found) or not len(true):
        return 0.0
    off = np.abs(found[:, None] - true)
    precision, recall = (off.min(axis=1) < within_s).mean(), (off.min(axis=0) < within_s).mean()
    return float(2 * precision * recall / max(precision + recall, 1e-9))
