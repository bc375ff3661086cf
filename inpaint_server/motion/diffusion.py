"""Spectral volumes out of a trained diffusion model: what moves in a picture, and how, as a net has learnt it.

Z. Li, R. Tucker, N. Snavely, A. Holynski, Generative Image Dynamics, 2024. One slice of the volume at a time is
denoised, its frequency given as a class, the picture beside it as further channels. No weights come with this project,
and none were trained for it: what it can make up, from masks, a net would only learn back, without any knowledge of
what moves in a photo. Who has weights saves them as this pipeline. The paper's attention between frequencies was the
other road; a U-Net with it is none of diffusers', and could not be loaded by others.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...shared.errors import ParallaxError, UsageError
from ...shared.spectral.volume import PERIOD_S, SpectralVolume
from ..engines.diffusers_engine import missing as not_installed

PARTS = 4
"""Channels of a slice: the real and the imaginary part of the way to the right, then of the way down."""
COLOURS = 3
STEPS = 50
SIDE = 256
"""The picture's longer side in the model, in px, where its config names no other."""
NAME = "SpectralMotionPipeline"


def companded(values: NDArray[np.float32], scale: NDArray[np.float32]) -> NDArray[np.float32]:
    """Slices float32 [K, 4, h, w] in px as the model knows them: sign(v) sqrt|v| of v by the scale of its frequency."""
    shares = values / scale[:, None, None, None]
    return np.asarray(np.sign(shares) * np.sqrt(np.abs(shares)), np.float32)


def expanded(values: NDArray[np.float32], scale: NDArray[np.float32]) -> NDArray[np.float32]:
    """The px of what the model gives: `companded` undone."""
    return np.asarray(np.sign(values) * values**2 * scale[:, None, None, None], np.float32)


