"""Where a model computes and in which numbers: what is wished, and what this computer has.

Chosen here once and told, rather than left to each library's default, which is the CPU at full precision.
"""

from dataclasses import dataclass
from typing import Any

from ...shared.errors import UsageError
from .options import Wish

CUDA, MPS, CPU = "cuda", "mps", "cpu"
ROOM = 1.25
"""Share of the weights that a GPU must have free so that all of them may stay there, with room to work."""
WORK_BYTES = 2 * 2**30


@dataclass(frozen=True)
class Place:
    """A device by torch's name, the numbers (fp32, fp16, bf16), and both in words."""

    device: str
    numbers: str
    words: str


def choose(wish: Wish) -> Place:
    """Where `wish` is computed; UsageError if the device it names is not there."""
    chosen = device(wish.device)
    numbers = wish.precision
    if numbers == "auto":
        numbers = "fp32" if chosen == CPU else wish.half
    if chosen == CPU and numbers == "fp16":
        raise UsageError("A CPU does not compute in fp16.", "Choose the precision auto, fp32 or bf16.")
    return Place(chosen, numbers, f"on {_named(chosen)} in {numbers}")


def dtype(numbers: str) -> Any:
    """Torch's type of fp32, fp16 or bf16."""
    import torch

    return {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[numbers]


def offload(wish: Wish, place: Place, weights_bytes: int) -> str:
    """What waits in main memory: none, model or sequential; auto keeps all on a GPU that has room for it."""
    if place.device == CPU:
        return "none"
    if wish.offload != "auto":
        return wish.offload
    if place.device != CUDA:
        return "none"
    import torch

    free = torch.cuda.mem_get_info()[0]
    return "none" if weights_bytes * ROOM + WORK_BYTES <= free else "model"


def device(wanted: str = "auto") -> str:
    """The device `wanted` by torch's name, auto for the best there is; UsageError if it is not there."""
    import torch

    here = {CUDA: torch.cuda.is_available(), MPS: torch.backends.mps.is_available(), CPU: True}
    if wanted == "auto":
        return next(name for name, there in here.items() if there)
    if not here[wanted]:
        raise UsageError(
            f"This computer has no {wanted} device that torch could use.",
            "Choose the device auto, or install the torch that is made for the GPU.",
            "no_device",
        )
    return wanted


def _named(device: str) -> str:
    if device != CUDA:
        return {MPS: "Apple's GPU (MPS)", CPU: "the CPU"}[device]
    import torch

    return f"the GPU ({torch.cuda.get_device_name()})"
