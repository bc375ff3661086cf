"""The contracts of the engines that look, held against every one that has a model, with tiny ones."""

from typing import Any

import pytest
from infinite_parallax.inpaint_server.engines import CAPTION, DEPTH, SEGMENT

from ..engine_contract import engines_of
from ..looking_contract import CaptionContract, DepthContract, Engine, SegmentContract
from . import tiny_caption, tiny_depth, tiny_segment


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The settings of each engine: its tiny models."""
    folder = tmp_path_factory.mktemp("models")
    everything = {"threshold": 0.0, "text_threshold": 0.0}
    pair = tiny_segment.detector(folder / "detector"), tiny_segment.outliner(folder / "outliner")
    return {
        "dpt": {"model": str(tiny_depth.dpt(folder / "dpt"))},
        "depth_anything": {"model": str(tiny_depth.depth_anything(folder / "depth_anything"))},
        "grounded_sam": {"model": str(pair[0]), "mask_model": str(pair[1])} | everything,
        "blip": {"model": str(tiny_caption.blip(folder / "blip")), "threshold": 0.0},
    }


class TestDepth(DepthContract):
    @pytest.fixture(params=engines_of(DEPTH, with_packages=True))
    def engine(self, request: pytest.FixtureRequest, models: dict[str, dict[str, Any]]) -> Engine:
        return Engine(request.param, models[request.param])


class TestSegment(SegmentContract):
    @pytest.fixture(params=engines_of(SEGMENT, with_packages=True))
    def engine(self, request: pytest.FixtureRequest, models: dict[str, dict[str, Any]]) -> Engine:
        return Engine(request.param, models[request.param])


class TestCaption(CaptionContract):
    @pytest.fixture(params=engines_of(CAPTION, with_packages=True))
    def engine(self, request: pytest.FixtureRequest, models: dict[str, dict[str, Any]]) -> Engine:
        return Engine(request.param, models[request.param])
