"""Sections of a sound: where it becomes another one, a verse a chorus, rain a storm.

Half seconds are compared with each other by the shape and the loudness of their spectra; a chequered square that
wanders down the diagonal of all comparisons tells where what was is unlike what comes (Foote 2000). Clustering the half
seconds was the other road: it finds what comes again, and cuts where a single one differs.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from .onsets import peaks
from .spectrum import ANALYSIS_RATE, FRAMES_PER_S, Samples, Values, mel_energies

PART_S = 0.5
REACH_S = 6.0
"""How long before and after a border is compared."""
SHORTEST_S = 3.0
"""No section is shorter."""
CLEAR = 0.25
"""How unlike both sides of a border are, 1 being no likeness at all against complete likeness within."""
FLOOR = 1e-6


@dataclass(frozen=True)
class Section:
    """A stretch of a sound, and its level in dB below full scale."""

    start_s: float
    end_s: float
    level_db: float


def sections(samples: Samples) -> list[Section]:
    """The sections of mono samples at ANALYSIS_RATE; one where nothing changes clearly."""
    seconds = len(samples) / ANALYSIS_RATE
    borders = [0.0, *(round(float(at) * PART_S, 2) for at in _borders(samples)), seconds]
    out = []
    for start, end in itertools.pairwise(borders):
        part = samples[round(start * ANALYSIS_RATE) : round(end * ANALYSIS_RATE)].astype(np.float64)
        level = 10 * math.log10(max(float(np.mean(part**2)), 1e-10))
        out.append(Section(round(start, 3), round(end, 3), round(level, 1)))
    return out


def _borders(samples: Samples) -> Values:
    """The borders, in parts."""
    parts = _parts(samples)
    reach = round(REACH_S / PART_S)
    if len(parts) < reach:
        return np.zeros(0)
    novelty = np.zeros(len(parts) + 1)
    shortest = round(SHORTEST_S / PART_S)
    for i in range(shortest, len(parts) - shortest + 1):
        size = min(reach, i, len(parts) - i)
        novelty[i] = _novelty(parts[i - size : i], parts[i : i + size])
    return peaks(novelty, CLEAR, reach)


def _novelty(before: Values, after: Values) -> float:
    """How alike each side is in itself, less how alike both are to each other; likeness is exp(-distance^2)."""
    within = (_likeness(before, before) + _likeness(after, after)) / 2
    return within - _likeness(before, after)


def _likeness(some: Values, others: Values) -> float:
    distance = ((some[:, None] - others[None]) ** 2).mean(axis=2)
    return float(np.exp(-distance).mean())


def _parts(samples: Samples) -> Values:
    """Spectra of half seconds, in units of 10 dB: float64 [parts, bands]."""
    energies = mel_energies(samples)
    count = max(1, round(len(energies) / FRAMES_PER_S / PART_S))
    edges = np.linspace(0, len(energies), count + 1).round().astype(int)
    power = np.stack([energies[a : max(b, a + 1)].mean(axis=0) for a, b in itertools.pairwise(edges)])
    return np.log10(power + FLOOR * max(float(power.max()), 1e-9))
