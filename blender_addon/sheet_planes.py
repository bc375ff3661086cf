"""Sheets of overlays as planes before the camera: weather and light between and before the planes of the layers.

Place and opacity are drivers (`sheet_formulas.py`) on the object and in its material, and follow the panel as strips
do. Light that is screened is light that is added, by a plane through which one sees as much less. Blender's blend
overlay is no such thing: grain is nodes, over the whole render or over what lies behind it (`grain_rows.py`).
"""

from typing import Any

import bpy

from ..shared.overlays import Sheet
from ..shared.overlays.pictures import write
from . import grade_groups, materials, sheet_formulas, textured
from .node_rows import Site
from .sheet_formulas import Driven, Formulas
from .timeline import TAG

DRAWN = f"{TAG}_drawn"
"""On the plane of a sheet: the size of its picture."""


def lay(collection: Any, site: Site, sheet: Sheet, thing: Any, height: float) -> Any:
    """Make or update the plane of a sheet, `height` units above the farthest; the plane."""
    path = write(sheet, site.drawn.resolve())
    if thing is None:
        thing = bpy.data.objects.new(
            sheet.name, textured.rectangle(sheet.name, sheet.width, sheet.height, centred=True)
        )
        thing[TAG] = sheet.name
        made = materials.glow if sheet.blend == "screen" else materials.tile
        thing.data.materials.append(made(sheet.name, path, "Non-Color"))
        collection.objects.link(thing)
    elif list(thing.get(DRAWN, ())) != [sheet.width, sheet.height]:
        old, worn = thing.data, list(thing.data.materials)
        thing.data = textured.rectangle(sheet.name, sheet.width, sheet.height, centred=True)
        for material in worn:
            thing.data.materials.append(material)
        textured.remove_data(old)
    thing[DRAWN] = [sheet.width, sheet.height]
    thing.location.z = height
    tint = grade_groups.of_sheet(site.timeline, grade_groups.SHADER, sheet, site.first)
    for slot in thing.material_slots:
        if slot.material is not None:
            materials.set_picture(slot.material, path, "Non-Color")
            materials.set_grade(slot.material, tint, "EXTEND")
    _animate(thing, site, sheet)
    textured.show_during(thing, sheet, site.spec, site.first)
    return thing


def _animate(thing: Any, site: Site, sheet: Sheet) -> None:
    spec = site.spec
    centre = spec.width / 2, spec.height / 2
    made = Formulas(sheet, spec, site.first, sheet_formulas.middle(spec, sheet), centre)
    way = made.transform()
    controls = made.controls(site.timeline)
    driven = [Driven(thing, "location", axis, way[name], controls) for axis, name in enumerate("xy")]
    driven += (Driven(thing, "scale", axis, way["scale"], controls) for axis in (0, 1))
    if "rotation" in way:
        driven.append(Driven(thing, "rotation_euler", 2, way["rotation"], controls))
    opacities = (materials.opacity(slot.material) for slot in thing.material_slots if slot.material is not None)
    driven += (Driven(shown, "default_value", None, made.shown(), controls) for shown in opacities if shown is not None)
    sheet_formulas.animate(thing, driven)
