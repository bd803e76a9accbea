"""Roles, databases, tablespaces and the server's settings are not a schema's: a migration that changes them changes
every database of the server.

It works on the machine of whoever may do it and fails in the deploy, where the application's role may not; a second
database of the same server (staging, a test) finds the role there already; a password in the file is read by everybody
who reads the repository.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["SERVER_WIDE", "ServerChanged"]

# libpg_query's forms of statements about what all databases of a server share (manual, 22 and 23).
SERVER_WIDE = {
    "create_role_stmt": "makes a role",
    "alter_role_stmt": "changes a role",
    "alter_role_set_stmt": "changes the settings of a role",
    "drop_role_stmt": "drops a role",
    "grant_role_stmt": "changes who is a member of a role",
    "alter_system_stmt": "changes the server's settings",
    "createdb_stmt": "makes a database",
    "dropdb_stmt": "drops a database with all that is in it",
    "alter_database_stmt": "changes a database",
    "alter_database_set_stmt": "changes the settings of a database",
    "create_table_space_stmt": "makes a tablespace",
    "drop_table_space_stmt": "drops a tablespace",
}


class ServerChanged(MigrationRule):
    severity = Severity.RISK
    title = "A migration changes roles, databases or settings of the whole server."
    effect = "It needs rights that the application's role should not have, and meets what other databases made."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY);\n"
    bad = "CREATE ROLE reporting LOGIN;\n"
    good = "-- migration\nGRANT SELECT ON orders TO reporting;\n"
    cannot_see = (
        "What such a statement does: it is not run here, and what stands after it in the file is not judged. Nor those"
        " inside a DO block."
    )
    brief = "Least privilege: row security and roles."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.trace.effects:
            does = SERVER_WIDE.get(effect.statement.form)
            if does is None:
                continue
            loses = effect.statement.form == "dropdb_stmt"
            yield self.finding(
                migration,
                effect,
                None,
                message=f"{migration.name} {does}, which is the whole server's",
                detail=effect.statement.form,
                severity=Severity.LOSS if loses else None,
                fix="-- where the server is set up (an administrator's script, Terraform); a migration only GRANTs",
            )
