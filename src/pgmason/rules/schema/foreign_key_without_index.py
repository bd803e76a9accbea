"""Deleting a parent row reads the whole child table, holding its locks meanwhile.

PostgreSQL indexes the referenced side of a foreign key and leaves the referencing side to you. Each DELETE of a
parent row, and each UPDATE of its key, looks for rows that still point at it; without an index that is a
sequential scan of the child, once for every parent row. Joins from parent to child pay the same price. It goes
unnoticed while the child is small, and it is felt as a delete that takes minutes once it is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.model import Catalog
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId, quoted
from pgmason.rules.cover import NARROWS, casts_to_compare, covered, shortfall
from pgmason.rules.fixes import CONCURRENTLY_NOTE, create_index, lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import is_ledger

__all__ = ["ForeignKeyWithoutIndex"]

_PARENT = """\
CREATE TABLE orders (
  id uuid PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now()
);
"""
_CHILD = """\
CREATE TABLE line (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE
);
"""
_NEAR_SHOWN = 3
_NARROWED = (
    "Deleting or re-keying one parent row reads every child row that shares that part of the key, which is well while"
    " they are few."
)


class ForeignKeyWithoutIndex(SchemaRule):
    severity = Severity.RISK
    title = "A foreign key whose referencing columns no index serves."
    effect = (
        "Deleting or re-keying one parent row reads the whole child table, holding the parent row's lock meanwhile."
    )
    bad = _PARENT + _CHILD
    good = _PARENT + _CHILD + "CREATE INDEX line_order_id_idx ON line (order_id);\n"
    cannot_see = (
        "How many rows there are, and whether parent rows are ever deleted: a key onto a small, permanent table may do"
        " without, and a waiver with that reason is right there. An index on the cast of a column, bloom, SP-GiST and"
        " trigram indexes count as none. Partitions made later are not foreseen where only today's carry the index."
    )
    brief = "Every foreign key has its index."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        for table, state in catalog.tables:
            if is_ledger(table, state):
                continue
            # Two keys over the same columns miss the same index: one cause, told once.
            missing: dict[frozenset[str], list[tuple[ObjectId, ForeignKey]]] = {}
            for identity, key in catalog.foreign_keys(table):
                cast = casts_to_compare(catalog, table, key)
                if cast is not None:
                    yield self._cast(schema, identity, *cast)
                elif not covered(catalog, table, key):
                    missing.setdefault(frozenset(key.columns), []).append((identity, key))
            for keys in missing.values():
                yield self._missing(schema, table, keys)

    def _missing(self, schema: SchemaInput, table: ObjectId, keys: list[tuple[ObjectId, ForeignKey]]) -> Finding:
        identity, key = keys[0]
        columns = ", ".join(quoted(column) for column in key.columns)
        near = _near_misses(schema.catalog, table, key)
        narrows = any(why.startswith(NARROWS) for _, why in near)
        served = "no index serves the whole key" if narrows else "no index serves that key"
        message = f"{table.name} ({columns}) references {_targets(keys)}, and {served}"
        if near:
            message += ": " + "; ".join(f"{quoted(index.own_name)} {why}" for index, why in near[:_NEAR_SHOWN])
        if len(near) > _NEAR_SHOWN:
            message += f"; nor do {len(near) - _NEAR_SHOWN} more"
        return self.finding(
            schema,
            identity,
            message=message,
            effect=_NARROWED if narrows else None,
            grows_with=table,
            fix=_fix(schema.catalog, table, key),
        )

    def _cast(
        self, schema: SchemaInput, identity: ObjectId, column: str, ours: str, target: str, theirs: str
    ) -> Finding:
        return self.finding(
            schema,
            identity,
            detail="cast",
            grows_with=identity.relation,
            message=f"{identity.relation.name}.{quoted(column)} is {ours} and references {quoted(target)}, which is"
            f" {theirs}: the check casts every row, so no index on the column serves it",
            fix=f"-- give both the type {theirs}: a new column, filled in batches, then swapped with {quoted(column)}",
        )


def _targets(keys: list[tuple[ObjectId, ForeignKey]]) -> str:
    names = sorted({".".join(quoted(part) for part in key.references) for _, key in keys})
    return " and ".join(names)


def _near_misses(catalog: Catalog, table: ObjectId, key: ForeignKey) -> list[tuple[ObjectId, str]]:
    """The indexes that a reader would expect to serve the key, and why they do not."""
    reasons = ((identity, shortfall(catalog, index, key)) for identity, index in catalog.indexes(table))
    near = [(identity, reason) for identity, reason in reasons if reason]
    return sorted(near, key=lambda item: not item[1].startswith(NARROWS))


def _fix(catalog: Catalog, table: ObjectId, key: ForeignKey) -> str:
    """Rebuild the index that would serve if it were valid, or make one."""
    if catalog.objects[table].partition_key is None:
        for identity, index in catalog.indexes(table):
            if not index.valid and shortfall(catalog, replace(index, valid=True), key) is None:
                return lines(CONCURRENTLY_NOTE, f"REINDEX INDEX CONCURRENTLY {qualified(identity.path)};")
    return create_index(catalog, table, key.columns)
