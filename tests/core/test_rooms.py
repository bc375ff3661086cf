"""The rooms: who may import whom, and that the packages are all listed."""

import ast
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"torch", "diffusers", "transformers", "accelerate"}
NEURAL = ROOT / "inpaint_server" / "gabor"
"""The one package whose modules import torch at their top; nobody imports it before it is needed."""
SHARED_MAY = {"numpy", "requests"}


def imports(path: Path, top_level_only: bool = False) -> set[str]:
    """Absolute names of everything a file imports; relative imports are resolved against the project."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = ["infinite_parallax", *path.relative_to(ROOT).parts[:-1]]
    nodes = tree.body if top_level_only else list(ast.walk(tree))
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            stem = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*stem, *(node.module.split(".") if node.module else [])])
            found |= {f"{base}.{alias.name}" for alias in node.names} | {base}
    return found


def files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def foreign(path: Path, rooms: set[str]) -> set[str]:
    return {name for name in imports(path) if any(name.startswith(f"infinite_parallax.{room}") for room in rooms)}


@pytest.mark.parametrize("path", files("shared"), ids=str)
def test_shared_imports_no_other_room_and_nothing_heavy(path: Path) -> None:
    assert not foreign(path, {"inpaint_server", "blender_addon", "cli", "tests", "benchmarks"})
    outside = {name.partition(".")[0] for name in imports(path)} - {"infinite_parallax"}
    assert outside <= SHARED_MAY | sys.stdlib_module_names


@pytest.mark.parametrize("path", files("inpaint_server"), ids=str)
def test_the_server_imports_neither_blender_nor_the_command_line(path: Path) -> None:
    assert not foreign(path, {"blender_addon", "cli", "tests", "benchmarks"})
    assert "bpy" not in {name.partition(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", files("blender_addon"), ids=str)
def test_the_addon_imports_neither_the_server_nor_the_command_line(path: Path) -> None:
    assert not foreign(path, {"inpaint_server", "cli", "tests", "benchmarks"})


@pytest.mark.parametrize("path", [p for room in ("shared", "inpaint_server", "cli") for p in files(room)], ids=str)
def test_nothing_imports_the_neural_packages_at_the_top(path: Path) -> None:
    if NEURAL in path.parents:
        return
    assert not {name.partition(".")[0] for name in imports(path, top_level_only=True)} & HEAVY
    package = "infinite_parallax.inpaint_server.gabor"
    assert not {name for name in imports(path, top_level_only=True) if name.startswith(package)}


def test_every_package_is_listed_for_installation() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    rooms = ("shared", "inpaint_server", "blender_addon", "cli", "benchmarks")
    found = {
        ".".join(["infinite_parallax", *init.parent.relative_to(ROOT).parts])
        for room in rooms
        for init in (ROOT / room).rglob("__init__.py")
    }
    assert found | {"infinite_parallax"} == listed


def test_the_root_needs_no_blender_to_be_imported() -> None:
    assert "bpy" not in {name.partition(".")[0] for name in imports(ROOT / "__init__.py", top_level_only=True)}
