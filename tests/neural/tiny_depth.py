"""Depth models of random weights, built in code: what they see is nonsense, how they are asked is not."""

from pathlib import Path

import torch
from transformers import (
    DepthAnythingConfig,
    DepthAnythingForDepthEstimation,
    Dinov2Config,
    DPTConfig,
    DPTForDepthEstimation,
    DPTImageProcessor,
    PreTrainedModel,
)

HEAD = {"neck_hidden_sizes": [16, 16, 32, 32], "fusion_hidden_size": 16, "reassemble_factors": [4, 2, 1, 0.5]}


def _seeing(model: PreTrainedModel) -> PreTrainedModel:
    """The model with weights large enough that its depth depends on the picture, and lies above 0."""
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if name.startswith(("neck", "head")):
                weights.mul_(6)
        list(model.head.parameters())[-1].add_(3)
    return model


def dpt(folder: Path) -> Path:
    """A DPT (MiDaS) in a folder."""
    torch.manual_seed(0)
    config = DPTConfig(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=37,
        image_size=32,
        patch_size=16,
        backbone_out_indices=[0, 1, 2, 3],
        is_hybrid=False,
        **HEAD,
    )
    _seeing(DPTForDepthEstimation(config)).save_pretrained(folder)
    size = {"height": 32, "width": 32}
    DPTImageProcessor(size=size, keep_aspect_ratio=False, ensure_multiple_of=1).save_pretrained(folder)
    return folder


def depth_anything(folder: Path, metric: bool = False) -> Path:
    """A Depth Anything in a folder; with `metric` one that says metres."""
    torch.manual_seed(0)
    backbone = Dinov2Config(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=4,
        mlp_ratio=2,
        image_size=28,
        patch_size=14,
        out_features=["stage1", "stage2", "stage3", "stage4"],
        reshape_hidden_states=False,
        apply_layernorm=True,
    )
    config = DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=32,
        patch_size=14,
        head_in_index=-1,
        head_hidden_size=8,
        depth_estimation_type="metric" if metric else "relative",
        max_depth=20 if metric else 1,
        **HEAD,
    )
    _seeing(DepthAnythingForDepthEstimation(config)).save_pretrained(folder)
    size = {"height": 224, "width": 224}
    DPTImageProcessor(size=size, keep_aspect_ratio=True, ensure_multiple_of=14).save_pretrained(folder)
    return folder
