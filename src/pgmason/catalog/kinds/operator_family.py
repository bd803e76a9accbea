"""An operator family: operator classes that belong together, and what holds between their types."""

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

__all__ = ["KIND", "OperatorFamily", "members"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorFamily:
    """An operator family: its loose members, which are in no operator class, as ALTER OPERATOR FAMILY names them."""

    members: tuple[str, ...]


def members(holder: str) -> str:
    """SQL: the members of the operator class or family `holder` (an alias), sorted; operators before functions.

    Whose member it is tells pg_depend, as it does pg_dump.
    """

    def depends(alias: str) -> str:
        return (
            f"EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = {alias}.tableoid AND m.objid = {alias}.oid"
            f" AND m.refclassid = {holder}.tableoid AND m.refobjid = {holder}.oid)"
        )

    family = f"{holder}.opcfamily" if holder == "c" else f"{holder}.oid"
    # Functions rather than || between arrays: a cast that a user made may leave the operator ambiguous.
    return f"""pg_catalog.array_cat(
       ARRAY(SELECT pg_catalog.format('OPERATOR %s %s', w.amopstrategy, w.amopopr::pg_catalog.regoperator)
             || coalesce((SELECT pg_catalog.format(' FOR ORDER BY %I.%I', fs.nspname, sf.opfname)
                          FROM pg_catalog.pg_opfamily sf JOIN pg_catalog.pg_namespace fs ON fs.oid = sf.opfnamespace
                          WHERE sf.oid = w.amopsortfamily), '')
             FROM pg_catalog.pg_amop w WHERE w.amopfamily = {family} AND {depends("w")}
             ORDER BY w.amopstrategy, w.amopopr::pg_catalog.regoperator::text COLLATE "C"),
       ARRAY(SELECT pg_catalog.format('FUNCTION %s (%s, %s) %s', w.amprocnum,
                    pg_catalog.format_type(w.amproclefttype, NULL), pg_catalog.format_type(w.amprocrighttype, NULL),
                    w.amproc::pg_catalog.regprocedure)
             FROM pg_catalog.pg_amproc w WHERE w.amprocfamily = {family} AND {depends("w")}
             ORDER BY w.amprocnum, w.amproc::pg_catalog.regprocedure::text COLLATE "C"))"""


def _address(identity: ObjectId, _: OperatorFamily) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("OPERATOR FAMILY {} USING {}").format(Identifier(*identity.path[:2]), Identifier(identity.path[2]))


def _create(identity: ObjectId, family: OperatorFamily, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL

    from pgmason.catalog.definitions import verbatim

    yield SQL("CREATE {}").format(_address(identity, family))
    if family.members:
        yield SQL("ALTER {} ADD\n    {}").format(
            _address(identity, family), SQL(",\n    ").join(map(verbatim, family.members))
        )


KIND = Kind(
    name="operator family",
    state=OperatorFamily,
    path_length=3,
    rows=(Rows(catalog="pg_opfamily"),),
    query=f"""
SELECT f.tableoid, f.oid, 0, n.nspname, f.opfname, a.amname, {members("f")}
FROM pg_catalog.pg_opfamily f
JOIN pg_catalog.pg_namespace n ON n.oid = f.opfnamespace
JOIN pg_catalog.pg_am a ON a.oid = f.opfmethod
WHERE {NOT_OWN} AND {not_member("f")}""",
    build=lambda row: OperatorFamily(members=tuple(row[0])),
    address=_address,
    create=_create,
)
