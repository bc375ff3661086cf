"""The documentation: generated pages are up to date, and every command and setting is written about."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def generated() -> dict[Path, str]:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pages: dict[Path, str] = module.pages()
    return pages


@pytest.mark.parametrize("name", ["project.md", "project.schema.json", "engines.md", "diffusion.md", "dreams.md"])
def test_generated_pages_are_up_to_date(name: str) -> None:
    pages = {path.name: text for path, text in generated().items()}
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == pages[name], "run: python docs/generate.py"


def test_the_readme_names_the_two_commands_first() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert 0 <= text.index("make demo") < text.index("make test")


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    broken = [
        f"{page.name}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert broken == []
