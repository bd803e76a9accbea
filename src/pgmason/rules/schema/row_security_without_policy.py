"""A table with row security and no permissive policy shows no row to anybody but those whom row security passes over.

PostgreSQL denies by default: with ENABLE ROW LEVEL SECURITY and nothing else, a SELECT answers with no rows and an
INSERT fails, while the owner, superusers and roles with BYPASSRLS see all. A restrictive policy only narrows what a
permissive one lets through. (PostgreSQL manual, 5.9 Row Security Policies.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.policy import Policy
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.enumerating import counted, some
from pgmason.rules.fixes import LOCK_TIMEOUT, lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import is_ledger

__all__ = ["RowSecurityWithoutPolicy"]

_TABLE = "CREATE TABLE invoice (\n  id uuid PRIMARY KEY,\n  tenant text NOT NULL\n);\n"
_ENABLE = "ALTER TABLE invoice ENABLE ROW LEVEL SECURITY;\n"


class RowSecurityWithoutPolicy(SchemaRule):
    severity = Severity.RISK
    title = "Row security is enabled and no policy lets a row through."
    effect = "Whoever is not the owner reads no rows and can write none, without an error on reading."
    bad = _TABLE + _ENABLE
    good = (
        _TABLE
        + _ENABLE
        + "ALTER TABLE invoice FORCE ROW LEVEL SECURITY;\n"
        + "CREATE POLICY of_the_tenant ON invoice\n  USING (tenant = current_setting('app.tenant', true));\n"
    )
    cannot_see = (
        "Which role the application connects as: where it is the owner, policies are not applied to it unless row"
        " security is forced, which is told once as a note. Where nobody but the owner and services with BYPASSRLS"
        " shall reach the table, a waiver with that reason is right; on Supabase, where this is how tables are kept"
        " from the public API, it is a note."
    )
    brief = "Relations and access are modelled on purpose."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        shut: list[tuple[ObjectId, int]] = []
        unforced: list[ObjectId] = []
        for table, state in catalog.tables:
            if not state.row_security or is_ledger(table, state):
                continue
            policies = catalog.members(Policy, table)
            if not any(policy.permissive for _, policy in policies):
                shut.append((table, len(policies)))
            elif not state.row_security_forced:
                unforced.append(table)
        if schema.product.platform == "supabase":
            if shut:
                yield self._shut_on_purpose(schema, [table for table, _ in shut])
            return  # the API's roles own nothing there
        for table, restrictive in shut:
            has = (
                f"only {counted(restrictive, 'restrictive policy')}"
                if restrictive == 1
                else "only restrictive policies"
            )
            yield self.finding(
                schema,
                table,
                message=f"{table.name} has row security enabled and {has if restrictive else 'no policy'}",
                fix=lines(
                    "-- with the condition that is meant, or DISABLE where row security is not:",
                    f"CREATE POLICY who_may_see ON {qualified(table.path)} USING (true);",
                ),
            )
        if unforced:
            yield self._not_forced(schema, unforced)

    def _shut_on_purpose(self, schema: SchemaInput, tables: list[ObjectId]) -> Finding:
        return self.finding(
            schema,
            None,
            severity=Severity.NOTE,
            detail="shut",
            message=f"{counted(len(tables), 'table')} with row security and no policy, which only the service role"
            f" reaches: {some([table.name for table in tables])}",
            effect="The public API answers with no rows of them.",
        )

    def _not_forced(self, schema: SchemaInput, tables: list[ObjectId]) -> Finding:
        return self.finding(
            schema,
            None,
            severity=Severity.NOTE,
            detail="not forced",
            message=f"row security is not forced on {counted(len(tables), 'table')}:"
            f" {some([table.name for table in tables])}",
            effect="An application that connects as the owner of the tables passes over every policy.",
            fix=lines(
                "-- where the application connects as the owner; for one table:",
                LOCK_TIMEOUT,
                f"ALTER TABLE {qualified(tables[0].path)} FORCE ROW LEVEL SECURITY;",
            ),
        )
