"""A collation: how text is compared."""

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

__all__ = ["KIND", "Collation"]

# pg_collation.collprovider (manual 53.12).
_PROVIDERS = {"c": "libc", "i": "icu", "b": "builtin", "d": "default"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Collation:
    """A collation of a provider. libc tells `lc_collate` and `lc_ctype`, the others one `locale`; `rules` are ICU's.

    The version of the locale's data is left out: it is the machine's, and changes by itself.
    """

    provider: str
    deterministic: bool
    lc_collate: str | None
    lc_ctype: str | None
    locale: str | None
    rules: str | None


def _address(identity: ObjectId, _: Collation) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("COLLATION {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, collation: Collation, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL, Literal

    from pgmason.catalog.definitions import definition

    def text(value: str | None) -> Composable | None:
        return None if value is None else Literal(value)

    same = collation.lc_collate == collation.lc_ctype
    yield definition(
        SQL("CREATE {}").format(_address(identity, collation)),
        (
            ("PROVIDER", collation.provider),
            ("DETERMINISTIC", None if collation.deterministic else "false"),
            ("LOCALE", text(collation.locale or (collation.lc_collate if same else None))),
            ("LC_COLLATE", None if same else text(collation.lc_collate)),
            ("LC_CTYPE", None if same else text(collation.lc_ctype)),
            ("RULES", text(collation.rules)),
        ),
    )


# Up to 14 the locale of ICU stood in collcollate and collctype, in 15 and 16 in colliculocale, then in colllocale.
KIND = Kind(
    name="collation",
    state=Collation,
    path_length=2,
    rows=(Rows(catalog="pg_collation"),),
    query=f"""
SELECT o.tableoid, o.oid, 0, n.nspname, o.collname, o.collprovider, o.collisdeterministic,
       CASE o.collprovider WHEN 'c' THEN o.collcollate::text END,
       CASE o.collprovider WHEN 'c' THEN o.collctype::text END,
       CASE WHEN o.collprovider <> 'c' THEN coalesce(pg_catalog.to_jsonb(o) ->> 'colllocale',
                 pg_catalog.to_jsonb(o) ->> 'colliculocale', o.collcollate::text) END,
       pg_catalog.to_jsonb(o) ->> 'collicurules'
FROM pg_catalog.pg_collation o
JOIN pg_catalog.pg_namespace n ON n.oid = o.collnamespace
WHERE {NOT_OWN} AND {not_member("o")}""",
    build=lambda row: Collation(
        provider=_PROVIDERS[row[0]],
        deterministic=row[1],
        lc_collate=row[2],
        lc_ctype=row[3],
        locale=row[4],
        rules=row[5],
    ),
    address=_address,
    create=_create,
)
