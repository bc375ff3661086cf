"""Gabor wavelets as data, and their text file: one wavelet a line, twelve numbers, as gabor-imfit writes them.

    u, v, theta, sigma, gamma, log wavelength, phase r, g, b, amplitude r, g, b

Places run from -1 to 1 across the picture's width and height, whatever its shape, first and last pixel included;
angles and phases are in turns; a channel is the sum of A exp(-x'^2 / 2 sigma^2 - y'^2 / 2 gamma^2) cos(2 pi x' /
wavelength + 2 pi phase), cut to -1..1, and -1 is black. A format of our own, with the picture's shape in it, was the
other road; the files would then be nobody else's.
"""

import io
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError

COLUMNS = (
    "u",
    "v",
    "theta",
    "sigma",
    "gamma",
    "log_wavelength",
    *(f"{a}_{c}" for a in ("phase", "amplitude") for c in "rgb"),
)
LIMITS = np.array([[-1, 1], [-1, 1], [-2, 2], [1e-3, 1], [1e-4, 1], [-5, 5], *[[-1, 1]] * 3, *[[0, 1]] * 3], np.float64)
"""What the original cuts each column to when it draws it."""


@dataclass(frozen=True)
class Wavelets:
    """`rows` float64 [N, 12], the columns as in the file."""

    rows: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Raises UsageError for anything but rows of twelve finite numbers."""
        if self.rows.ndim != 2 or self.rows.shape[1] != len(COLUMNS):
            raise UsageError(
                f"Wavelets are {list(self.rows.shape)} numbers, not rows of {len(COLUMNS)}.",
                f"One wavelet is: {', '.join(COLUMNS)}.",
            )
        if not np.isfinite(self.rows).all():
            raise UsageError("A wavelet holds a value that is no number.", "Fit the picture again.")

    def __len__(self) -> int:
        """How many there are."""
        return len(self.rows)

    @property
    def limited(self) -> "Wavelets":
        """The same, each value within what the format allows."""
        return Wavelets(np.clip(self.rows, *LIMITS.T))

    @property
    def coefficients(self) -> NDArray[np.complex128]:
        """Amplitude and phase of each channel, within what the format allows, as one complex number, [N, 3]."""
        rows = self.limited.rows
        return np.asarray(rows[:, 9:12] * np.exp(2j * np.pi * rows[:, 6:9]))

    def turned(self, turns: NDArray[np.float64]) -> "Wavelets":
        """The same with phases on by `turns`, float64 [N], in turns."""
        rows = self.rows.copy()
        rows[:, 6:9] = (rows[:, 6:9] + turns[:, None] + 0.5) % 1.0 - 0.5
        return replace(self, rows=rows)


def to_text(wavelets: Wavelets) -> str:
    """The text file."""
    out = io.StringIO()
    np.savetxt(out, wavelets.rows, fmt="%f", delimiter=",")
    return out.getvalue()


def from_text(text: str) -> Wavelets:
    """The wavelets of a text file; UsageError names the line that is wrong."""
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.split("#")[0].strip()
        if not stripped:
            continue
        try:
            values = [float(part) for part in stripped.split(",")]
        except ValueError as e:
            raise UsageError(f"Line {number} is not numbers: {line[:60]!r}.", "Give a file of wavelets.") from e
        if len(values) != len(COLUMNS):
            raise UsageError(
                f"Line {number} has {len(values)} numbers, not {len(COLUMNS)}.", f"One line is: {', '.join(COLUMNS)}."
            )
        rows.append(values)
    if not rows:
        raise UsageError("The file holds no wavelets.", "Give a file that `gabor fit` wrote.")
    return Wavelets(np.array(rows, np.float64))
