"""One kind of key for a product: UUIDs where rows are made in several places, numbers where one database makes them.

A table that departs needs code of its own: ids of two types in one API, in one log, in one generic reference; a number
tells a stranger how many rows there are and what the next one is called. pgmason.toml says which kind it is (`ids`),
and `pgmason init` takes the one that most tables have.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.model import Catalog
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.enumerating import counted, some
from pgmason.rules.fixes import LOCK_TIMEOUT, fresh_name, identifier, lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import judged_tables

__all__ = ["PrimaryKeyOfAnotherKind"]

_NUMBERS = ("smallint", "integer", "bigint")
_OTHER = {"uuid": "serial", "serial": "uuid"}
_TABLES = (
    "CREATE TABLE customer (\n  id uuid PRIMARY KEY DEFAULT gen_random_uuid()\n);\n"
    "CREATE TABLE invoice (\n  id uuid PRIMARY KEY DEFAULT gen_random_uuid()\n);\n"
    "CREATE TABLE reminder (\n  id {}\n);\n"
)


class PrimaryKeyOfAnotherKind(SchemaRule):
    severity = Severity.STYLE
    title = "A primary key of another kind than the product chose."
    effect = "Code and interfaces meet ids of two types; numbers tell outsiders how many rows there are."
    bad = _TABLES.format("bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
    good = _TABLES.format("uuid PRIMARY KEY DEFAULT gen_random_uuid()")
    cannot_see = (
        "Keys that the client makes: text (cuid, ULID, a code) is a kind of its own and never told, nor are numbers"
        " that nothing in the database generates, keys of several columns and keys that are foreign keys. The fix gives"
        " each row a new key, which is right only while nothing outside the table knows the old one: an old table is"
        " better left as it is, with a waiver that says so."
    )
    brief = "UUID keys in distributed systems, serial ones in simple applications."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog, chosen = schema.catalog, schema.product.ids
        keys = [key for table, _ in judged_tables(catalog) if (key := _own_key(catalog, table)) is not None]
        departing = [key for key in keys if _kind(catalog, key) == _OTHER[chosen]]
        if 2 * len(departing) > len(keys):
            yield self.finding(
                schema,
                None,
                severity=Severity.NOTE,
                detail="most",
                message=f"most keys are {_OTHER[chosen]} where ids = {chosen!r}: {len(departing)} of"
                f" {counted(len(keys), 'key')} of one column, {some([column.name for column in departing])}",
                fix=f'-- in pgmason.toml, for this product: ids = "{_OTHER[chosen]}"',
            )
            return
        for column in departing:
            state = catalog.objects[column]
            yield self.finding(
                schema,
                column,
                message=f"{column.name} is {state.type}, a {_OTHER[chosen]} key where ids = {chosen!r}",
                fix=_fix(catalog, column, state, chosen),
            )


def _own_key(catalog: Catalog, table: ObjectId) -> ObjectId | None:
    """The one column of a table's primary key, where it is no foreign key."""
    key = catalog.primary_key(table)
    if key is None or len(key[1].columns) != 1:
        return None
    (name,) = key[1].columns
    referring = any(name in foreign.columns for _, foreign in catalog.foreign_keys(table))
    return None if referring else ObjectId("column", (*table.path, name))


def _kind(catalog: Catalog, column: ObjectId) -> str | None:
    """uuid or serial; None for a key that the client makes, which departs from neither."""
    state = catalog.objects[column]
    if state.type == "uuid":
        return "uuid"
    generated = state.identity is not None or any(one.kind == "sequence" for one in catalog.needs(column))
    return "serial" if state.type in _NUMBERS and generated else None


def _fix(catalog: Catalog, column: ObjectId, state: Column, chosen: str) -> str:
    table, name = column.relation, identifier(column.own_name)
    rested = {key for key, on in catalog.dependencies if key.kind == "foreign key" and _is_of(catalog, on, table)}
    if rested:
        return (
            "-- other tables refer to it: a new key beside the old one, filled in batches, then the references follow"
        )
    alter = f"ALTER TABLE {qualified(table.path)} ALTER COLUMN {name}"
    statements = [
        "-- each row gets a new key: right only while nothing outside the table knows the old one",
        LOCK_TIMEOUT,
    ]
    if state.identity is not None:
        statements.append(f"{alter} DROP IDENTITY;")
    if state.default is not None:
        statements.append(f"{alter} DROP DEFAULT;")
    if chosen == "uuid":
        statements += [
            f"{alter} TYPE uuid USING gen_random_uuid();",
            f"{alter} SET DEFAULT gen_random_uuid();",
            *(
                f"DROP SEQUENCE {qualified(one.path)};"
                for one in sorted(catalog.needs(column))
                if one.kind == "sequence"
            ),
        ]
        return lines(*statements)
    sequence = (table.path[0], fresh_name(catalog, table.path[0], f"{table.own_name}_{column.own_name}_seq"))
    literal = "'" + qualified(sequence).replace("'", "''") + "'"
    statements += [
        f"CREATE SEQUENCE {qualified(sequence)};",
        f"{alter} TYPE bigint USING nextval({literal});",
        f"{alter} SET DEFAULT nextval({literal});",
        f"ALTER SEQUENCE {qualified(sequence)} OWNED BY {qualified(column.path)};",
    ]
    return lines(*statements)


def _is_of(catalog: Catalog, index: ObjectId, table: ObjectId) -> bool:
    state = catalog.objects.get(index)
    return isinstance(state, Index) and state.table == table.path
