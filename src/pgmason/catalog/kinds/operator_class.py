"""An operator class: how an index of one method treats one type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import NOT_OWN, Kind, not_member
from pgmason.catalog.kinds.operator_family import members
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "OperatorClass"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorClass:
    """An operator class for `type`, in the `family` (schema, name), of the method that its path tells.

    `storage` is the type that the index keeps, where it is another. `members` are its operators and functions as
    CREATE OPERATOR CLASS names them.
    """

    type: str
    default: bool
    family: tuple[str, str]
    storage: str | None
    members: tuple[str, ...]


def _address(identity: ObjectId, _: OperatorClass) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("OPERATOR CLASS {} USING {}").format(Identifier(*identity.path[:2]), Identifier(identity.path[2]))


def _create(identity: ObjectId, class_: OperatorClass, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL, Identifier

    from pgmason.catalog.definitions import verbatim

    # The grammar asks for a member; the type itself as storage says nothing, as pg_dump does in the same need.
    storage = class_.storage or (None if class_.members else class_.type)
    items = [verbatim(f"STORAGE {storage}")] if storage is not None else []
    items += [verbatim(member) for member in class_.members]
    yield SQL("CREATE OPERATOR CLASS {}{} FOR TYPE {} USING {} FAMILY {} AS\n    {}").format(
        Identifier(*identity.path[:2]),
        verbatim(" DEFAULT" if class_.default else ""),
        verbatim(class_.type),
        Identifier(identity.path[2]),
        Identifier(*class_.family),
        SQL(",\n    ").join(items),
    )


KIND = Kind(
    name="operator class",
    state=OperatorClass,
    path_length=3,
    rows=(Rows(catalog="pg_opclass"),),
    query=f"""
SELECT c.tableoid, c.oid, 0, n.nspname, c.opcname, a.amname,
       pg_catalog.format_type(c.opcintype, NULL), c.opcdefault, fn.nspname, f.opfname,
       CASE WHEN c.opckeytype <> 0 THEN pg_catalog.format_type(c.opckeytype, NULL) END, {members("c")}
FROM pg_catalog.pg_opclass c
JOIN pg_catalog.pg_namespace n ON n.oid = c.opcnamespace
JOIN pg_catalog.pg_am a ON a.oid = c.opcmethod
JOIN pg_catalog.pg_opfamily f ON f.oid = c.opcfamily
JOIN pg_catalog.pg_namespace fn ON fn.oid = f.opfnamespace
WHERE {NOT_OWN} AND {not_member("c")}""",
    build=lambda row: OperatorClass(
        type=row[0], default=row[1], family=(row[2], row[3]), storage=row[4], members=tuple(row[5])
    ),
    address=_address,
    create=_create,
)
