"""A procedure: what CALL runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import Kind
from pgmason.catalog.kinds.function import created, routine_query
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "Procedure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """A procedure.

    `arguments` are in the server's words with their defaults, `signature` without, which names the procedure where
    another has the same input arguments. `settings` are the parameters set while it runs (`name=value`);
    `definition` is the whole statement, its body included.
    """

    arguments: str
    signature: str
    language: str
    security_definer: bool
    settings: tuple[str, ...]
    definition: str


def _address(identity: ObjectId, procedure: Procedure) -> Composable:
    from psycopg.sql import SQL, Identifier

    from pgmason.catalog.definitions import verbatim

    return SQL("PROCEDURE {}({})").format(Identifier(*identity.path[:2]), verbatim(procedure.signature))


def _create(_: ObjectId, procedure: Procedure, __: Catalog) -> Iterator[Composable]:
    from pgmason.catalog.definitions import verbatim

    yield verbatim(created(procedure.definition))


KIND = Kind(
    name="procedure",
    state=Procedure,
    path_length=3,
    rows=(Rows(catalog="pg_proc", column="prokind", letters="p"),),
    query=routine_query(
        "'p'",
        """
       pg_catalog.pg_get_function_arguments(p.oid), pg_catalog.pg_get_function_identity_arguments(p.oid), l.lanname,
       p.prosecdef, coalesce(p.proconfig, '{}'), pg_catalog.pg_get_functiondef(p.oid)""",
    ),
    build=lambda row: Procedure(
        arguments=row[0],
        signature=row[1],
        language=row[2],
        security_definer=row[3],
        settings=tuple(row[4]),
        definition=row[5],
    ),
    address=_address,
    create=_create,
)
