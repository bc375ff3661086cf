"""Tests inside a real Blender: every one starts from an empty file and leaves no handler behind."""

import os
import sys
import tempfile

# before bpy is imported anywhere: a profile of its own, so that no person's Blender is touched
os.environ.setdefault("BLENDER_USER_RESOURCES", tempfile.mkdtemp(prefix="infinite-parallax-test-profile-"))

import bpy
import pytest


def pytest_unconfigure(config: pytest.Config) -> None:  # noqa: ARG001
    """End at once: what Blender's module does when Python ends crashes 4.2 and hangs 4.5 with handlers left."""


@pytest.fixture(autouse=True)
def empty_file() -> None:
    """Start every test from an empty file."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
