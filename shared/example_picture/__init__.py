"""The example picture: an evening at a lake, painted by arithmetic alone, in as many pixels as asked for.

A picture to try everything on has to come with its licence, its layers and its continuation: here the columns beyond
the right edge exist, so a fill can be judged against what is truly there. A photograph in the repository was not
used: it has one size, no truth beyond its edge, and weighs more than its painter.
"""

from .paint import LAYERS, ExampleLayer, paint

__all__ = ["LAYERS", "ExampleLayer", "paint"]
