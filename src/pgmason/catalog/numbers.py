"""Which names stand behind the numbers in a row: of columns, operator classes, collations?

Looking each of them up in SQL costs a key of 3,000 indexes more than everything else about them; here all names are
known already when the rows that speak of them by number are taken in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["FOREIGN_COLUMNS", "SORTING", "Numbers"]

# Columns of relations that are read nowhere, as an extension's: a foreign key may refer to them.
FOREIGN_COLUMNS = """
SELECT a.attrelid, a.attnum, a.attname FROM pg_catalog.pg_depend e
JOIN pg_catalog.pg_attribute a ON a.attrelid = e.objid AND a.attnum > 0
WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.deptype = 'e'"""

# (true, oid, name) of operator classes, (false, oid, name) of collations. All: asking which are used takes longer.
SORTING = """
SELECT true, o.oid, o.opcname FROM pg_catalog.pg_opclass o
UNION ALL SELECT false, l.oid, l.collname FROM pg_catalog.pg_collation l"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The names by number: columns by (relation, attnum), and of each table; operator classes and collations by oid."""

    columns: Mapping[tuple[int, int], str]
    relations: Mapping[int, Mapping[int, str]]
    operator_classes: Mapping[int, str]
    collations: Mapping[int, str]

    def named(self, relation: int, numbers: Iterable[int]) -> tuple[str, ...]:
        """The names of these columns of a relation, in their order."""
        columns = self.columns
        return tuple(columns[relation, number] for number in numbers)

    def all(self, relation: int) -> tuple[str, ...]:
        """The columns of a table in their order; those of a view are not among them."""
        columns = self.relations.get(relation, {})
        return tuple(columns[number] for number in sorted(columns))

    def each(self, relation: int, numbers: Iterable[int]) -> tuple[str | None, ...]:
        """As `named`, with None for 0, which stands for an expression in an index."""
        columns = self.columns
        return tuple(columns[relation, number] if number else None for number in numbers)
