"""A right that is taken away is missed by the next query of whoever used it.

REVOKE acts at once, on open connections too. Nothing in the database says which of its rights the application uses; a
query that needs this one fails with 42501.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["RightsTakenAway"]


class RightsTakenAway(MigrationRule):
    severity = Severity.BREAK
    title = "A role loses a right that it had on something that is in use."
    effect = "Its queries that need the right fail from then on."
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY);
GRANT SELECT, INSERT ON orders TO app;
"""
    bad = "REVOKE INSERT ON orders FROM app;\n"
    good = "-- migration\nGRANT UPDATE ON orders TO app;\n"
    cannot_see = "Whether the role uses the right, has it by another way, or is used at all."
    brief = "Zero-downtime migrations: 3 steps for breaking changes."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        place = next((effect for effect in migration.done if effect.statement.form in _TAKE), None)
        if place is None:
            return
        for identity in sorted(migration.before.grants):
            if identity not in migration.after.objects or identity in migration.created:
                continue
            has = {(one.privilege, one.grantee) for one in migration.after.grants.get(identity, ()) if not one.revoked}
            lost: dict[str, set[str]] = {}
            for one in migration.before.grants[identity]:
                if not one.revoked and one.grantee is not None and (one.privilege, one.grantee) not in has:
                    lost.setdefault(one.grantee, set()).add(one.privilege)
            for role, rights in sorted(lost.items()):
                yield self.finding(
                    migration,
                    place,
                    identity,
                    message=f"{role} loses {', '.join(sorted(rights))} on {identity}",
                    detail=role,
                    fix="-- deploy code that does without it first",
                )


_TAKE = ("grant_stmt", "alter_default_privileges_stmt", "do_stmt")
