"""The engine contract, held against every engine that can be loaded here; other servers are played by ours."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from infinite_parallax.inpaint_server.engines import available

from ..engine_contract import Contract, Engine
from .painting_comfy import SERVERS

WITH_MODELS = ("diffusers",)
NAMES = sorted(name for name, reason in available().items() if not reason and name not in WITH_MODELS)


@pytest.fixture(scope="module", params=NAMES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with ExitStack() as stack:
        if request.param in SERVERS:
            server = stack.enter_context(SERVERS[request.param]())
            yield Engine(request.param, server.options)
        else:
            yield Engine(request.param)


class TestEngines(Contract):
    """Each of them."""
