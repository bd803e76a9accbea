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
    from pgmason.catalog.numbers import Numbers
    from pgmason.catalog.presence import Rows
    from pgmason.names import ObjectId

__all__ = ["NOT_OWN", "NOT_OWN_RELATION", "Kind", "Shell", "all_kinds", "not_member", "not_part"]

# Schemas of PostgreSQL itself: pg_toast, pg_temp_N and their like begin with pg_, which no user's schema may
# (PostgreSQL manual, 5.9.6 The System Catalog Schema).
NOT_OWN = """n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'"""


def not_member(alias: str) -> str:
    """SQL: the row of that alias is no member of an extension (pg_depend.deptype 'e'), whose own business it is."""
    return (
        f"NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = {alias}.tableoid"
        f" AND e.objid = {alias}.oid AND e.deptype = 'e')"
    )


def not_part(alias: str) -> str:
    """SQL: the row of that alias is no part of another object, as the constructors of a range type are."""
    return (
        f"NOT EXISTS (SELECT FROM pg_catalog.pg_depend i WHERE i.classid = {alias}.tableoid"
        f" AND i.objid = {alias}.oid AND i.deptype = 'i')"
    )


NOT_OWN_RELATION = f"{NOT_OWN} AND {not_member('c')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """How an object that others need before it can be whole is made in two steps.

    `begin` makes what the others need, `complete` makes it whole once they exist. Both give statements as `create`
    does, which they replace. `needs` tells which of the object's dependencies `begin` has already.
    """

    begin: Callable[[ObjectId, Any, Catalog], Iterator[Composable]]
    complete: Callable[[ObjectId, Any, Catalog], Iterator[Composable]]
    needs: Callable[[ObjectId], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How one kind is read, named in SQL, made and dropped.

    `name` is the kind of its ObjectIds. `state` is its dataclass. `path_length` counts the path's parts. `query` is
    text, or a function of the server's version number (150018) where majors differ; `rows` says where its rows are:
    without any there it is not sent. `build` makes the state from the row's fields behind the path (`needs_path`: and
    the path), `named` where the row speaks of columns and operator classes by number; without either the fields are
    passed to `state` in order.

    `address` names an object as COMMENT ON, ALTER ... OWNER TO, GRANT ... ON and DROP do: `TABLE public.t`,
    `FUNCTION public.f(integer)`, `TRIGGER g ON public.t`. `create` gives the statements that make it, in order and
    without semicolons; None where another object's statements make it (a column). `covers` are names of
    `catalog/unread.py` that this kind reads besides its own name. `columns` gives, from a whole row of the query, the
    addresses and names of columns that are no objects of their own: comments and grants may stand on them.
    `role` says which part of the path names a role, where the object is that role's own: a user mapping.

    What the ordering of a script asks besides (`ordering.py`): `makes` are the other objects that `create` makes, as
    CREATE TABLE makes its columns and keys; their own `create` is not asked then. `waits_for` are objects that must be
    there before it although pg_depend does not say so: the partitions, before an index of their parent. `later` gives
    statements that wait for other objects, each with those objects: OWNED BY; `create` does not wait for them.
    `finish` gives statements for the very end: REFRESH. `shell` breaks circles.
    """

    name: str
    state: type
    query: str | Callable[[int], str]
    path_length: int
    build: Callable[[Sequence[Any]], Any] | None = None
    named: Callable[[Sequence[Any], Numbers], Any] | None = None
    needs_path: bool = False
    rows: tuple[Rows, ...] = ()
    address: Callable[[ObjectId, Any], Composable] | None = None
    create: Callable[[ObjectId, Any, Catalog], Iterator[Composable]] | None = None
    covers: tuple[str, ...] = ()
    columns: Callable[[Sequence[Any]], Iterator[tuple[tuple[int, int, int], str]]] | None = None
    makes: Callable[[ObjectId, Any, Catalog], Iterator[ObjectId]] | None = None
    waits_for: Callable[[ObjectId, Any, Catalog], Iterator[ObjectId]] | None = None
    later: Callable[[ObjectId, Any, Catalog], Iterator[tuple[tuple[ObjectId, ...], Composable]]] | None = None
    finish: Callable[[ObjectId, Any, Catalog], Iterator[Composable]] | None = None
    shell: Shell | None = None
    role: int | None = None

    def query_for(self, version: int) -> str:
        """The query for a server of that version number."""
        return self.query if isinstance(self.query, str) else self.query(version)


@cache
def all_kinds() -> tuple[Kind, ...]:
    """Every kind in this folder, sorted by name."""
    found = [import_module(f"{__name__}.{module.name}").KIND for module in iter_modules(__path__)]
    return tuple(sorted(found, key=lambda kind: kind.name))
