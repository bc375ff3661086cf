"""Painting with diffusion models on this computer: what they are, how they are loaded, and what part of the canvas
they see.

Only `pipelines`, `loading`, `placement` and `calls` touch torch and diffusers, and those import them inside functions;
the geometry and the colours are plain numpy, so that they are tested where no model can be installed.
"""
