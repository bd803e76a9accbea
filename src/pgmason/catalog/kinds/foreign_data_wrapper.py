"""A foreign-data wrapper: what reaches another kind of source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.foreign import Options, options_clause, options_query, read_options
from pgmason.catalog.kinds import Kind, not_member
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "ForeignDataWrapper"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignDataWrapper:
    """A wrapper: the functions (schema, name) that do its work and check its options, and the options."""

    handler: tuple[str, str] | None
    validator: tuple[str, str] | None
    options: Options


def _address(identity: ObjectId, wrapper: ForeignDataWrapper) -> Composable:  # noqa: ARG001  # every kind's shape
    from psycopg.sql import SQL, Identifier

    return SQL("FOREIGN DATA WRAPPER {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, wrapper: ForeignDataWrapper, catalog: Catalog) -> Iterator[Composable]:  # noqa: ARG001  # every kind's shape
    from psycopg.sql import SQL, Identifier

    parts = [SQL("CREATE FOREIGN DATA WRAPPER {}").format(Identifier(*identity.path))]
    if wrapper.handler is not None:
        parts.append(SQL(" HANDLER {}").format(Identifier(*wrapper.handler)))
    if wrapper.validator is not None:
        parts.append(SQL(" VALIDATOR {}").format(Identifier(*wrapper.validator)))
    yield SQL("").join([*parts, options_clause(wrapper.options)])


KIND = Kind(
    name="foreign-data wrapper",
    state=ForeignDataWrapper,
    path_length=1,
    rows=(Rows(catalog="pg_foreign_data_wrapper"),),
    query=f"""
SELECT w.tableoid, w.oid, 0, w.fdwname, hn.nspname, h.proname, vn.nspname, v.proname, {options_query("w.fdwoptions")}
FROM pg_catalog.pg_foreign_data_wrapper w
LEFT JOIN pg_catalog.pg_proc h ON h.oid = w.fdwhandler
LEFT JOIN pg_catalog.pg_namespace hn ON hn.oid = h.pronamespace
LEFT JOIN pg_catalog.pg_proc v ON v.oid = w.fdwvalidator
LEFT JOIN pg_catalog.pg_namespace vn ON vn.oid = v.pronamespace
WHERE {not_member("w")}""",
    build=lambda row: ForeignDataWrapper(
        handler=(row[0], row[1]) if row[0] is not None else None,
        validator=(row[2], row[3]) if row[2] is not None else None,
        options=read_options(row[4]),
    ),
    address=_address,
    create=_create,
)
