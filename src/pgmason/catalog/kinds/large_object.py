"""A large object that somebody was granted something on: its bytes are data, its privileges are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import Kind

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "LargeObject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeObject:
    """A large object with privileges of its own; the path is its number, by which a product's rows know it."""


def _address(identity: ObjectId, state: LargeObject) -> Composable:  # noqa: ARG001  # every kind's shape
    from psycopg.sql import SQL

    return SQL("LARGE OBJECT {}").format(SQL(identity.own_name))


def _create(identity: ObjectId, state: LargeObject, catalog: Catalog) -> Iterator[Composable]:  # noqa: ARG001  # every kind's shape
    from psycopg.sql import SQL

    # DO prints nothing, where SELECT lo_create(...) would print a row a large object.
    yield SQL("DO $$ BEGIN PERFORM pg_catalog.lo_create({}); END $$").format(SQL(identity.own_name))


KIND = Kind(
    name="large object",
    state=LargeObject,
    path_length=1,
    query="""
SELECT 'pg_catalog.pg_largeobject'::pg_catalog.regclass::oid, l.oid, 0, l.oid::text
FROM pg_catalog.pg_largeobject_metadata l WHERE l.lomacl IS NOT NULL""",
    build=lambda row: LargeObject(),  # it has no state
    address=_address,
    create=_create,
)
