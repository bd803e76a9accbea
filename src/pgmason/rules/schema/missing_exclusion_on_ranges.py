"""Bookings of one room that overlap are refused by an exclusion constraint, and by nothing else that is safe.

A SELECT before the INSERT finds no other booking and two sessions do so at once; a unique key tells equal hours from
others and not overlapping ones. EXCLUDE USING gist holds them apart whoever writes. (PostgreSQL manual, 8.17.10
Constraints on Ranges.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.exclusion_constraint import ExclusionConstraint
from pgmason.catalog.model import Catalog
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.enumerating import some
from pgmason.rules.fixes import identifier, lines, qualified
from pgmason.rules.naming import words
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import judged_tables

__all__ = ["MissingExclusionOnRanges"]

_BOOKED = frozenset(
    """
    booking bookings reservation reservations appointment appointments lease leases rental rentals shift shifts
    tenancy tenancies occupancy occupancies
    """.split()  # noqa: SIM905 - a list of words reads better so
)
_STARTS = frozenset("start starts started begin begins from since checkin arrival".split())  # noqa: SIM905
_ENDS = frozenset("end ends ended finish finishes until to till checkout departure".split())  # noqa: SIM905
_RANGES = {"timestamp with time zone": "tstzrange", "timestamp without time zone": "tsrange", "date": "daterange"}
_ROOM = "CREATE TABLE room (\n  id uuid PRIMARY KEY\n);\n"
_BOOKING = (
    "CREATE TABLE booking (\n  id uuid PRIMARY KEY,\n  room_id uuid NOT NULL REFERENCES room,\n"
    "  starts_at timestamptz NOT NULL,\n  ends_at timestamptz NOT NULL{}\n);\n"
)


class MissingExclusionOnRanges(SchemaRule):
    severity = Severity.NOTE
    title = "Bookings with a beginning and an end that nothing keeps from overlapping."
    effect = "Two sessions that look first and write then book one thing twice."
    bad = _ROOM + _BOOKING.format("")
    good = (
        "CREATE EXTENSION btree_gist;\n"
        + _ROOM
        + _BOOKING.format(",\n  EXCLUDE USING gist (room_id WITH =, tstzrange(starts_at, ends_at) WITH &&)")
    )
    cannot_see = (
        "Whether overlapping is allowed: a table is told by its name (booking, reservation, appointment, lease, rental,"
        " shift, ...), a foreign key, and two columns of time named as beginning and end, in English."
    )
    brief = "Integrity is enforced by the database."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        open_: list[tuple[ObjectId, str, str, str, str]] = []
        for table, _ in judged_tables(catalog):
            if not _BOOKED.intersection(words(table.own_name)) or catalog.members(ExclusionConstraint, table):
                continue
            span = _span(catalog, table)
            resource = next((key.columns[0] for _, key in catalog.foreign_keys(table)), None)
            if span is not None and resource is not None:
                open_.append((table, resource, *span))
        if open_:
            table, resource, start, end, kind = open_[0]
            span_words = f"{kind}({identifier(start)}, {identifier(end)})"
            yield self.finding(
                schema,
                None,
                message=f"nothing keeps rows of one resource from overlapping: {some([one[0].name for one in open_])}",
                fix=lines(
                    "-- with the extension btree_gist; the build holds ACCESS EXCLUSIVE, and fails where rows overlap:",
                    f"-- ALTER TABLE {qualified(table.path)}",
                    f"--   ADD EXCLUDE USING gist ({identifier(resource)} WITH =, {span_words} WITH &&);",
                ),
            )


def _span(catalog: Catalog, table: ObjectId) -> tuple[str, str, str] | None:
    """The columns of beginning and end, of one type, and the range of that type."""
    times = [(one.own_name, _RANGES.get(_base(state.type))) for one, state in catalog.columns(table)]
    for start, of in times:
        if of is not None and _STARTS.intersection(words(start)):
            for end, other in times:
                if other == of and end != start and _ENDS.intersection(words(end)):
                    return start, end, of
    return None


def _base(kind: str) -> str:
    """A type without its precision."""
    before, _, rest = kind.partition("(")
    return before + rest.partition(")")[2] if rest else before
