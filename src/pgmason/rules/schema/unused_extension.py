"""An extension that nothing uses has still to be installed, granted and upgraded wherever the product runs.

Each is a condition on every server, each hosted platform and each major upgrade, and code that runs with rights of
its own. Often it stayed when the column or the index that asked for it went.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.extension import Extension
from pgmason.findings import Finding, Severity
from pgmason.rules.enumerating import some
from pgmason.rules.fixes import identifier
from pgmason.rules.rule import SchemaInput, SchemaRule

__all__ = ["UnusedExtension"]

# Extensions that serve by types, operator classes or access methods, so that use of them shows in the schema. What
# others give (functions, views, background work) is used by queries, which a schema does not hold.
_SHOWS = frozenset({"btree_gin", "btree_gist", "bloom", "citext", "cube", "hstore", "isn", "ltree", "seg", "vector"})


class UnusedExtension(SchemaRule):
    severity = Severity.NOTE
    title = "An extension for types or indexes that no column and no index uses."
    effect = "Each server needs it, and each major upgrade waits for it, for nothing."
    bad = "CREATE EXTENSION hstore;\nCREATE TABLE device (\n  id uuid PRIMARY KEY,\n  tags text[] NOT NULL\n);\n"
    good = "CREATE EXTENSION hstore;\nCREATE TABLE device (\n  id uuid PRIMARY KEY,\n  tags hstore NOT NULL\n);\n"
    cannot_see = (
        "Queries and the bodies of functions: only extensions are told that serve by types and operator classes"
        f" ({', '.join(sorted(_SHOWS))}), and a query may cast to such a type all the same."
    )
    brief = "The schema holds what is used."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        used = {needed.own_name for _, needed in schema.catalog.dependencies if needed.kind == "extension"}
        idle = [
            identity.own_name
            for identity, _ in schema.catalog.of(Extension)
            if identity.own_name in _SHOWS and identity.own_name not in used
        ]
        if idle:
            yield self.finding(
                schema,
                None,
                message=f"no column and no index uses what {some(idle)} {'gives' if len(idle) == 1 else 'give'}",
                fix=f"-- where no query does either: DROP EXTENSION {identifier(idle[0])};",
            )
