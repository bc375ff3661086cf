"""The engine contract, held against diffusers with tiny models: one made for painting, and a plain one."""

from pathlib import Path

import pytest
from infinite_parallax.inpaint_server.engines import INPAINT

from ..engine_contract import Contract, Engine, engines_of
from .tiny_models import NATIVE_PX


class TestDiffusers(Contract):
    @pytest.fixture(params=["inpaint", "plain"])
    def engine(self, request: pytest.FixtureRequest, tiny: Path) -> Engine:
        options = {"model": str(tiny / request.param), "native_px": NATIVE_PX, "steps": 2, "device": "cpu"}
        return Engine("diffusers", options)


def test_no_other_engine_that_paints_needs_packages_of_its_own() -> None:
    assert engines_of(INPAINT, with_packages=True) == ["diffusers"]
