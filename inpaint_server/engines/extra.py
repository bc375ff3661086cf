"""The packages of the extra `diffusion`: which of them are missing, and how they are installed.

Asked before an engine is made, so it looks for the packages and imports none of them: importing torch takes seconds.
"""

from importlib.util import find_spec

INSTALL = "pip install 'infinite-parallax[diffusion]'"


def missing(*packages: str) -> str:
    """What is not installed of them and how to install it, or ""."""
    absent = [name for name in packages if find_spec(name) is None]
    return f"not installed: {', '.join(absent)}. Run: {INSTALL}" if absent else ""
