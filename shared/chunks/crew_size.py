"""How many Blenders a machine renders with at once: by its processors and by its memory.

One Blender that shows strips and encodes H.264 keeps 1.6 (4.2) to 1.9 (5.2) processors busy, so half as many Blenders
as processors fill the machine. Memory is what a Blender that has opened the scene takes, asked of the first one, and
BYTES_PER_PX for each pixel of the frame while it renders and encodes.
"""

import os
from pathlib import Path

PROCESSORS_EACH = 2
BYTES_PER_PX = 170
"""Measured at 1920x1080 with four layers: 160 from the opened scene (0.28 GB) to the peak, in Blender 4.2 to 5.2."""
SHARE = 0.75
"""Of the memory that is free, the part that is used."""


def crew_size(processors: int, free: int | None, opened: int, pixels: int) -> int:
    """How many Blenders at once, at least one; `free` bytes of memory, None if unknown, `opened` what one takes."""
    by_processors = max(1, processors // PROCESSORS_EACH)
    if free is None:
        return by_processors
    each = max(1, opened + BYTES_PER_PX * pixels)
    # the first of them has taken its part already
    return max(1, min(by_processors, int((free * SHARE + opened) // each)))


def processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_memory() -> int | None:
    """Bytes of memory that can be had without swapping, where the system says (Linux); None elsewhere."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kilobytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines) if rest}
    found = kilobytes.get("MemAvailable")
    return None if found is None else found * 1024
