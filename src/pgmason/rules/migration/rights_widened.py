"""A right that is given to PUBLIC is given to every role there is and to every one to come.

So is a right WITH GRANT OPTION to whomever its holder chooses. A migration is where such a thing is done once, to make
something work, and seen by nobody again.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.facets import PUBLIC, Grant
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies.indexes import qualified
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["RightsWidened"]


class RightsWidened(MigrationRule):
    severity = Severity.RISK
    title = "A right is given to everybody, or to be handed on."
    effect = "Every login of the database, today's and tomorrow's, may do it."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY);\n"
    bad = "GRANT SELECT ON orders TO PUBLIC;\n"
    good = "-- migration\nGRANT SELECT ON orders TO reporting;\n"
    cannot_see = "Who can log in, and what pg_hba.conf lets in."
    brief = "Least privilege: row security and roles."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for identity in sorted(migration.after.grants):
            had = set(migration.before.grants.get(identity, ()))
            new = [one for one in migration.after.grants[identity] if one not in had and _wide(one)]
            # what everybody may do by PostgreSQL's own leave, and was taken away, is given back
            back = [one for one in had - set(migration.after.grants[identity]) if one.revoked and one.grantee == PUBLIC]
            place = next((effect for effect in migration.done if effect.statement.form in _GIVE), None)
            if not (new or back) or place is None:
                continue
            rights = ", ".join(sorted({one.privilege for one in (*new, *back)}))
            everybody = any(one.grantee == PUBLIC for one in (*new, *back))
            yield self.finding(
                migration,
                place,
                identity,
                message=f"{rights} on {identity} is given to {'PUBLIC' if everybody else 'others to hand on'}",
                fix=_fix(identity, rights) if everybody else "-- GRANT without GRANT OPTION",
            )
        yield from ()


_GIVE = ("grant_stmt", "alter_default_privileges_stmt", "do_stmt")


def _wide(grant: Grant) -> bool:
    return not grant.revoked and (grant.grantee == PUBLIC or grant.grantable)


def _fix(identity: ObjectId, rights: str) -> str:
    if identity.kind not in ("table", "view", "sequence", "materialized view"):
        return "-- to a role that needs it, and not to PUBLIC"
    return f"-- to a role that needs it:\nREVOKE {rights} ON {qualified(identity.path)} FROM PUBLIC;"
