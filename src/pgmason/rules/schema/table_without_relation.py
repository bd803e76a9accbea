"""A table that refers to nothing and that nothing refers to is either a list of settings or a key that was forgotten.

In a schema whose other tables hold together by foreign keys such a table is worth a look: an id that is kept as a
plain column points where it likes, and the row it means may be gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.enumerating import counted, some
from pgmason.rules.naming import words
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import judged_tables

__all__ = ["TableWithoutRelation"]

_TABLES = (
    "CREATE TABLE customer (\n  id uuid PRIMARY KEY\n);\n"
    "CREATE TABLE invoice (\n  id uuid PRIMARY KEY,\n  customer_id uuid NOT NULL REFERENCES customer\n);\n"
    "CREATE TABLE reminder (\n  id uuid PRIMARY KEY,\n  invoice_id uuid NOT NULL{}\n);\n"
)


class TableWithoutRelation(SchemaRule):
    severity = Severity.NOTE
    title = "Tables with ids of others and no foreign key, to or from them."
    effect = "What their ids point at may be gone; no cascade and no check reaches them."
    bad = _TABLES.format("")
    good = _TABLES.format(" REFERENCES invoice")
    cannot_see = (
        "What an id means: a table is told where it has an id column named for another table, in a schema in which"
        " most tables are related. Ids of another system are rightly without a foreign key."
    )
    brief = "Relations are right."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        tables = judged_tables(catalog)
        related = {identity.path for identity, _ in tables if catalog.foreign_keys(identity)}
        for identity, _ in catalog.tables:
            for _, key in catalog.foreign_keys(identity):
                related |= {
                    key.references,
                    *catalog.parents((identity.path[0], identity.path[1])),
                }  # keys may stand on partitions alone
        alone = [identity for identity, state in tables if identity.path not in related and not state.inherits]
        if 2 * len(alone) > len(tables):
            return  # the product does not hold together by foreign keys: that is its decision
        named = {tuple(words(identity.own_name)) for identity, _ in tables}
        pointing = [table.name for table in alone if _points(schema, table, named)]
        if pointing:
            yield self.finding(
                schema,
                None,
                message=f"{counted(len(pointing), 'table')} with ids of others and without any foreign key:"
                f" {some(pointing)}",
                fix="-- where the id is a row of this database: ADD FOREIGN KEY ... NOT VALID, then VALIDATE",
            )


def _points(schema: SchemaInput, table: ObjectId, named: Set[tuple[str, ...]]) -> bool:
    """Whether a column beside the key is the id of what another table is named for: source_invoice_id, of invoices."""
    key = schema.catalog.primary_key(table)
    own = key[1].columns if key is not None and len(key[1].columns) == 1 else ()
    others = named - {tuple(words(table.own_name))}
    for column, _ in schema.catalog.columns(table):
        *stem, last = words(column.own_name)
        if last == "id" and column.own_name not in own:
            ends = [tuple(stem[start:]) for start in range(len(stem))]
            if any((*end[:-1], noun) in others for end in ends for noun in _plurals(end[-1])):
                return True
    return False


def _plurals(noun: str) -> tuple[str, ...]:
    return (noun, f"{noun}s", f"{noun}es", f"{noun.removesuffix('y')}ies")
