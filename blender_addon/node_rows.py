"""Rows of nodes in a group, each laying something over all that is behind it, far to near.

Every row ends in one node, tagged `over NAME`, whose first picture is what lies behind; a row is put in by taking over
the links of what comes before it, and taken out by giving them back, so nodes that a person put between stay where they
are. Making all links anew with every build was the other road, and would lose them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..shared.scene import SceneSpec
from . import compat, grade_groups, unused
from .timeline import TAG

ORDER = "chains"
"""On a group: the names of its rows, far to near."""


@dataclass(frozen=True)
class Site:
    """What rows are made from: a spec whose frame 0 is frame `first` of the scene `timeline`, plates from `folder`,
    the pictures of overlays in `drawn`."""

    timeline: Any
    spec: SceneSpec
    folder: Path
    first: int
    drawn: Path


class Row(Protocol):
    """Nodes that lay something over what is behind it."""

    @property
    def name(self) -> str:
        """What it is found by when the scene is built again."""

    def put_in(self, group: Any, number: int) -> Any:
        """Make its nodes, the row being the `number`-th; the last one, whose first picture is what lies behind."""

    def set(self, group: Any) -> None:
        """Bring it up to date; nodes that a person removed stay away."""


def build(group: Any, base: Any, rows: Sequence[Row]) -> None:
    """Lay rows over what a node's first socket gives, in place of those that are there."""
    names = [row.name for row in rows]
    for name in [name for name in there(group) if name not in names]:
        take_out(group, name)
    if [name for name in names if name in there(group)] != there(group):
        for name in there(group):
            take_out(group, name)
    before = base
    for number, row in enumerate(rows):
        last = tagged(group, f"over {row.name}") or _put_in(group, row, before, number)
        row.set(group)
        before = leaving(last)
    group[ORDER] = names


def there(group: Any) -> list[str]:
    """The names of the rows that are there, far to near."""
    return [name for name in group.get(ORDER, ()) if tagged(group, f"over {name}") is not None]


def tagged(group: Any, tag: str) -> Any | None:
    """The node of ours with a tag; None where a person removed it."""
    return next((node for node in group.nodes if node.get(TAG) == tag), None)


def new(group: Any, kind: str, tag: str, x: float, y: float) -> Any:
    """A new node of ours."""
    node = group.nodes.new(kind)
    node[TAG], node.location = tag, (x, y)
    return node


def alpha_over(group: Any, name: str, number: int, straight: bool) -> tuple[Any, Any]:
    """A new last node of a row that lays a picture over; it, and the socket of the picture. `straight`: whether the
    picture's colours are not multiplied with its alpha."""
    over = new(group, "CompositorNodeAlphaOver", f"over {name}", 300 * number + 150, -50)
    if "Straight Alpha" in over.inputs:
        over.inputs["Straight Alpha"].default_value = straight
    else:
        over.use_premultiply = straight
    return over, pictures(over)[1]


def pictures(node: Any) -> list[Any]:
    """The sockets for pictures of a row's last node: what lies behind, and what is laid over it."""
    return [socket for socket in node.inputs if socket.enabled and socket.type == "RGBA"]


def opacity(node: Any) -> Any:
    """The socket of a row's last node that says how opaque it is."""
    return next(socket for socket in node.inputs if socket.enabled and socket.type == "VALUE")


def leaving(node: Any) -> Any:
    """The socket by which a node gives its picture."""
    return next(socket for socket in node.outputs if socket.enabled)


def _put_in(group: Any, row: Row, before: Any, number: int) -> Any:
    last = row.put_in(group, number)
    for link in list(before.links):
        group.links.new(leaving(last), link.to_socket)
    group.links.new(before, pictures(last)[0])
    return last


def take_out(group: Any, name: str) -> None:
    """Take a row's nodes away; what lay behind it is linked to where it led."""
    for node in [node for node in group.nodes if str(node.get(TAG, "")).partition(" ")[2] == name]:
        picture = getattr(node, "image", None)
        for struct in (node, *node.inputs):
            for prop in ("frame_offset", "default_value"):
                if hasattr(struct, prop):
                    compat.remove_curve(struct, prop)
                    struct.driver_remove(prop)
        if node[TAG] == f"over {name}":
            grade_groups.take_out(node)
        else:
            group.nodes.remove(node)
        unused.remove_picture(picture)
