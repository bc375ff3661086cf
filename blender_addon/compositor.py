"""The compositor builder: a scene spec becomes nodes, a row of them for everything that lies over the rest.

Tiles, overlays and grades each have rows of their own kind (`chain_rows.py`, `sheet_rows.py`, `grade_rows.py`); planes
that bend are drawn in a scene of their own (`drawn_rows.py`). All is computed in the values of the files, not in linear
light, and converted once at the end: so positions between pixels and soft rims come out as the arithmetic frames have
them.
"""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import bpy

from ..shared.grading import Graded
from ..shared.overlays import Sheet
from ..shared.scene import Plane, SceneSpec
from . import chain_rows, compositing, drawn_rows, node_rows
from .drawn_rows import DrawnRow
from .grade_rows import GradeRow
from .node_rows import Row, Site
from .sheet_rows import SheetRow

KIND = "compositor"


def draws(plane: Plane) -> bool:
    """Whether a plane is drawn by Cycles: where it bends, and where nodes would scale it by parts of a px too much or
    too little, up to 4.3."""
    return plane.bends or bool(chain_rows.MARGIN_PX and plane.scale != 1)


def build(scene: bpy.types.Scene, spec: SceneSpec, folder: Path, first: int, drawn: Path) -> None:
    """Build a spec's picture in a scene's compositor, from the plates in `folder`, its frame 0 on frame `first`.

    The pictures of overlays are drawn into `drawn`.
    """
    fresh = compositing.group_of(scene, KIND) is None
    group = compositing.place(scene, KIND, with_input=False)
    if fresh:
        scene.render.compositor_device, scene.render.compositor_precision = "CPU", "FULL"
        _frame(group)
    _set_base(group, spec)
    site = Site(scene, spec, folder, first, drawn)
    wanted = tuple(rows(site, spec.visuals))
    drawn_rows.remove_others(scene, group, wanted)
    node_rows.build(group, _end(group), wanted)


def rows(site: Site, shown: Sequence[Plane | Sheet | Graded]) -> Iterator[Row]:
    """The rows of all that is seen, far to near: planes next to each other are drawn together, where they are."""
    for drawn, together in itertools.groupby(shown, lambda one: isinstance(one, Plane) and draws(one)):
        if drawn:
            yield DrawnRow(tuple(one for one in together if isinstance(one, Plane)), site)
            continue
        for kind, alike in itertools.groupby(together, type):
            if kind is Plane:
                yield from (chain_rows.ChainRow(chain, site) for chain in chain_rows.chains(tuple(alike)))
            else:
                yield from (_single(site, one) for one in alike)


def _single(site: Site, shown: Sheet | Graded) -> Row:
    if isinstance(shown, Graded):
        return GradeRow(shown, site.timeline, site.first)
    return SheetRow(shown, site)


def _frame(group: Any) -> None:
    """What every group has: a black canvas behind everything, and the conversion at the end."""
    base = node_rows.new(group, "CompositorNodeImage", "base", -300, 0)
    base.image, base.label = chain_rows.black(f"{group.name} canvas"), "Canvas"
    end = base.outputs["Image"]
    if chain_rows.MARGIN_PX:
        all_of_it = node_rows.new(group, "CompositorNodeDisplace", "all of it", 0, 0)
        group.links.new(end, all_of_it.inputs["Image"])
        end = all_of_it.outputs["Image"]
    compositing.to_linear(group, end)


def _end(group: Any) -> Any:
    base = node_rows.tagged(group, "base")
    assert base is not None
    return base.outputs["Image"]


def _set_base(group: Any, spec: SceneSpec) -> None:
    picture = _end(group).node.image
    around = 2 * chain_rows.MARGIN_PX
    picture.generated_width, picture.generated_height = spec.width + around, spec.height + around


def remove(scene: bpy.types.Scene) -> None:
    """Take what was built here away."""
    group = compositing.group_of(scene, KIND)
    if group is not None:
        drawn_rows.remove_others(scene, group, ())
        compositing.remove(scene)
