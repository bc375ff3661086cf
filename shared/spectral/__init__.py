"""Layers that sway and ripple: a spectral volume says, for every place, how far it swings at each frequency.

Z. Li, R. Tucker, N. Snavely, A. Holynski, Generative Image Dynamics, 2024. A displacement per place and frame was the
other road: as large as a film, and its end would not meet its beginning.
"""

from .volume import SpectralVolume

__all__ = ["SpectralVolume"]
