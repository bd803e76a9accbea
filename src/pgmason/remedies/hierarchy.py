"""Which tables does a statement reach through the one that it names?

A statement on a partitioned table, or on one that others inherit from, works on all that are below it. Its cause is
one, so it is told once, of the table at the top; and the steps that are safe go to the tables below one by one.
"""

from __future__ import annotations

from collections.abc import Collection

from pgmason.catalog.kinds.table import Table
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId

__all__ = ["is_below", "is_partitioned", "leaves", "reach"]


def reach(catalog: Catalog, table: ObjectId) -> tuple[ObjectId, ...]:
    """The table and all below it, each after what it is below of."""
    found = [table]
    for one in found:
        schema, name = one.path
        found += [child for child in catalog.children.get((schema, name), ()) if child not in found]
    return tuple(found)


def leaves(catalog: Catalog, table: ObjectId) -> tuple[ObjectId, ...]:
    """The partitions of a table that hold rows of their own, at any depth; the table itself where it is no parent."""
    return tuple(one for one in reach(catalog, table) if not is_partitioned(catalog, one))


def is_partitioned(catalog: Catalog, table: ObjectId) -> bool:
    """Whether it is a partitioned table, which holds no rows of its own."""
    state = catalog.objects.get(table)
    return isinstance(state, Table) and state.partition_key is not None


def is_below(catalog: Catalog, table: ObjectId, others: Collection[ObjectId]) -> bool:
    """Whether one of the others is above the table, at any height."""
    schema, name = table.path
    above = [ObjectId("table", path) for path in catalog.parents((schema, name))]
    return any(one in others or is_below(catalog, one, others) for one in above)
