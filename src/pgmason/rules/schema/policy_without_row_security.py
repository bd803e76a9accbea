"""A policy on a table whose row security is not enabled keeps nobody from anything.

CREATE POLICY stores the policy and ALTER TABLE ... ENABLE ROW LEVEL SECURITY makes it count; the one is easily taken
for both. The table reads as if it were guarded, and every role with a grant sees every row. (PostgreSQL manual, CREATE
POLICY.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.policy import Policy
from pgmason.findings import Finding, Severity
from pgmason.names import quoted
from pgmason.rules.enumerating import some
from pgmason.rules.fixes import LOCK_TIMEOUT, lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule

__all__ = ["PolicyWithoutRowSecurity"]

_TABLE = (
    "CREATE TABLE letter (\n  id uuid PRIMARY KEY,\n  tenant text NOT NULL\n);\n"
    "CREATE POLICY of_the_tenant ON letter USING (tenant = current_setting('app.tenant', true));\n"
)


class PolicyWithoutRowSecurity(SchemaRule):
    severity = Severity.RISK
    title = "A table with policies and without row security, so that they count for nothing."
    effect = "Whoever may read the table sees every row, whatever its policies say."
    bad = _TABLE
    good = _TABLE + "ALTER TABLE letter ENABLE ROW LEVEL SECURITY;\n"
    cannot_see = (
        "Whether row security was switched off on purpose for a while. Enabling it denies what no policy covers, so the"
        " application is tried with it first, as a role that does not own the table."
    )
    brief = "Relations and access are modelled on purpose."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        for table, state in schema.catalog.tables:
            policies = schema.catalog.members(Policy, table)
            if policies and not state.row_security:
                names = some([quoted(identity.own_name) for identity, _ in policies])
                yield self.finding(
                    schema,
                    table,
                    message=f"{table.name} has row security disabled, so its policies do nothing: {names}",
                    fix=lines(
                        "-- denies whatever no policy covers, to all but the owner",
                        LOCK_TIMEOUT,
                        f"ALTER TABLE {qualified(table.path)} ENABLE ROW LEVEL SECURITY;",
                    ),
                )
