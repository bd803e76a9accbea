"""A hash index answers = and nothing else: no order, no range, no uniqueness, no index-only scan.

A btree on the same column answers = about as fast, and the rest, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.index import Index
from pgmason.names import ObjectId
from pgmason.rules.fixes import CONCURRENTLY_NOTE, create_index, lines, qualified
from pgmason.rules.rule import SchemaInput
from pgmason.rules.style_rule import Departure, StyleRule

__all__ = ["HashIndex"]


class HashIndex(StyleRule):
    title = "An index is a hash."
    effect = "Queries that sort or compare by the column read the table."
    things = "indexes"
    how = "are hashes"
    bad = "CREATE TABLE orders (id bigint PRIMARY KEY, note text);\nCREATE INDEX notes ON orders USING hash (note);\n"
    good = "CREATE TABLE orders (id bigint PRIMARY KEY, note text);\nCREATE INDEX notes ON orders (note);\n"
    cannot_see = "Values too long for a btree (over 2,700 bytes), for which a hash is right."
    brief = "Indexes serve the queries."

    def looked_at(self, schema: SchemaInput) -> Iterator[Departure]:
        for identity, index in schema.catalog.of(Index):
            if index.partition_of is not None:
                continue
            columns = [name for name in index.key_columns if name is not None]
            drop = f"DROP INDEX CONCURRENTLY {qualified(identity.path)};"
            plain = create_index(schema.catalog, ObjectId("table", index.table), columns)
            fix = lines(plain if columns else CONCURRENTLY_NOTE, drop)
            yield Departure(object=identity, keeps=index.method != "hash", fix=fix)
