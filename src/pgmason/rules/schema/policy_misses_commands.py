"""A command that is granted and that no policy covers finds no rows, and nobody is told.

Policies are for one command or for all, and what none covers is denied. UPDATE and DELETE that name a column in WHERE
or RETURNING need a SELECT policy, too: without one they change nothing and report success. (PostgreSQL manual, CREATE
POLICY, Policies Applied by Command Type.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.policy import Policy
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.fixes import identifier, lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule

__all__ = ["PolicyMissesCommands"]

_COMMANDS = ("select", "insert", "update", "delete")
_TABLE = (
    "CREATE TABLE message (\n  id uuid PRIMARY KEY,\n  author text NOT NULL\n);\n"
    "ALTER TABLE message ENABLE ROW LEVEL SECURITY;\n"
    "CREATE POLICY change_own ON message FOR UPDATE\n  USING (author = current_setting('app.person', true));\n"
)


class PolicyMissesCommands(SchemaRule):
    severity = Severity.RISK
    title = "The policies of a table leave out a command that is granted, or SELECT, which UPDATE and DELETE need."
    effect = "The command succeeds and finds no rows (INSERT fails), for everybody but the owner."
    bad = _TABLE
    good = (
        _TABLE
        + "CREATE POLICY read_own ON message FOR SELECT\n  USING (author = current_setting('app.person', true));\n"
    )
    cannot_see = (
        "Grants that are no part of the migrations, and which roles are members of which: a command counts as covered"
        " where any permissive policy covers it, for whichever role. A command that nobody is granted and no policy"
        " covers is denied on purpose, and nothing is said."
    )
    brief = "Relations and access are modelled on purpose."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        for table, state in catalog.tables:
            policies = [policy for _, policy in catalog.members(Policy, table) if policy.permissive]
            if not state.row_security or not policies:
                continue  # without any, another rule says so
            covered = {command for command in _COMMANDS for policy in policies if policy.command in (command, "all")}
            grants = catalog.grants.get(table, ())
            granted = {one.privilege.lower() for one in grants if one.grantee is not None and not one.revoked}
            missing = [one for one in _COMMANDS if one in granted and one not in covered]
            blind = [one for one in ("update", "delete") if one in covered and "select" not in covered]
            if missing:
                words = ", ".join(one.upper() for one in missing)
                many = (
                    "is granted and no policy covers it"
                    if len(missing) == 1
                    else "are granted and no policy covers them"
                )
                yield self._found(schema, table, missing, f"{table.name}: {words} {many}")
            elif blind:
                words = " and ".join(one.upper() for one in blind)
                yield self._found(
                    schema,
                    table,
                    ["select"],
                    f"{table.name} has a policy for {words} and none for SELECT, which it needs",
                )

    def _found(self, schema: SchemaInput, table: ObjectId, missing: list[str], message: str) -> Finding:
        taken = {identity.own_name for identity, _ in schema.catalog.members(Policy, table)}
        statements = ["-- with the condition that is meant:"]
        for command in missing:
            condition = "WITH CHECK (true)" if command == "insert" else "USING (true)"
            names = (f"who_may_{command}{number or ''}" for number in range(len(taken) + 1))
            policy = identifier(next(name for name in names if name not in taken))
            statements.append(f"CREATE POLICY {policy} ON {qualified(table.path)} FOR {command.upper()} {condition};")
        return self.finding(schema, table, message=message, detail=", ".join(missing), fix=lines(*statements))
