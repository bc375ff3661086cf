"""The benchmark of diffusion runs: a tiny model over a small canvas, in every way but the compiled one."""

from pathlib import Path

import pytest
from infinite_parallax.benchmarks import gpu, random_models


@pytest.fixture(scope="module")
def tiny_pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_models.build("tiny", tmp_path_factory.mktemp("random") / "tiny", half=False)


@pytest.mark.parametrize("how", ["whole", "crops", "ahead"])
def test_a_way_of_painting_is_measured(tiny_pipeline: Path, how: str) -> None:
    found = gpu.measure("tiny", tiny_pipeline, how, (128, 80), denoising=2, steps=2, device="cpu")
    assert 0 < found["mean_s"] < found["first_s"] + 60
    assert 0.1 < found["peak_gb"] < 24


def test_true_geometries_are_those_of_the_models() -> None:
    """As many weights as the published denoisers have, within two per cent: 860 and 2567 million."""
    import torch

    for name, millions in (("sd15", 860), ("sdxl", 2567)):
        with torch.device("meta"):
            made = random_models.denoiser(random_models.GEOMETRIES[name])
        assert sum(p.numel() for p in made.parameters()) / 1e6 == pytest.approx(millions, rel=0.02)


def test_the_table_says_what_failed_and_compares_the_rest() -> None:
    rows = [
        {"model": "tiny", "canvas": "64x64", "how": "whole", "mean_s": 1.0, "first_s": 2.0, "peak_gb": 0.5},
        {"model": "tiny", "canvas": "64x64", "how": "ahead", "mean_s": 0.2, "first_s": 2.0, "peak_gb": 0.5},
        {"model": "tiny", "canvas": "64x64", "how": "compiled", "failed": "no compiler"},
    ]
    text = gpu.table(rows)
    assert "| tiny | 64x64 | ahead | 0.200 | 5.0x | 0.50 | 2.0 |" in text
    assert "no compiler" in text
