"""The engine contract, held against every engine of ours that needs no packages of its own; servers are played."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from infinite_parallax.inpaint_server.engines import INPAINT

from ..engine_contract import Contract, Engine, engines_of
from .painting_comfy import SERVERS


@pytest.fixture(scope="module", params=engines_of(INPAINT, with_packages=False))
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with ExitStack() as stack:
        if request.param in SERVERS:
            server = stack.enter_context(SERVERS[request.param]())
            yield Engine(request.param, server.options)
        else:
            yield Engine(request.param)


class TestEngines(Contract):
    """Each of them."""
