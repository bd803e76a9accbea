"""An enum type and its labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import NOT_OWN, Kind
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "Enum"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum:
    """An enum type: its labels in their sort order."""

    labels: tuple[str, ...]


def _address(identity: ObjectId, _: Enum) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("TYPE {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, state: Enum, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL, Literal

    labels = SQL(", ").join(Literal(label) for label in state.labels)
    yield SQL("CREATE {} AS ENUM ({})").format(_address(identity, state), labels)


KIND = Kind(
    name="enum",
    state=Enum,
    path_length=2,
    rows=(Rows(catalog="pg_type", column="typtype", letters="e"),),
    query=f"""
SELECT t.tableoid, t.oid, 0, n.nspname, t.typname,
       ARRAY(SELECT l.enumlabel::text FROM pg_catalog.pg_enum l WHERE l.enumtypid = t.oid ORDER BY l.enumsortorder)
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'e' AND {NOT_OWN}
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                  WHERE e.classid = t.tableoid AND e.objid = t.oid AND e.deptype = 'e')""",
    build=lambda row: Enum(labels=tuple(row[0])),
    address=_address,
    create=_create,
)
