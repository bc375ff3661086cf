"""Sheets of overlays as rows of nodes: a picture, a Transform, and an Alpha Over or a mix that lays it over the rest.

Place and opacity are drivers (`sheet_formulas.py`), as on the strips of the sequencer, and follow the panel alike.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..shared.overlays import FILM, Sheet
from ..shared.overlays.pictures import enlarged, write
from . import chain_rows, compat, grade_groups, node_rows, sheet_formulas, unused
from .node_rows import Site
from .sheet_formulas import Driven, Formulas

BLENDS = {"screen": "SCREEN", "overlay": "OVERLAY"}
SOCKETS = {"x": "X", "y": "Y", "rotation": "Angle", "scale": "Scale"}


@dataclass(frozen=True)
class SheetRow:
    """The row of a sheet. Where Blender scales pictures by parts of a px too much, its picture is drawn large."""

    sheet: Sheet
    site: Site

    @property
    def name(self) -> str:
        """The sheet's."""
        return self.sheet.name

    def put_in(self, group: Any, number: int) -> Any:
        """Picture, Transform, and what lays it over."""
        image = node_rows.new(group, "CompositorNodeImage", f"image {self.name}", 300 * number, -400)
        move = node_rows.new(group, "CompositorNodeTransform", f"move {self.name}", 300 * number, -650)
        image.label = self.name
        # what moves by whole px needs no neighbour: up to 4.3 the node does not ask for those beyond the frame
        still = chain_rows.MARGIN_PX and self.sheet.kind in FILM
        compat.set_choice(move, "filter_type", "Interpolation", "Nearest" if still else "Bilinear")
        last, above = self.lay_over(group, number)
        group.links.new(image.outputs["Image"], move.inputs["Image"])
        group.links.new(move.outputs["Image"], above)
        return last

    def lay_over(self, group: Any, number: int) -> tuple[Any, Any]:
        """The last node, which lays the picture over, and its socket for the picture."""
        if self.sheet.blend == "over":
            return node_rows.alpha_over(group, self.name, number, straight=True)
        last = node_rows.new(group, compat.MIX, f"over {self.name}", 300 * number + 150, -50)
        return last, compat.mix(last, BLENDS[self.sheet.blend]).above

    def set(self, group: Any) -> None:
        """Its picture and its drivers."""
        image, move, over = (node_rows.tagged(group, f"{part} {self.name}") for part in ("image", "move", "over"))
        spec = self.site.spec
        sheet = enlarged(self.sheet) if chain_rows.MARGIN_PX else self.sheet
        if image is not None:
            _show(image, write(self.sheet, self.site.drawn.resolve(), sheet))
            timeline, first = self.site.timeline, self.site.first
            tint = grade_groups.of_sheet(timeline, grade_groups.COMPOSITOR, self.sheet, first)
            grade_groups.put_behind(image.outputs["Image"], tint)
        sizes = (spec.width, sheet.width), (spec.height, sheet.height)
        right, up = (chain_rows.centring(canvas, size, sheet.scale) for canvas, size in sizes)
        made = Formulas(sheet, spec, self.site.first, sheet_formulas.middle(spec, sheet), (right, up))
        controls = made.controls(self.site.timeline)
        driven = [Driven(node_rows.opacity(over), "default_value", None, made.shown(), controls)]
        for name, text in made.transform().items() if move is not None else ():
            driven.append(Driven(move.inputs[SOCKETS[name]], "default_value", None, text, controls))
        sheet_formulas.animate(over, driven)


def _show(node: Any, path: Path) -> None:
    """Let a picture node show a sheet's file."""
    before = node.image
    if before is None or Path(bpy.path.abspath(before.filepath)).resolve() != path:
        node.image = bpy.data.images.load(str(path), check_existing=True)
        unused.remove_picture(before)
    node.image.colorspace_settings.name, node.image.alpha_mode = "Non-Color", "CHANNEL_PACKED"
