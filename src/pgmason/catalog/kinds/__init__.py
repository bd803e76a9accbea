"""One file a kind of object: the state that makes it what it is, and the query that reads it.

Adding a kind is adding a file here that defines `KIND`; `all_kinds` finds it, and no list is edited.
Each query is set-based, qualifies pg_catalog, and gives, in this order: the address of the object as pg_depend
knows it (class, object, sub-object), the parts of its path, then the fields of its state in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

__all__ = ["NOT_OWN", "NOT_OWN_RELATION", "Kind", "all_kinds"]

# Schemas of PostgreSQL itself: pg_toast, pg_temp_N and their like begin with pg_, which no user's schema may
# (PostgreSQL manual, 5.9.6 The System Catalog Schema).
NOT_OWN = """n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'"""
# ... and members of an extension belong to it (pg_depend.deptype 'e', manual 53.18).
NOT_OWN_RELATION = (
    NOT_OWN
    + """ AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
    WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.objid = c.oid AND e.deptype = 'e')"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How one kind is read.

    `name` is the kind of its ObjectIds. `state` is its dataclass. `path_length` counts the path's parts.
    `build` makes the state from the row's remaining fields;
    without it they are passed to `state` in order.
    """

    name: str
    state: type
    query: str
    path_length: int
    build: Callable[[Sequence[Any]], Any] | None = None


@cache
def all_kinds() -> tuple[Kind, ...]:
    """Every kind in this folder, sorted by name."""
    found = [import_module(f"{__name__}.{module.name}").KIND for module in iter_modules(__path__)]
    return tuple(sorted(found, key=lambda kind: kind.name))
