"""How is a statement's tree asked? Its type for checkers, and the names of what it enumerates.

The trees are libpg_query's protobuf messages. Left to others: making one (parser.py), and every question that belongs
to one form of statement.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

Tree: TypeAlias = Any  # a protobuf message; postgast's stub file is not valid Python, so no checker can read its types


def enum_name(tree: Tree, attribute: str) -> str:
    """The C name of an enumerated attribute's value."""
    name: str = tree.DESCRIPTOR.fields_by_name[attribute].enum_type.values_by_number[getattr(tree, attribute)].name
    return name


def nodes(tree: Tree) -> Iterator[Tree]:
    """Every message of a tree, a parent before its children, much as the text has them."""
    waiting: list[Tree] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        below: list[Tree] = []
        for described, value in node.ListFields():
            if described.message_type is not None:
                below.extend([value] if hasattr(value, "ListFields") else value)
        waiting.extend(reversed(below))
