"""How is the SQL of a fix written, so that it runs as shown and does not stop a running product?

Composes text for people to read, paste and review; nothing here is executed by pgmason. Every name is quoted as
the server itself would need it. A statement that takes ACCESS EXCLUSIVE comes behind a `lock_timeout`, because
while it waits every later query on the table waits behind it (PostgreSQL manual, 13.3 Explicit Locking); an index
is built and dropped CONCURRENTLY. Which fix fits is the rule's decision.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from itertools import chain, count

from pgmason.catalog.keywords import COLUMN_NAME_WORDS, RESERVED_WORDS
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId
from pgmason.rules.tables import partitions

__all__ = [
    "CONCURRENTLY_NOTE",
    "LOCK_TIMEOUT",
    "create_index",
    "fresh_name",
    "has_default_order",
    "identifier",
    "identifiers",
    "lines",
    "qualified",
    "require_not_null",
]

LOCK_TIMEOUT = "SET lock_timeout = '2s';"
CONCURRENTLY_NOTE = "-- in a migration of its own: CONCURRENTLY cannot run inside a transaction"

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")
_RELATIONS = ("table", "index", "sequence", "view", "materialized view")
_NAME_BYTES = 63  # NAMEDATALEN - 1 (PostgreSQL manual, 4.1.1 Identifiers and Key Words)


def identifier(name: str) -> str:
    """A name as a statement needs it: bare, quoted, or with Unicode escapes where it could rewrite a terminal line.

    >>> identifier("line"), identifier("order"), identifier('a"b')
    ('line', '"order"', '"a""b"')
    >>> identifier("a\\nb")
    'U&"a\\\\000Ab"'
    """
    if _PLAIN.match(name) and name not in RESERVED_WORDS and name not in COLUMN_NAME_WORDS:
        return name
    if name.isprintable():
        return '"' + name.replace('"', '""') + '"'
    return 'U&"' + "".join(_escaped(character) for character in name) + '"'


def _escaped(character: str) -> str:
    if character in ('"', "\\"):
        return character * 2
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\{code:04X}" if code <= 0xFFFF else f"\\+{code:06X}"


def identifiers(names: Iterable[str]) -> str:
    """Names joined by commas, each as a statement needs it."""
    return ", ".join(identifier(name) for name in names)


def qualified(path: Sequence[str]) -> str:
    """A path as a statement needs it: `public."Order Line"`."""
    return ".".join(identifier(part) for part in path)


def lines(*statements: str) -> str:
    """Statements one below the other."""
    return "\n".join(statements)


def fresh_name(catalog: Catalog, schema: str, wanted: str, *, besides: Container[str] = ()) -> str:
    """`wanted`, cut to what PostgreSQL keeps of a name and numbered until no relation of the schema has it.

    Tables, indexes, sequences and views share one namespace; so do the names in `besides`.
    """

    def is_taken(name: str) -> bool:
        return name in besides or any(ObjectId(kind, (schema, name)) in catalog.objects for kind in _RELATIONS)

    suffixes = chain([""], map(str, count(1)))
    names = (_cut(wanted, _NAME_BYTES - len(suffix)) + suffix for suffix in suffixes)
    return next(name for name in names if not is_taken(name))


def _cut(name: str, size_bytes: int) -> str:
    return name.encode()[:size_bytes].decode(errors="ignore")


def create_index(catalog: Catalog, table: ObjectId, columns: Sequence[str]) -> str:
    """The statements that give a table a valid btree index over `columns`, writers going on meanwhile.

    A partitioned table takes no CONCURRENTLY: its index is made empty and invalid with ON ONLY, each partition's
    concurrently, and the parent's becomes valid when the last one is attached (manual, 5.11.2.2). What such a run
    left unfinished is taken up where it stopped.
    """
    statements = [CONCURRENTLY_NOTE]
    _index(catalog, table, columns, statements, besides=set())
    return lines(*statements)


def _index(
    catalog: Catalog, table: ObjectId, columns: Sequence[str], statements: list[str], *, besides: set[str]
) -> str:
    """Append what makes the index on one table; return the index's name."""
    schema, own_name = table.path
    state: Table = catalog.objects[table]
    partitioned = state.partition_key is not None
    ready = _equal_index(catalog, table, columns, valid_only=not partitioned)
    name = ready or fresh_name(catalog, schema, "_".join((own_name, *columns, "idx")), besides=besides)
    besides.add(name)
    on = f"{qualified(table.path)} ({identifiers(columns)});"
    if not partitioned:
        if ready is None:
            statements.append(f"CREATE INDEX CONCURRENTLY {identifier(name)} ON {on}")
        return name
    if ready is None:
        statements.append(f"CREATE INDEX {identifier(name)} ON ONLY {on}")
    for partition in partitions(catalog, table):
        if any(index.partition_of == (schema, name) and index.valid for _, index in catalog.indexes(partition)):
            continue
        part = _index(catalog, partition, columns, statements, besides=besides)
        attached = qualified((partition.path[0], part))
        statements.append(f"ALTER INDEX {qualified((schema, name))} ATTACH PARTITION {attached};")
    return name


def _equal_index(catalog: Catalog, table: ObjectId, columns: Sequence[str], *, valid_only: bool) -> str | None:
    """A plain btree index on exactly those columns that is attached to no parent's index yet."""
    for identity, index in catalog.indexes(table):
        if (
            (index.valid or not valid_only)
            and index.method == "btree"
            and index.key_columns == tuple(columns)
            and index.predicate is None
            and not (index.include or index.unique)
            and index.partition_of is None
            and has_default_order(index)
        ):
            return identity.own_name
    return None


def require_not_null(table: ObjectId, columns: Sequence[str]) -> list[str]:
    """The statements that make columns NOT NULL without reading the table under ACCESS EXCLUSIVE.

    A validated CHECK spares SET NOT NULL its scan (manual, ALTER TABLE, since 12).
    """
    name = qualified(table.path)
    statements = []
    for column in columns:
        check = identifier(_cut(column, _NAME_BYTES - len("_is_not_null")) + "_is_not_null")
        statements += [
            f"ALTER TABLE {name} ADD CONSTRAINT {check} CHECK ({identifier(column)} IS NOT NULL) NOT VALID;",
            f"ALTER TABLE {name} VALIDATE CONSTRAINT {check};",
            f"ALTER TABLE {name} ALTER COLUMN {identifier(column)} SET NOT NULL;",
            f"ALTER TABLE {name} DROP CONSTRAINT {check};",
        ]
    return statements


def has_default_order(index: Index) -> bool:
    """Whether every key sorts as a constraint's index must: ascending, NULLs last."""
    return not any(word in operators.split() for operators in index.operators for word in ("desc", "nulls"))
