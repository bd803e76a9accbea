"""Which columns refer to which, so that a reference is told from two numbers that happen to be equal?

Read once from pg_catalog of a clone; every clone of a template has the same identifiers. Columns that are joined by
foreign keys, however many steps apart, share a root: `orders.customer_id` and `addresses.customer_id` both refer to
`customers.id`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["Relations", "read_relations"]

Column = tuple[str, str]  # table, column; without schemas, as a lookup may leave them out


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations:
    """`columns` by (identifier of the table, number of the column); `roots` of those that a foreign key joins."""

    columns: Mapping[tuple[int, int], Column] = field(default_factory=dict)
    roots: Mapping[Column, Column] = field(default_factory=dict)

    def linked(self, found: Column | None, looked_up: Column) -> bool | None:
        """Whether the columns are the same or joined by foreign keys; None where one of them is not known."""
        known = set(self.columns.values())
        if found is None or looked_up not in known:
            return None
        return self.roots.get(found, found) == self.roots.get(looked_up, looked_up)


_COLUMNS = """
SELECT c.oid, a.attnum, c.relname, a.attname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
  AND c.relnamespace::pg_catalog.regnamespace::text NOT IN ('pg_catalog', 'information_schema')
"""
_KEYS = """
SELECT k.conrelid, own.attnum, k.confrelid, referred.attnum
FROM pg_catalog.pg_constraint k
CROSS JOIN LATERAL pg_catalog.unnest(k.conkey) WITH ORDINALITY AS own(attnum, at)
JOIN LATERAL pg_catalog.unnest(k.confkey) WITH ORDINALITY AS referred(attnum, at) ON referred.at = own.at
WHERE k.contype = 'f'
"""


def read_relations(observer: Connection[Any]) -> Relations:
    """The columns of a database and what its foreign keys join; two queries."""
    columns = {(oid, number): (table, name) for oid, number, table, name in observer.execute(_COLUMNS).fetchall()}
    parent: dict[Column, Column] = {}

    def root(column: Column) -> Column:
        while parent.get(column, column) != column:
            column = parent[column]
        return column

    for table, own, referred_table, referred in sorted(observer.execute(_KEYS).fetchall()):
        one, other = columns.get((table, own)), columns.get((referred_table, referred))
        if one is not None and other is not None:
            parent[root(one)] = root(other)
    return Relations(columns=columns, roots={column: root(column) for column in parent})
