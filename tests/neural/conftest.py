"""Tests of the engines with models, run where torch is installed: tiny random models built in code, never a download.

The hub's libraries read their environment when they are imported, so it is set here, before anything imports them.
"""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from . import tiny_hearing, tiny_models

torch.set_num_threads(1)


WARNINGS_OF_OTHERS = (
    "ignore:The `local_dir_use_symlinks` argument is deprecated",
    "ignore:__array__ implementation doesn't accept a copy keyword",
)
"""What the libraries warn of in their own use of each other; every other warning is an error, as everywhere."""


def pytest_configure(config: pytest.Config) -> None:
    """Leave those warnings aside."""
    for line in WARNINGS_OF_OTHERS:
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the tiny models, each in a folder of its own: plain, inpaint, xl, controlnet."""
    from infinite_parallax.inpaint_server.diffusion.pipelines import SHELF

    folder = tmp_path_factory.mktemp("tiny")
    tiny_models.build(folder)
    yield folder
    SHELF.release()


@pytest.fixture(scope="session")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of tiny models that can be told a sound."""
    folder = tmp_path_factory.mktemp("hearing")
    tiny_hearing.build(folder)
    tiny_hearing.build_second(folder)
    return folder
