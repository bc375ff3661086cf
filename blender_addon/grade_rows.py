"""A grade of the whole as a row of one node: the node group of the grade (`grade_groups.py`)."""

from dataclasses import dataclass
from typing import Any

from ..shared.grading import Graded
from . import grade_groups, node_rows


@dataclass(frozen=True)
class GradeRow:
    """The row of a grade of all that is behind it, in the compositor of a scene."""

    grade: Graded
    timeline: Any
    first: int

    @property
    def name(self) -> str:
        """The grade's."""
        return self.grade.name

    def put_in(self, group: Any, number: int) -> Any:
        """The node of the grade's group."""
        node = node_rows.new(group, "CompositorNodeGroup", f"over {self.name}", 300 * number + 150, -50)
        node.node_tree = grade_groups.of_whole(self.timeline, grade_groups.COMPOSITOR, self.grade, self.first)
        node.label = node.node_tree.name
        return node

    def set(self, group: Any) -> None:  # noqa: ARG002
        """The group's nodes, as the grade is now."""
        grade_groups.of_whole(self.timeline, grade_groups.COMPOSITOR, self.grade, self.first)
