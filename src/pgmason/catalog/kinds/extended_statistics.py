"""Extended statistics: what ANALYZE is told to gather of several columns together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import NOT_OWN, Kind, not_member
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "ExtendedStatistics"]

# pg_statistic_ext.stxkind (manual, 53.51): what is gathered; 'e' is that of the expressions, implied by them.
_KINDS = {"d": "ndistinct", "f": "dependencies", "m": "mcv"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendedStatistics:
    """Extended statistics of `table`, whose own schema may be another.

    `gathers` are of ndistinct, dependencies, mcv; none for a single expression. `columns` are in the table's order,
    `expressions` as the server prints them. `target` is that of ALTER STATISTICS, None where it was never set.
    """

    table: tuple[str, str]
    gathers: tuple[str, ...]
    columns: tuple[str, ...]
    expressions: tuple[str, ...]
    target: int | None
    definition: str


def _query(version: int) -> str:
    """Statistics of expressions came with 14. The target was -1 where never set until 17 made it NULL."""
    expressions = "pg_catalog.pg_get_statisticsobjdef_expressions(s.oid)" if version >= 140000 else "NULL::text[]"
    return f"""
SELECT s.tableoid, s.oid, 0, n.nspname, s.stxname, tn.nspname, t.relname, s.stxkind::text[],
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys) ORDER BY a.attnum),
       coalesce({expressions}, '{{}}'), NULLIF(s.stxstattarget, -1), pg_catalog.pg_get_statisticsobjdef(s.oid)
FROM pg_catalog.pg_statistic_ext s
JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
JOIN pg_catalog.pg_class t ON t.oid = s.stxrelid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
WHERE t.relpersistence <> 't' AND {NOT_OWN} AND {not_member("s")}"""


def _address(identity: ObjectId, _: ExtendedStatistics) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("STATISTICS {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, statistics: ExtendedStatistics, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL, Identifier, Literal

    yield SQL(statistics.definition)
    if statistics.target is not None:
        yield SQL("ALTER STATISTICS {} SET STATISTICS {}").format(
            Identifier(*identity.path), Literal(statistics.target)
        )


KIND = Kind(
    name="extended statistics",
    state=ExtendedStatistics,
    path_length=2,
    rows=(Rows(catalog="pg_statistic_ext"),),
    query=_query,
    build=lambda row: ExtendedStatistics(
        table=(row[0], row[1]),
        gathers=tuple(_KINDS[kind] for kind in sorted(row[2]) if kind in _KINDS),
        columns=tuple(row[3]),
        expressions=tuple(row[4]),
        target=row[5],
        definition=row[6],
    ),
    address=_address,
    create=_create,
)
