"""A name that departs from the others has to be looked up each time it is typed.

PostgreSQL folds what is not quoted to lower case, so `createdAt`, `Order Line` and `order` exist only between
double quotes: in every query by hand, every migration, every tool. One convention, whichever it is, can be typed
without looking. A product that keeps another convention than the brief's throughout has made its choice; that is
said once. Only what strays from the product's own majority is a fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pgmason.catalog.keywords import RESERVED_WORDS
from pgmason.catalog.kinds.enum import Enum
from pgmason.catalog.kinds.materialized_view import MaterializedView
from pgmason.catalog.kinds.schema import Schema
from pgmason.catalog.kinds.view import View
from pgmason.catalog.model import Catalog
from pgmason.config import Naming
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId, quoted
from pgmason.rules.fixes import LOCK_TIMEOUT, identifier, lines, qualified
from pgmason.rules.naming import Census, Style, fits, needs_quotes, respelled
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import is_implicit_join, judged_tables, own_columns

__all__ = ["NameOutsideConvention"]

_TABLE = """\
CREATE TABLE customer (
  id uuid PRIMARY KEY,
  full_name text NOT NULL,
  country_code text NOT NULL,
  credit_limit_cents bigint NOT NULL,
  {column} text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
"""
# How the statement that renames each kind begins.
_ALTER = {
    "schema": "ALTER SCHEMA {name}",
    "table": "ALTER TABLE {name}",
    "view": "ALTER VIEW {name}",
    "materialized view": "ALTER MATERIALIZED VIEW {name}",
    "enum": "ALTER TYPE {name}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Names that share one convention: what they are called together, and the names."""

    plural: str
    members: tuple[ObjectId, ...]
    census: Census


class NameOutsideConvention(SchemaRule):
    severity = Severity.STYLE
    title = "A name that departs from the convention of the others."
    effect = "It has to be looked up, and mostly quoted, in every query by hand, migration and tool."
    bad = _TABLE.format(column='"vatNumber"')
    good = _TABLE.format(column="vat_number")
    cannot_see = (
        "What a name means, and names in code but for the models of a schema.prisma, which are PascalCase over"
        " snake_case tables (@@map)."
        " Indexes, constraints, sequences, enum labels and the columns of views are left to whatever made them; so are"
        " a runner's own tables and Prisma's implicit join tables. Renaming breaks code that still uses the old name."
    )
    brief = "Naming conventions: snake_case in the database, PascalCase models."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        departures: list[str] = []
        by_brief = schema.product.naming is Naming.BRIEF
        for group in _groups(schema.catalog):
            convention = group.census.majority
            if group.census.mixed:
                departures.append(f"{group.plural} follow none ({group.census})")
            elif by_brief and convention is not None and convention is not Style.SNAKE:
                departures.append(f"{group.plural} are {convention} ({group.census.share_of(convention)})")
            elif by_brief:
                convention = Style.SNAKE
            if group.plural == "columns":
                yield from self._columns(schema, group, convention)
            else:
                for identity in group.members:
                    yield from self._judged(
                        schema,
                        identity,
                        convention,
                        allowed=_allowed(convention, by_brief),
                        like=_like(group, convention),
                    )
        if by_brief:
            yield from self._models(schema)
        if departures:
            asked = "the brief asks for snake_case" if by_brief else "names should follow one convention"
            yield self.finding(
                schema,
                None,
                severity=Severity.NOTE,
                detail="convention",
                message=f"{asked}: {'; '.join(departures)}",
                fix='-- naming = "found" in pgmason.toml holds names to the product\'s own majority'
                if by_brief
                else None,
            )

    def _models(self, schema: SchemaInput) -> Iterator[Finding]:
        """Models of the product's schema language that are not PascalCase; where most are not, that is said once."""
        models = {
            table: words.removeprefix("model ")
            for table, words in sorted(schema.called.items())
            if table.kind == "table" and words.startswith("model ")
        }
        census = Census.of(models.values())
        if census.majority not in (None, Style.PASCAL):
            yield self.finding(
                schema,
                None,
                severity=Severity.NOTE,
                detail="models",
                message=f"the brief asks for PascalCase models: they are {census.majority} ({census})",
            )
            return
        for table, name in models.items():
            if not (name[:1].isupper() and "_" not in name):
                wanted, mapped = respelled(name, Style.PASCAL), f'@@map("{table.own_name}")'
                yield self.finding(
                    schema,
                    table,
                    detail="model",
                    message=f"the model of table {table.name} is named {name}, not {wanted}: models are PascalCase",
                    fix=f"-- in the schema file: model {wanted} with {mapped}; the table keeps its name",
                )

    def _columns(self, schema: SchemaInput, group: _Group, convention: Style | None) -> Iterator[Finding]:
        """Findings on columns. A table that keeps a convention of its own is one fault; the brief's own is none."""
        by_table: dict[ObjectId, list[ObjectId]] = {}
        for column in group.members:
            by_table.setdefault(column.relation, []).append(column)
        by_brief = schema.product.naming is Naming.BRIEF
        for table, columns in by_table.items():
            own = Census.of(column.own_name for column in columns).majority
            if convention is None or own in (None, convention):
                for column in columns:
                    yield from self._judged(
                        schema, column, convention, allowed=(convention,), like=_like(group, convention)
                    )
                continue
            if not (by_brief and own is Style.SNAKE):
                strays = [column for column in columns if not fits(column.own_name, convention)]
                yield self.finding(
                    schema,
                    table,
                    detail="columns",
                    message=f"the columns of table {table.name} are {own}, not {convention} as the other columns are",
                    fix=_fix(schema.catalog, strays, convention),
                )
            for column in columns:
                yield from self._judged(schema, column, own, allowed=(own, convention), like="as its other columns are")

    def _judged(
        self,
        schema: SchemaInput,
        identity: ObjectId,
        convention: Style | None,
        *,
        allowed: tuple[Style | None, ...],
        like: str,
    ) -> Iterator[Finding]:
        name = identity.own_name
        if needs_quotes(name):
            detail, reason = "characters", "has characters that need quotes everywhere"
        elif name in RESERVED_WORDS and convention is Style.SNAKE:
            detail, reason = "keyword", "is a reserved word of SQL and needs quotes everywhere"
        elif convention is not None and not any(fits(name, style) for style in allowed if style):
            detail, reason = "style", f"is not {convention} {like}"
        else:
            return
        message = f"{identity.kind} {identity.name} {reason}"
        fix = _fix(schema.catalog, [identity], convention or Style.SNAKE)
        yield self.finding(schema, identity, detail=detail, message=message, fix=fix)


def _like(group: _Group, convention: Style | None) -> str:
    """What holds a name to the convention: the others of its kind, or the brief where they do not tell."""
    return f"as the other {group.plural} are" if group.census.majority is convention else "as the brief asks"


def _allowed(convention: Style | None, by_brief: bool) -> tuple[Style | None, ...]:
    """What follows the brief is no fault even where the product's majority does not."""
    return (convention, Style.SNAKE) if by_brief else (convention,)


def _groups(catalog: Catalog) -> Iterator[_Group]:
    """The names that are judged, by what should share a convention: each group sorted by path."""
    tables = [(table, state) for table, state in judged_tables(catalog) if not is_implicit_join(table, state)]
    views = [identity for kind in (View, MaterializedView) for identity, _ in catalog.of(kind)]
    for plural, members in (
        ("schemas", [identity for identity, _ in catalog.of(Schema) if identity.own_name != "public"]),
        ("tables", sorted([table for table, _ in tables] + views, key=lambda identity: identity.path)),
        ("columns", [column for table, _ in tables for column, _ in own_columns(catalog, table)]),
        ("enum types", [identity for identity, _ in catalog.of(Enum)]),
    ):
        yield _Group(plural=plural, members=tuple(members), census=Census.of(member.own_name for member in members))


def _fix(catalog: Catalog, strays: Sequence[ObjectId], style: Style) -> str:
    """The renames, with what they break; words where no name can be proposed."""
    olds = ", ".join(quoted(identity.own_name) for identity in strays)
    words = [
        f"-- breaks code that still says {olds}: deploy code that knows both names first, or map the name in the ORM"
    ]
    renames: list[str] = []
    given: set[ObjectId] = set()
    for identity in strays:
        name, old = respelled(identity.own_name, style), identifier(identity.own_name)
        wanted = ObjectId(identity.kind, (*identity.path[:-1], name))
        if identifier(name) == old or needs_quotes(name) or name in RESERVED_WORDS:
            words.append(f"-- choose a name that needs no quotes; until then it is written {old}")
        elif wanted in given or any(ObjectId(kind, wanted.path) in catalog.objects for kind in (*_ALTER, "column")):
            words.append(f"-- {quoted(name)} is taken: choose another name for {old}")
        elif identity.kind == "column":
            table = qualified(identity.relation.path)
            renames.append(f"ALTER TABLE {table} RENAME COLUMN {old} TO {identifier(name)};")
        else:
            renames.append(
                f"{_ALTER[identity.kind].format(name=qualified(identity.path))} RENAME TO {identifier(name)};"
            )
        given.add(wanted)
    return lines(*words, *([LOCK_TIMEOUT, *renames] if renames else []))
