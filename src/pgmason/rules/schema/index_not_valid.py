"""An invalid index costs every write and serves no query.

CREATE INDEX CONCURRENTLY that fails half-way leaves one behind, and IF NOT EXISTS hides it in the next try; an index
made ON ONLY a partitioned table stays invalid until an index of each partition is attached to it. A unique one does
not enforce what it says. (PostgreSQL manual, CREATE INDEX, Building Indexes Concurrently.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.index import Index
from pgmason.catalog.model import Catalog
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.fixes import CONCURRENTLY_NOTE, fresh_name, identifier, lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule

__all__ = ["IndexNotValid"]

_TABLE = (
    "CREATE TABLE reading (\n  id bigint,\n  at date,\n  created_at timestamptz NOT NULL DEFAULT now(),\n"
    "  updated_at timestamptz NOT NULL DEFAULT now(),\n  PRIMARY KEY (id, at)\n) PARTITION BY RANGE (at);\n"
    "CREATE TABLE reading_2026 PARTITION OF reading FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');\n"
)


class IndexNotValid(SchemaRule):
    severity = Severity.RISK
    title = "An index whose build did not end."
    effect = "Writes pay for it, no query uses it, and a unique one does not enforce."
    bad = _TABLE + "CREATE INDEX reading_at ON ONLY reading (at);\n"
    good = bad + (
        "CREATE INDEX reading_2026_at ON reading_2026 (at);\nALTER INDEX reading_at ATTACH PARTITION reading_2026_at;\n"
    )
    cannot_see = "A build that is under way right now looks the same in a live database."
    brief = "Indexes serve what they were made for."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        for identity, index in schema.catalog.of(Index):
            if index.valid:
                continue
            rebuild = f"REINDEX INDEX CONCURRENTLY {qualified(identity.path)};"
            yield self.finding(
                schema,
                identity,
                message=f"{identity.name} is an invalid index: its build did not end",
                fix=_of_partitions(schema.catalog, identity, index) if " ON ONLY " in index.definition else rebuild,
            )


def _of_partitions(catalog: Catalog, parent: ObjectId, index: Index) -> str:
    """An index for each partition that has none attached, and its attachment; the last one makes the parent valid."""
    _, _, body = index.definition.partition(" USING ")
    unique = "UNIQUE " if index.unique else ""
    statements = []
    for table, state in catalog.tables:
        attached = any(one.partition_of == parent.path for _, one in catalog.indexes(table))
        if state.partition_of == index.table and not attached:
            name = fresh_name(catalog, table.path[0], f"{table.own_name}_{parent.own_name}")
            statements += [
                f"CREATE {unique}INDEX CONCURRENTLY {identifier(name)} ON {qualified(table.path)} USING {body};",
                f"ALTER INDEX {qualified(parent.path)} ATTACH PARTITION {qualified((table.path[0], name))};",
            ]
    return lines(CONCURRENTLY_NOTE, *statements)
