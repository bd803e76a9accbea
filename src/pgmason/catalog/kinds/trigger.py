"""A trigger of a table, view or foreign table; those behind foreign keys are part of the foreign key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["FIRES", "KIND", "Trigger"]

# When a trigger or rule fires, by session_replication_role: pg_trigger.tgenabled and pg_rewrite.ev_enabled
# (manual, 53.58 pg_trigger), and the words of ALTER TABLE that make it so.
FIRES = {"O": "origin", "D": "never", "R": "replica", "A": "always"}
SWITCH = {"origin": "ENABLE", "never": "DISABLE", "replica": "ENABLE REPLICA", "always": "ENABLE ALWAYS"}

# Bits of pg_trigger.tgtype (catalog/pg_trigger.h). Neither BEFORE nor INSTEAD is AFTER.
_ROW, _BEFORE, _INSTEAD = 1, 2, 64
_EVENTS = ((4, "insert"), (8, "delete"), (16, "update"), (32, "truncate"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger.

    `timing` is before, after or instead of; `events` are of insert, delete, update, truncate, in that order;
    `columns` are those of UPDATE OF, in the table's order. `function` is (schema, name). `fires` is origin (the
    ordinary state), never (disabled), replica or always. `constraint` says CONSTRAINT TRIGGER. `old_rows` and
    `new_rows` name the transition tables. `partition_of` is the trigger (schema, table, name) of the partitioned
    parent that this one was cloned from; a clone is an object of its own only where it fires otherwise than that.
    """

    timing: str
    events: tuple[str, ...]
    columns: tuple[str, ...]
    each_row: bool
    function: tuple[str, str]
    fires: str
    constraint: bool
    deferrable: bool
    deferred: bool
    old_rows: str | None
    new_rows: str | None
    definition: str
    partition_of: tuple[str, str, str] | None = None


def _build(row: Any) -> Trigger:
    bits = row[0]
    return Trigger(
        timing="before" if bits & _BEFORE else "instead of" if bits & _INSTEAD else "after",
        events=tuple(event for bit, event in _EVENTS if bits & bit),
        columns=tuple(row[1]),
        each_row=bool(bits & _ROW),
        function=(row[2], row[3]),
        fires=FIRES[row[4]],
        constraint=row[5],
        deferrable=row[6],
        deferred=row[7],
        old_rows=row[8],
        new_rows=row[9],
        definition=row[10],
        partition_of=(row[11], row[12], row[13]) if row[11] is not None else None,
    )


def _address(identity: ObjectId, _: Trigger) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("TRIGGER {} ON {}").format(Identifier(identity.own_name), Identifier(*identity.path[:2]))


def _create(identity: ObjectId, trigger: Trigger, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL, Identifier

    if trigger.partition_of is None:
        yield SQL(trigger.definition)
    if trigger.partition_of is not None or trigger.fires != "origin":
        yield SQL("ALTER TABLE {} {} TRIGGER {}").format(
            Identifier(*identity.path[:2]),
            SQL(SWITCH[trigger.fires]),
            Identifier(identity.own_name),
        )


def _waits_for(_: ObjectId, trigger: Trigger, __: Catalog) -> Iterator[ObjectId]:
    from pgmason.names import ObjectId

    if trigger.partition_of is not None:
        yield ObjectId("trigger", trigger.partition_of)


KIND = Kind(
    name="trigger",
    state=Trigger,
    path_length=3,
    rows=(Rows(catalog="pg_trigger", condition="NOT o.tgisinternal OR o.tgparentid <> 0"),),
    # Internal triggers that were cloned to partitions are those of foreign keys; a user's trigger has a function
    # of its own and no constraint of another kind (contype 't' is a constraint trigger's).
    query=f"""
SELECT 'pg_catalog.pg_trigger'::pg_catalog.regclass::oid, g.oid, 0, n.nspname, c.relname, g.tgname, g.tgtype,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = g.tgrelid AND a.attnum = ANY (g.tgattr) ORDER BY a.attnum),
       fn.nspname, f.proname, g.tgenabled, g.tgconstraint <> 0, g.tgdeferrable, g.tginitdeferred,
       g.tgoldtable, g.tgnewtable, pg_catalog.pg_get_triggerdef(g.oid), pn.nspname, pc.relname, p.tgname
FROM (SELECT * FROM pg_catalog.pg_trigger o WHERE NOT o.tgisinternal OR o.tgparentid <> 0 OFFSET 0) g
JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid
JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace
LEFT JOIN pg_catalog.pg_trigger p ON p.oid = g.tgparentid
LEFT JOIN pg_catalog.pg_class pc ON pc.oid = p.tgrelid
LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = pc.relnamespace
LEFT JOIN pg_catalog.pg_constraint k ON k.oid = g.tgconstraint
WHERE (CASE WHEN g.tgparentid = 0 THEN NOT g.tgisinternal ELSE g.tgenabled <> p.tgenabled END)
  AND coalesce(k.contype, 't') = 't' AND c.relpersistence <> 't' AND {NOT_OWN_RELATION}""",
    build=_build,
    address=_address,
    create=_create,
    waits_for=_waits_for,
)
