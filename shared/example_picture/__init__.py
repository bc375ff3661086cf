"""A landscape painted by arithmetic: the picture that demonstrations and tests travel through, as wide as they like."""

from .paint import LAYERS, ExampleLayer, paint

__all__ = ["LAYERS", "ExampleLayer", "paint"]
