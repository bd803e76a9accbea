"""Of which kinds does this database have anything at all?

A schema uses a dozen of the fifty kinds, and planning a query costs the server more than running it on nothing. One
query looks into the system catalogs first: into each once, for the letters that it holds among its users' rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.catalog.keywords import literal

if TYPE_CHECKING:
    from pgmason.catalog.kinds import Kind

__all__ = ["Rows", "is_present", "presence_query"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Where the rows of a kind are: the system catalog, and the letters in one of its columns that tell them apart.

    Without letters, any row of the catalog made by a user is one. `condition` is SQL over the catalog's columns.
    """

    catalog: str
    column: str = ""
    letters: str = ""
    condition: str = ""


def presence_query(kinds: Iterable[Kind]) -> str:
    """SQL for (catalog, letter or condition) of what users made; what came with initdb is below oid 16384
    (FirstNormalObjectId, access/transam.h)."""
    told = sorted({(rows.catalog, rows.column, rows.condition) for kind in kinds for rows in kind.rows})
    return " UNION ALL ".join(
        f"SELECT '{catalog}', o.{column}::text FROM pg_catalog.{catalog} o WHERE o.oid >= 16384 GROUP BY 2"
        if column
        else f"SELECT '{catalog}', {literal(condition)} WHERE EXISTS"
        f" (SELECT FROM pg_catalog.{catalog} o WHERE o.oid >= 16384 AND ({condition or 'true'}))"
        for catalog, column, condition in told
    )


def is_present(kind: Kind, found: Sequence[tuple[Any, ...]]) -> bool:
    """Whether a kind must be asked for, from the rows of `presence_query`; one that says nothing always is."""
    if not kind.rows:
        return True
    return any(
        catalog == rows.catalog and (letter in rows.letters if rows.column else letter == rows.condition)
        for catalog, letter in found
        for rows in kind.rows
    )