@lru_cache(maxsize=1)
def pipeline_class() -> Any:
    """The class `SpectralMotionPipeline`; made when it is first asked for, as diffusers may not be installed."""
    import torch
    from diffusers import DiffusionPipeline

    class SpectralMotionPipeline(DiffusionPipeline):  # type: ignore[misc]
        """A U-Net (UNet2DModel) that denoises slices of spectral volumes, a DDIM scheduler, and perhaps a VAE.

        `f_scale` holds for each frequency what a companded value of 1 stands for, as a share of the picture's width;
        `period_s` is that of the volumes. With a VAE slices are denoised in its latent space.
        """

        _optional_components = ["vae"]  # noqa: RUF012 diffusers adds lists to it
        model_cpu_offload_seq = "unet->vae"

        def __init__(
            self,
            unet: Any,
            scheduler: Any,
            vae: Any = None,
            f_scale: Any = (),
            period_s: float = PERIOD_S,
            side_px: int = SIDE,
        ) -> None:
            super().__init__()
            self.register_modules(unet=unet, scheduler=scheduler, vae=vae)
            self.register_to_config(f_scale=tuple(float(v) for v in f_scale), period_s=period_s, side_px=side_px)

        @torch.no_grad()  # type: ignore[untyped-decorator, unused-ignore]
        def __call__(
            self, picture: NDArray[np.uint8], steps: int = STEPS, seed: int = 0, frequencies: int | None = None
        ) -> SpectralVolume:
            """The motion of a picture, RGB uint8 [H, W, 3]; the lowest `frequencies`, or all that the model knows."""
            height, width = picture.shape[:2]
            scale = np.asarray(self.config.f_scale, np.float32)[:frequencies]
            shown = _shrunk(picture, self.config.side_px, self._multiple())
            seen = torch.from_numpy(shown.transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1)
            seen = seen.to(self.device, self.unet.dtype)
            # on the CPU, so that a seed gives the same motion on every device
            random = torch.Generator().manual_seed(seed)
            slices = [self._slice(seen, j, steps, random) for j in range(len(scale))]
            parts = expanded(np.stack(slices), scale * width)
            fields = np.stack([parts[:, 0] + 1j * parts[:, 1], parts[:, 2] + 1j * parts[:, 3]], axis=1)
            return SpectralVolume(fields.astype(np.complex64), width, height, float(self.config.period_s))

        def _slice(self, seen: Any, order: int, steps: int, random: Any) -> NDArray[np.float32]:
            """The companded slice of one frequency, float32 [4, h, w]."""
            channels = self.unet.config.out_channels
            size = [side // (self._smaller() if self.vae is not None else 1) for side in seen.shape[2:]]
            beside = seen if self.vae is None else torch.nn.functional.interpolate(seen, size=size, mode="area")
            noisy = torch.randn(1, channels, *size, generator=random).to(seen) * self.scheduler.init_noise_sigma
            self.scheduler.set_timesteps(steps, device=self.device)
            which = torch.tensor([order], device=self.device)
            for t in self.scheduler.timesteps:
                told = torch.cat([self.scheduler.scale_model_input(noisy, t), beside], dim=1)
                found = self.unet(told, t, class_labels=which).sample
                noisy = self.scheduler.step(found, t, noisy).prev_sample
            if self.vae is not None:
                noisy = self.vae.decode(noisy / getattr(self.vae.config, "scaling_factor", 1.0)).sample
            return np.asarray(noisy[0].float().cpu().numpy(), np.float32)

        def _smaller(self) -> int:
            """How many times smaller a latent is than what it stands for."""
            return int(2 ** (len(self.vae.config.block_out_channels) - 1))

        def _multiple(self) -> int:
            """What the sides of the picture in the model must be multiples of."""
            halvings = int(2 ** (len(self.unet.config.block_out_channels) - 1))
            return halvings * (self._smaller() if self.vae is not None else 1)

    return SpectralMotionPipeline


def _shrunk(picture: NDArray[np.uint8], side: int, multiple: int) -> NDArray[np.uint8]:
    import cv2

    share = side / max(picture.shape[:2])
    height, width = (max(multiple, round(length * share / multiple) * multiple) for length in picture.shape[:2])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def load(folder: Path) -> Any:
    """The pipeline saved in a folder; safetensors only, and no code that comes with it.

    Raises ParallaxError where diffusers is not installed, UsageError where the folder holds no such pipeline.
    """
    index = folder / "model_index.json"
    if not index.is_file():
        raise UsageError(
            f"{folder} holds no model of motion.",
            f"Give the folder that {NAME}.save_pretrained wrote; none is shipped.",
        )
    absent = not_installed()
    if absent:
        raise ParallaxError(f"A model of motion needs diffusers, {absent}.", "", "engine_unavailable")
    try:
        found = json.loads(index.read_text(encoding="utf-8"))
        kind = found.get("_class_name")
    except (OSError, ValueError, AttributeError) as e:
        raise UsageError(f"{index} cannot be read: {e}.", "Is the folder whole?") from e
    if kind != NAME:
        raise UsageError(f"{folder} holds a {kind}, not a {NAME}.", "Give a model of motion.")
    try:
        pipeline = pipeline_class().from_pretrained(str(folder), use_safetensors=True, local_files_only=True)
    except (OSError, ValueError, RuntimeError, TypeError) as e:
        raise UsageError(f"The model in {folder} cannot be loaded: {e}", "Only safetensors are read.") from e
    pipeline.set_progress_bar_config(disable=True)
    _check(pipeline, folder)
    return pipeline


def _check(pipeline: Any, folder: Path) -> None:
    """Refuse a model whose parts do not fit each other."""
    unet, scale = pipeline.unet.config, pipeline.config.f_scale
    if not scale or unet.num_class_embeds is None or len(scale) > unet.num_class_embeds:
        raise UsageError(
            f"The model in {folder} has {len(scale)} scales for {unet.num_class_embeds} frequencies.",
            "f_scale in its model_index.json must have one for each class of the U-Net.",
        )
    slices = PARTS if pipeline.vae is None else pipeline.vae.config.latent_channels
    if unet.out_channels != slices or unet.in_channels != slices + COLOURS:
        raise UsageError(
            f"The U-Net in {folder} has {unet.in_channels} channels in and {unet.out_channels} out.",
            f"It must have {slices + COLOURS} and {slices}.",
        )
