"""A constraint that was added NOT VALID promises something of new rows and nothing of old ones.

NOT VALID is the safe first half of adding a constraint under load; VALIDATE CONSTRAINT, in a migration of its own, is
the second, and it is easily forgotten. Until then rows from before may break the constraint, a restore of a dump may
fail on them, and the planner does not rely on it. (PostgreSQL manual, ALTER TABLE, Notes.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.check import Check
from pgmason.catalog.kinds.column import Column, not_null_name
from pgmason.catalog.kinds.domain_constraint import DomainConstraint
from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId, quoted
from pgmason.rules.fixes import identifier, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule

__all__ = ["ConstraintNotValidated"]


class ConstraintNotValidated(SchemaRule):
    severity = Severity.RISK
    title = "A constraint that was added NOT VALID and never validated."
    effect = "Rows from before the constraint may break it, and the planner does not rely on it."
    bad = (
        "CREATE TABLE invoice (\n  id bigint PRIMARY KEY,\n  cents integer NOT NULL,\n"
        "  created_at timestamptz NOT NULL DEFAULT now(),\n  updated_at timestamptz NOT NULL DEFAULT now()\n);\n"
        "ALTER TABLE invoice ADD CONSTRAINT cents_positive CHECK (cents > 0) NOT VALID;\n"
    )
    good = bad + "-- in a migration of its own, when the first is deployed\n"
    good += "ALTER TABLE invoice VALIDATE CONSTRAINT cents_positive;\n"
    cannot_see = (
        "Whether the rows of production keep the constraint: VALIDATE CONSTRAINT tells, and fails where one does not."
        " It reads the table once under SHARE UPDATE EXCLUSIVE, which blocks neither reads nor writes."
    )
    brief = "Integrity is enforced by the database."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        constraints: tuple[tuple[ObjectId, Check | ForeignKey], ...] = (*catalog.of(Check), *catalog.of(ForeignKey))
        for identity, constraint in constraints:
            if not constraint.validated:
                yield self._found(schema, identity, identity.relation, identity.own_name)
        for identity, column in catalog.of(Column):
            if not column.not_null_validated:
                yield self._found(schema, identity, identity.relation, not_null_name(identity, column))
        for identity, check in catalog.of(DomainConstraint):
            if not check.validated:
                yield self._found(schema, identity, ObjectId("domain", identity.path[:2]), identity.own_name)

    def _found(self, schema: SchemaInput, identity: ObjectId, of: ObjectId, constraint: str) -> Finding:
        return self.finding(
            schema,
            identity,
            message=f"constraint {quoted(constraint)} of {of.name} was added NOT VALID and never validated",
            fix=f"ALTER {of.kind.upper()} {qualified(of.path)} VALIDATE CONSTRAINT {identifier(constraint)};",
            detail=constraint,
        )
