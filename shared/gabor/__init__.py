"""Pictures as sums of Gabor wavelets: soft-edged patches of waves, a dozen numbers each.

They can be drawn at any size, and their phases turned: the picture then shimmers without moving.
"""

from .wavelets import Wavelets

__all__ = ["Wavelets"]
