"""An event trigger: a function that runs when a command changes the schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import Kind, not_member
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "EventTrigger"]

# pg_event_trigger.evtenabled (manual, system catalogs), and the words of ALTER EVENT TRIGGER for it.
_ENABLED = {"O": "origin", "R": "replica", "A": "always", "D": "disabled"}
_SWITCH = {"origin": "ENABLE", "replica": "ENABLE REPLICA", "always": "ENABLE ALWAYS", "disabled": "DISABLE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTrigger:
    """An event trigger: the event, the function (schema, name), and the command tags that it is limited to.

    `enabled` says in which sessions it fires: origin (all but those that replay changes), replica, always, disabled.
    """

    event: str
    tags: tuple[str, ...]
    function: tuple[str, str]
    enabled: str


def _address(identity: ObjectId, trigger: EventTrigger) -> Composable:  # noqa: ARG001  # every kind's shape
    from psycopg.sql import SQL, Identifier

    return SQL("EVENT TRIGGER {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, trigger: EventTrigger, catalog: Catalog) -> Iterator[Composable]:  # noqa: ARG001  # every kind's shape
    from psycopg.sql import SQL, Identifier, Literal

    tags = SQL(", ").join(Literal(tag) for tag in trigger.tags)
    yield SQL("CREATE {} ON {}{} EXECUTE FUNCTION {}()").format(
        _address(identity, trigger),
        Identifier(trigger.event),
        SQL(" WHEN TAG IN ({})").format(tags) if trigger.tags else SQL(""),
        Identifier(*trigger.function),
    )
    if trigger.enabled != "origin":
        yield SQL("ALTER {} {}").format(_address(identity, trigger), SQL(_SWITCH[trigger.enabled]))


KIND = Kind(
    name="event trigger",
    state=EventTrigger,
    path_length=1,
    rows=(Rows(catalog="pg_event_trigger"),),
    query=f"""
SELECT g.tableoid, g.oid, 0, g.evtname, g.evtevent, coalesce(g.evttags, '{{}}'), n.nspname, f.proname, g.evtenabled
FROM pg_catalog.pg_event_trigger g
JOIN pg_catalog.pg_proc f ON f.oid = g.evtfoid
JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
WHERE {not_member("g")}""",
    build=lambda row: EventTrigger(
        event=row[0], tags=tuple(row[1]), function=(row[2], row[3]), enabled=_ENABLED[row[4]]
    ),
    address=_address,
    create=_create,
)
