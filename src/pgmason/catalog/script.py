"""Which SQL makes a schema anew in an empty database?

`script_of` writes a catalog as a script for a person to read and for psql to run: `ordering.py` says in which order,
each kind in `kinds/` says its own statements, and owners, comments and grants are written here for all of them.
Applied to an empty database and read again, it gives the same catalog. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from pgmason.catalog.collector import without_collector
from pgmason.catalog.facets import grants_on
from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds import Kind, all_kinds
from pgmason.catalog.model import Catalog
from pgmason.catalog.ordering import Making, Work, in_order
from pgmason.catalog.outline import unread_lines
from pgmason.names import ObjectId

if TYPE_CHECKING:
    from psycopg.sql import Composable

__all__ = ["left_out", "script_of", "written"]

# Everything is named with its schema; bodies of functions may speak of what comes after them.
_SETTINGS = (
    "SET client_encoding = 'UTF8'",
    "SET standard_conforming_strings = on",
    "SET client_min_messages = warning",
    "SET check_function_bodies = off",
    "SET search_path = ''",
)
# What stands over the first object of each sort. An object that others need earlier stands among those.
_HEADINGS = {
    "Schemas": ("schema",),
    "Extensions": ("extension",),
    "Languages and access methods": ("language", "access method"),
    "Foreign servers": ("foreign-data wrapper", "foreign server", "user mapping"),
    "Collations": ("collation", "conversion"),
    "Types": ("enum", "domain", "composite type", "range type", "base type"),
    "Functions": ("function", "procedure", "aggregate"),
    "Operators": ("operator", "operator family", "operator class"),
    "Casts": ("cast", "transform"),
    "Text search": tuple(f"text search {what}" for what in ("parser", "template", "dictionary", "configuration")),
    "Sequences": ("sequence",),
    "Tables": ("table",),
    "Foreign tables": ("foreign table",),
    "Foreign keys": ("foreign key",),
    "Views": ("view", "materialized view"),
}
_TITLES = {kind: title for title, kinds in _HEADINGS.items() for kind in kinds}


def script_of(catalog: Catalog) -> str:
    """The catalog as SQL, in groups with blank lines between, ending in a newline."""
    with without_collector():
        return _script(catalog)


def left_out(catalog: Catalog) -> tuple[str, ...]:
    """What the script does not make although it was read, a line each with why."""
    asked = {kind.name: kind.left_out for kind in all_kinds() if kind.left_out is not None}
    missing = {
        identity: why
        for identity, state in catalog.objects.items()
        if identity.kind in asked and (why := asked[identity.kind](identity, state, catalog)) is not None
    }
    told = [f"not made: {identity}: {why}" for identity, why in sorted(missing.items())]
    for identity, index in sorted(catalog.rivals.items()):
        told.append(f"may rely on another key when made anew: {identity}, which relies on {index} here")
    return tuple(told)


def _script(catalog: Catalog) -> str:
    lines = [f"-- The schema as PostgreSQL {catalog.server} has it. Apply it to an empty database.\n"]
    for told in unread_lines(catalog.unread):
        lines.append("\n".join(f"-- {line}" for line in told.splitlines()) + "\n")
    lines += [f"-- {line}\n" for line in left_out(catalog)]
    lines.append("".join(f"{setting};\n" for setting in _SETTINGS))
    writer = _Writer(catalog)
    if ObjectId("schema", ("public",)) not in catalog.objects:
        lines.append("DROP SCHEMA public;\n")
    titles: set[str] = set()
    group, block = None, list[str]()
    for section, head, making in in_order(catalog):
        statements = [f"{written(statement)};\n" for statement in writer.statements(making)]
        if not statements:
            continue
        if group != (section, head):
            lines += ["".join(block)] if block else []
            group, block = (section, head), []
            title = _TITLES.get(making.object.kind if making.object.kind == "foreign key" else head.kind)
            if title is not None and title not in titles:
                lines.append(f"-- {title}\n")
                titles.add(title)
        block += statements
    lines += ["".join(block)] if block else []
    lines += ["".join(f"{written(statement)};\n" for statement in strays)] if (strays := writer.strays()) else []
    return "\n".join(lines)


class _Writer:
    """What the statements of each making are."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._kinds: Mapping[str, Kind] = {kind.name: kind for kind in all_kinds()}
        self._of_views: dict[tuple[str, ...], list[ObjectId]] = {}
        for identity in {*catalog.comments, *catalog.grants}:
            if identity not in catalog.objects and identity.kind == "column":
                self._of_views.setdefault(identity.path[:2], []).append(identity)

    def strays(self) -> list[Composable]:
        """Comments and grants on what is no object of the catalog: a hidden sequence, a multirange."""
        told = {one for members in self._of_views.values() for one in members} | self._catalog.objects.keys()
        found = sorted({*self._catalog.comments, *self._catalog.grants} - told)
        comments = [statement for identity in found for statement in self._comment(identity, None)]
        return comments + [statement for identity in found for statement in grants_on(identity, self._catalog)]

    def statements(self, making: Making) -> Iterator[Composable]:
        identity = making.object
        kind, state = self._kinds[identity.kind], self._catalog.objects[identity]
        if making.work is Work.WHOLE:
            if kind.create is not None:
                yield from kind.create(identity, state, self._catalog)
            if not self._is_finished_later(identity, state):
                yield from self._owner(identity, state)
        elif making.work is Work.BEGIN and kind.shell is not None:
            yield from kind.shell.begin(identity, state, self._catalog)
        elif making.work is Work.COMPLETE and kind.shell is not None:
            yield from kind.shell.complete(identity, state, self._catalog)
            yield from self._owner(identity, state)
        elif making.work is Work.LATER and kind.later is not None:
            yield list(kind.later(identity, state, self._catalog))[making.number][1]
        elif making.work is Work.FINISH and kind.finish is not None:
            yield from kind.finish(identity, state, self._catalog)
            if self._is_finished_later(identity, state):
                yield from self._owner(identity, state)
                for one, _ in self._with_columns(identity, state):
                    yield from grants_on(one, self._catalog)
        elif making.work is Work.TELL:
            granted = not self._is_finished_later(identity, state)
            for one, its in self._with_columns(identity, state):
                yield from self._comment(one, its)
                yield from grants_on(one, self._catalog) if granted else ()

    def _is_finished_later(self, identity: ObjectId, state: Any) -> bool:
        """Whether its owner is set at the end: a materialized view is filled with the rights of its owner, who may
        have none on what it reads."""
        finish = self._kinds[identity.kind].finish
        return finish is not None and any(True for _ in finish(identity, state, self._catalog))

    def _address(self, identity: ObjectId, state: Any) -> Composable:
        address = self._kinds[identity.kind].address
        assert address is not None, f"{identity.kind} has no address"
        return address(identity, state)

    def _owner(self, identity: ObjectId, state: Any) -> Iterator[Composable]:
        owner = self._catalog.owners.get(identity)
        if owner is not None:
            from psycopg.sql import SQL

            yield SQL(f"ALTER {written(self._address(identity, state))} OWNER TO {identifier(owner)}")

    def _with_columns(self, identity: ObjectId, state: Any) -> list[tuple[ObjectId, Any]]:
        """The object, then those columns of a view or attributes of a type that have a comment or grants."""
        names = [name for name, *_ in getattr(state, "columns", getattr(state, "attributes", ()))]
        order = {name: number for number, name in enumerate(names)}
        members = self._of_views.get(identity.path, ()) if identity.kind not in ("column", "table") else ()
        return [
            (identity, state),
            *((one, None) for one in sorted(members, key=lambda one: order.get(one.own_name, 0))),
        ]

    def _comment(self, identity: ObjectId, state: Any) -> Iterator[Composable]:
        from psycopg.sql import SQL, Literal

        comment = self._catalog.comments.get(identity)
        if comment is not None:
            yield SQL("COMMENT ON {} IS {}").format(self._address(identity, state), Literal(comment))


def written(statement: Composable) -> str:
    """A composed statement as text, with quotes only around names that need them."""
    from psycopg.sql import SQL, Composed, Identifier

    if type(statement) is SQL:  # most are one text
        return statement.as_string(None)
    parts: list[str] = []

    def write(part: Composable) -> None:
        kind = type(part)  # exact classes: psycopg's are abstract base classes, which isinstance asks slowly
        if kind is Composed:
            for one in part:  # type: ignore[attr-defined]  # a Composed is a sequence of its parts
                write(one)
        elif kind is SQL:
            parts.append(part.as_string(None))
        elif kind is Identifier:
            parts.append(_sparing(part.as_string(None)))
        else:
            parts.append(part.as_string(None).lstrip())

    write(statement)
    return "".join(parts)


@cache
def _sparing(quoted: str) -> str:
    """`"public"."order"` as `public."order"`: what `quote_ident` would say of each part."""
    if '""' in quoted:
        return quoted
    return ".".join(identifier(part) for part in quoted[1:-1].split('"."'))
