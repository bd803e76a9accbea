"""A CHECK that asks the clock, a setting or a table was true once and is asked again at the wrong time.

PostgreSQL takes it that a row which passed keeps passing: a CHECK is looked at when the row is written and never
again, except by a restore, which loads the rows of a dump on another day, or before the table that the function reads
is filled, and fails. (PostgreSQL manual, 5.4.1 Check Constraints.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.check import Check, condition_of
from pgmason.catalog.kinds.domain_constraint import DomainConstraint
from pgmason.catalog.kinds.function import Function
from pgmason.catalog.model import Catalog
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId, quoted
from pgmason.rules.fixes import LOCK_TIMEOUT, identifier, lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.statements.conditions import functions_called

__all__ = ["CheckWithMutableFunction"]

# PostgreSQL's own functions that are not immutable and that a CHECK is seen with (pg_proc.provolatile). Conversions
# that depend on TimeZone or DateStyle alone are left out: they are everywhere and seldom change an answer.
_MUTABLE = frozenset(
    """
    now current_date current_time current_timestamp localtime localtimestamp transaction_timestamp
    statement_timestamp clock_timestamp timeofday current_user session_user current_role user current_setting
    current_database current_schema current_catalog random gen_random_uuid nextval currval lastval pg_backend_pid
    txid_current pg_current_xact_id inet_client_addr
    """.split()  # noqa: SIM905 - a list of forty words reads better so
)
_TABLE = "CREATE TABLE booking (\n  id uuid PRIMARY KEY,\n  starts_on date NOT NULL{}\n);\n"


class CheckWithMutableFunction(SchemaRule):
    severity = Severity.RISK
    title = "A CHECK whose answer changes while the row does not."
    effect = "Rows that passed fail an UPDATE of another column later, and a restore of the dump fails on them."
    bad = _TABLE.format(",\n  CONSTRAINT starts_later CHECK (starts_on >= CURRENT_DATE)")
    good = _TABLE.format(",\n  CONSTRAINT starts_in_our_time CHECK (starts_on >= '2020-01-01')")
    cannot_see = (
        "A function that is declared IMMUTABLE and is not. Of PostgreSQL's own functions those of time, session and"
        " chance are known; a cast that depends on the session's time zone is not told."
    )
    brief = "Integrity is enforced by the database."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        checks: tuple[tuple[ObjectId, Check | DomainConstraint], ...] = (
            *catalog.of(Check),
            *catalog.of(DomainConstraint),
        )
        for identity, check in checks:
            mutable = sorted({*_own(catalog, identity), *_known(check.definition)})
            if mutable:
                name = identifier(identity.own_name)
                of = catalog.holder(identity) if identity.kind == "check" else identity.relation
                yield self.finding(
                    schema,
                    identity,
                    message=f"constraint {quoted(identity.own_name)} of {of.name} calls {', '.join(mutable)},"
                    " whose answer changes",
                    fix=lines(
                        "-- what depends on the moment belongs into a trigger or the code that writes the row",
                        LOCK_TIMEOUT,
                        f"ALTER {of.kind.upper()} {qualified(of.path)} DROP CONSTRAINT {name};",
                    ),
                )


def _own(catalog: Catalog, constraint: ObjectId) -> Iterator[str]:
    """The product's own functions that a constraint depends on and that are not IMMUTABLE."""
    for needed in catalog.needs(constraint):
        state = catalog.objects.get(needed)
        if isinstance(state, Function) and state.volatility != "immutable":
            yield f"{needed.name} ({state.volatility})"


def _known(definition: str) -> frozenset[str]:
    """PostgreSQL's own; parsed only where one is there at all, as the server prints it: `now(`, CURRENT_DATE."""
    if not any(f"{word}(" in definition or word.upper() in definition for word in _MUTABLE):
        return frozenset()
    return functions_called(condition_of(definition)) & _MUTABLE
