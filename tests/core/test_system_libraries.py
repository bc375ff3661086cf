"""System libraries: found missing by loading them, and asked for in one line where the person has to install them."""

import os

import pytest
from infinite_parallax.cli import system_libraries
from infinite_parallax.shared.errors import ParallaxError


def test_libraries_that_load_are_not_missing() -> None:
    assert system_libraries.missing(("libc.so.6", "libnowhere.so.9")) == ("libnowhere.so.9",)
    system_libraries.ensure(("libc.so.6",))


def test_missing_libraries_are_one_line_for_an_ordinary_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_libraries, "_loads", lambda soname: soname == "libX11.so.6")
    monkeypatch.setattr(system_libraries, "_apt_knows", lambda package: package != "libgl1")
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ParallaxError, match=r"libGL\.so\.1") as refused:
        system_libraries.ensure(("libX11.so.6", "libSM.so.6", "libGL.so.1"))
    line = refused.value.hint.splitlines()[-1].strip()
    assert line.startswith("sudo apt-get update && sudo apt-get install -y ")
    assert line.endswith(" libsm6 libgl1t64")


def test_without_apt_the_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_libraries, "_loads", lambda soname: False)  # noqa: ARG005
    monkeypatch.setattr("shutil.which", lambda name: None)  # noqa: ARG005
    with pytest.raises(ParallaxError, match=r"libSM\.so\.6") as refused:
        system_libraries.ensure(("libSM.so.6",))
    assert "package manager" in refused.value.hint


def test_the_loaders_complaint_is_understood() -> None:
    text = "ImportError: libxkbcommon.so.0: cannot open shared object file: No such file or directory"
    assert system_libraries.missing_from_message(text) == "libxkbcommon.so.0"
    assert system_libraries.missing_from_message("ImportError: no module named bpy") is None
