"""One file a kind of object: the state that makes it what it is, the query that reads it, the SQL that makes it.

Adding a kind is adding a file here that defines `KIND`; `all_kinds` finds it, and no list is edited. A query is
set-based, qualifies pg_catalog, and gives, in this order: the address of the object as pg_depend knows it (class,
object, sub-object), the parts of its path, then what its state is built from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["NOT_OWN", "NOT_OWN_RELATION", "Kind", "all_kinds", "not_member"]

# Schemas of PostgreSQL itself: pg_toast, pg_temp_N and their like begin with pg_, which no user's schema may
# (PostgreSQL manual, 5.9.6 The System Catalog Schema).
NOT_OWN = """n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'"""


def not_member(alias: str) -> str:
    """SQL: the row of that alias is no member of an extension (pg_depend.deptype 'e'), whose own business it is."""
    return (
        f"NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = {alias}.tableoid"
        f" AND e.objid = {alias}.oid AND e.deptype = 'e')"
    )


NOT_OWN_RELATION = f"{NOT_OWN} AND {not_member('c')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How one kind is read, named in SQL, made and dropped.

    `name` is the kind of its ObjectIds. `state` is its dataclass. `path_length` counts the path's parts. `query` is
    text, or a function of the server's version number (150018) where majors differ. `build` makes the state from the
    row's remaining fields; without it they are passed to `state` in order.

    `address` names an object as COMMENT ON, ALTER ... OWNER TO, GRANT ... ON and DROP do: `TABLE public.t`,
    `FUNCTION public.f(integer)`, `TRIGGER g ON public.t`. `create` gives the statements that make it, in order and
    without semicolons; None where another object's statements make it (a column, the index behind a key). `covers`
    are names of `catalog/unread.py` that this kind reads besides its own name.
    """

    name: str
    state: type
    query: str | Callable[[int], str]
    path_length: int
    build: Callable[[Sequence[Any]], Any] | None = None
    address: Callable[[ObjectId, Any], Composable] | None = None
    create: Callable[[ObjectId, Any, Catalog], Iterator[Composable]] | None = None
    covers: tuple[str, ...] = ()

    def query_for(self, version: int) -> str:
        """The query for a server of that version number."""
        return self.query if isinstance(self.query, str) else self.query(version)


@cache
def all_kinds() -> tuple[Kind, ...]:
    """Every kind in this folder, sorted by name."""
    found = [import_module(f"{__name__}.{module.name}").KIND for module in iter_modules(__path__)]
    return tuple(sorted(found, key=lambda kind: kind.name))
