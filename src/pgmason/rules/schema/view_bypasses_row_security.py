"""A view reads its tables as its owner, so that row security on them does not see who asks.

Unless it is made WITH (security_invoker), the policies that apply are those of the view's owner, and to the owner of a
table none applies: everybody who may read the view reads every row. (PostgreSQL manual, CREATE VIEW, Notes; since 15.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.table import Table
from pgmason.catalog.kinds.view import View
from pgmason.catalog.model import Catalog
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.enumerating import some
from pgmason.rules.fixes import LOCK_TIMEOUT, lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule

__all__ = ["ViewBypassesRowSecurity"]

_TABLE = (
    "CREATE TABLE ticket (\n  id uuid PRIMARY KEY,\n  tenant text NOT NULL,\n  closed boolean NOT NULL\n);\n"
    "ALTER TABLE ticket ENABLE ROW LEVEL SECURITY;\n"
    "CREATE POLICY of_the_tenant ON ticket USING (tenant = current_setting('app.tenant', true));\n"
)
_QUERY = "\n  SELECT id, tenant FROM ticket WHERE NOT closed;\n"
_ON = frozenset({"security_invoker=true", "security_invoker=on", "security_invoker=1", "security_invoker=yes"})


class ViewBypassesRowSecurity(SchemaRule):
    severity = Severity.RISK
    title = "A view over a table with row security that reads it as the view's owner."
    effect = "Whoever may read the view sees the rows of every tenant; the table's policies are not asked."
    bad = _TABLE + "CREATE VIEW open_ticket AS" + _QUERY
    good = _TABLE + "CREATE VIEW open_ticket WITH (security_invoker = true) AS" + _QUERY
    cannot_see = (
        "Who may read the view, and whether showing every row is its purpose, for which a waiver with that reason is"
        " right. Where row security is forced on the table, its owner's policies apply and nothing is said. A"
        " materialized view holds the rows as its owner saw them; it is not judged."
    )
    brief = "Relations and access are modelled on purpose."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        for identity, view in catalog.of(View):
            if _asks_as_caller(view):
                continue
            guarded = sorted(_guarded(catalog, identity))
            if guarded:
                yield self.finding(
                    schema,
                    identity,
                    message=f"{identity.name} reads {some([table.name for table in guarded])} as its owner,"
                    " past row security",
                    fix=lines(
                        "-- its readers then need SELECT on the tables, and see what the policies show them",
                        LOCK_TIMEOUT,
                        f"ALTER VIEW {qualified(identity.path)} SET (security_invoker = true);",
                    ),
                )


def _asks_as_caller(view: View) -> bool:
    return not _ON.isdisjoint(view.options)


def _guarded(catalog: Catalog, view: ObjectId) -> Iterator[ObjectId]:
    """The tables with row security that a view reads itself.

    What it reads through another view is that one's affair: a table is asked about as the view that names it says,
    whoever reads that view.
    """
    relations = {catalog.holder(one) if one.kind == "column" else one for one in catalog.needs(view)}
    for relation in relations:
        state = catalog.objects.get(relation)
        if isinstance(state, Table) and state.row_security and not state.row_security_forced:
            yield relation
