"""A sequence that no column owns outlives its table and is passed over by what is done to the table.

`serial` and identity columns own theirs. One made by hand and put into a default stays when the table is dropped, is
not reset by TRUNCATE ... RESTART IDENTITY, is missing from a dump of the table alone, and pg_get_serial_sequence does
not find it. (PostgreSQL manual, CREATE SEQUENCE, OWNED BY.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.sequence import Sequence
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.fixes import lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule

__all__ = ["SequenceNotOwned"]

_TABLE = (
    "CREATE SEQUENCE ticket_number;\n"
    "CREATE TABLE ticket (\n  id bigint PRIMARY KEY DEFAULT nextval('ticket_number'),\n  subject text NOT NULL\n);\n"
)


class SequenceNotOwned(SchemaRule):
    severity = Severity.STYLE
    title = "A sequence that counts for one column and does not belong to it."
    effect = "It stays behind when the table is dropped, and TRUNCATE ... RESTART IDENTITY does not reset it."
    bad = _TABLE
    good = _TABLE + "ALTER SEQUENCE ticket_number OWNED BY ticket.id;\n"
    cannot_see = (
        "Sequences that code asks by name: one that no default uses is not told, nor one that counts for several"
        " columns, which can belong to none. Sequence and table must have one owner for the fix to run."
    )
    brief = "Relations are right: what belongs together goes together."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        users: dict[ObjectId, list[ObjectId]] = {}
        for dependent, needed in catalog.dependencies:
            if needed.kind == "sequence" and dependent.kind == "column":
                schema_name, table, _ = dependent.path
                if not catalog.parents((schema_name, table)):  # a partition's default is its parent's
                    users.setdefault(needed, []).append(dependent)
        for identity, sequence in catalog.of(Sequence):
            columns = users.get(identity, [])
            # OWNED BY takes a table of the same schema alone.
            if sequence.owned_by is not None or len(columns) != 1 or columns[0].path[0] != identity.path[0]:
                continue
            (column,) = columns
            if catalog.owners.get(identity) != catalog.owners.get(column.relation):
                continue
            yield self.finding(
                schema,
                identity,
                message=f"{identity.name} counts for {column.name} and does not belong to it",
                fix=lines(f"ALTER SEQUENCE {qualified(identity.path)} OWNED BY {qualified(column.path)};"),
            )
