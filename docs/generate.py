"""Write the pages that follow from the code: settings and JSON Schema of a project, engines, presets of models.

Run it after changing a setting: `python docs/generate.py`. A test compares the files with what it would write.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from infinite_parallax.inpaint_server import engines
from infinite_parallax.inpaint_server.diffusion.presets import PRESETS
from infinite_parallax.inpaint_server.engines.card import Card
from infinite_parallax.shared import project as projects
from infinite_parallax.shared import settings
from infinite_parallax.shared.dream_settings import Dream

DOCS = Path(__file__).resolve().parent

INTRODUCTION = """# The project file

<!-- Written by docs/generate.py; change the declarations in shared/project.py instead. -->

A project is a JSON document. Every part may be left away; unknown keys, wrong types and values outside their limits
are refused with the path of the field. `project.schema.json` beside this page is the same as a JSON Schema, for
editors that complete and check while one types.

```json
{
  "schema": "infinite-parallax/project",
  "version": 1,
  "picture": "dresden.jpg",
  "motion": {"direction_deg": 180, "smoothness": 16, "seconds_per_step": 2},
  "layers": [
    {"name": "sky", "height": 280, "preset": "cloud"},
    {"name": "town", "height": 265, "distance": 120},
    {"name": "river", "height": 150, "preset": "background"},
    {"name": "shore", "velocity": [-29, 0]}
  ]
}
```

`layers` runs from the top of the picture down, and from far to near; without it the picture is cut into four bands.
On the command line most settings have a flag, and `--set PATH=VALUE` sets any of them: layers count from 0, as in
`--set layers.1.distance=500`.
"""


ENGINES = """# Engines

<!-- Written by docs/generate.py from the engines' cards in inpaint_server/engines. -->

What an engine needs, and the licence, memory and size of the model that it takes by itself. Engines that need something
that is not there are listed by `infinite-parallax doctor` with what to install. [Diffusion models](diffusion.md).
"""

TASKS = {
    engines.INPAINT: "Painting (`inpaint.engine`)",
    engines.DEPTH: "Depth (`depth.engine`)",
    engines.SEGMENT: "Finding things by words (`segment.engine`)",
    engines.CAPTION: "Saying what is seen (`caption.engine`)",
}
PRESET_ROWS = re.compile(r"(?<=\|---\|---\|---\|---\|---\|---\|---\|---\|\n)(\|.*\n)*")


def engine_page() -> str:
    """The page of all engines, task by task."""
    parts = [ENGINES]
    for task, title in TASKS.items():
        if cards := engines.cards(task):
            head = "| engine | | needs | model | licence | memory | native size |\n|---|---|---|---|---|---|---|\n"
            parts.append(f"\n## {title}\n\n{head}" + "".join(map(_engine_row, cards)))
    return "".join(parts)


def _engine_row(card: Card) -> str:
    cells = [card.name, card.summary, card.needs, card.model, card.licence, card.memory, card.native]
    return f"| `{cells[0]}` | " + " | ".join(cells[1:]) + " |\n"


def with_presets(page: str) -> str:
    """The page about diffusion with the rows of its table of presets as they are declared."""
    rows = "".join(
        f"| `{name}` | {p.model} | {p.native_px} px | {p.grid} px | {p.steps} | {p.guidance:g} | {p.licence}"
        f"{', to be accepted on the hub' if p.gated else ''} | {p.memory} |\n"
        for name, p in PRESETS.items()
    )
    return PRESET_ROWS.sub(lambda _found: rows, page, count=1)


def table(section: str, declared: Iterable[settings.Declared]) -> str:
    """The settings of one section as a Markdown table."""
    lines = [f"\n## {section}\n", "| setting | default | limits | flag | |", "|---|---|---|---|---|"]
    for d in declared:
        default = "empty" if d.default is None or d.default == "" or d.kind == "keys" else f"`{json.dumps(d.default)}`"
        limits = _limits(d)
        flag = f"`--{d.limits.flag}`" if d.limits.flag else ""
        lines.append(f"| `{d.name}` | {default} | {limits} | {flag} | {d.limits.help} |")
    return "\n".join(lines) + "\n"


def _limits(d: settings.Declared) -> str:
    if d.limits.choices:
        return ", ".join(f"`{c}`" for c in d.limits.choices)
    parts = [
        f"> {d.limits.above:g}" if d.limits.above is not None else "",
        f"≥ {d.limits.low:g}" if d.limits.low is not None else "",
        f"≤ {d.limits.high:g}" if d.limits.high is not None else "",
        d.limits.unit,
        "keyed" if d.limits.keyed else "",
    ]
    return " ".join(part for part in parts if part)


def with_settings(page: str) -> str:
    """The page about dreams with the settings of a dream as they are declared, at its end."""
    begun = page.partition("\n## Settings\n")[0].rstrip()
    return f"{begun}\n{table('Settings', settings.declared(Dream))}"


def pages() -> dict[Path, str]:
    """Every generated file and its content."""
    lists = [(f"{name} (each)", kind) for name, (kind, _) in projects.LISTS.items()]
    parts = [*projects.SECTIONS.items(), *lists]
    text = INTRODUCTION + "".join(table(name, settings.declared(cls)) for name, cls in parts)
    schema = json.dumps(projects.json_schema(), indent=1) + "\n"
    diffusion, dreams = DOCS / "diffusion.md", DOCS / "dreams.md"
    return {
        DOCS / "project.md": text,
        DOCS / "project.schema.json": schema,
        DOCS / "engines.md": engine_page(),
        diffusion: with_presets(diffusion.read_text(encoding="utf-8")),
        dreams: with_settings(dreams.read_text(encoding="utf-8")),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")
