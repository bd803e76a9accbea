"""When was this row made, and when was it last changed? A table without the two columns cannot say.

Every question after the fact needs them: what did that deploy write, which rows does the warehouse not have yet,
what may be purged, which cached copy is stale. They cannot be added for the past: rows that are already there get
the time of the migration. `updated_at` is only worth its name where something in the database keeps it current.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.domain import Domain
from pgmason.catalog.kinds.function import Function
from pgmason.catalog.kinds.trigger import Trigger
from pgmason.catalog.model import Catalog
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId, quoted
from pgmason.rules.enumerating import counted, some
from pgmason.rules.fixes import LOCK_TIMEOUT, fresh_name, identifier, lines, qualified
from pgmason.rules.naming import Census, Style, respelled, style_of
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import is_implicit_join, judged_tables

__all__ = ["TableWithoutTimestamps"]

# The spellings of each role in lower case without underscores. Words of time alone (`date`, `timestamp`) are not
# among them: they may mean the event, not the row.
_CREATED_SPELLINGS = """
    created createdat createdon createddate createdtime createdts createdtimestamp createdatutc createdutc createtime
    createdate createts creationdate creationtime creationtimestamp datecreated timecreated inserted insertedat
    insertedon insertdate inserttime addedat addedon dateadded ctime rowcreatedat
"""
_UPDATED_SPELLINGS = """
    updated updatedat updatedon updateddate updatedtime updatedts updatedtimestamp updatedatutc updatedutc updatetime
    updatedate updatets dateupdated timeupdated modified modifiedat modifiedon modifieddate modifiedtime modifytime
    modificationdate modificationtime datemodified lastupdate lastupdated lastupdatedat lastupdatedon lastupdatetime
    lastmodified lastmodifiedat lastmodifiedon lastmodifieddate lastchanged lastchangedat changedat changedon mtime
    rowupdatedat
"""
_CREATED = frozenset(_CREATED_SPELLINGS.split())
_UPDATED = frozenset(_UPDATED_SPELLINGS.split())

_TRIGGER = """\
CREATE FUNCTION keep_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END $$;
CREATE TRIGGER keep_updated_at BEFORE UPDATE ON invoice
  FOR EACH ROW EXECUTE FUNCTION keep_updated_at();
"""


class TableWithoutTimestamps(SchemaRule):
    severity = Severity.STYLE
    title = "A table that does not record when its rows were made and last changed."
    effect = (
        "Nobody can tell what a deploy wrote, what to copy next or what to purge; the past cannot be filled in later."
    )
    bad = "CREATE TABLE invoice (\n  id uuid PRIMARY KEY,\n  total_cents bigint NOT NULL\n);\n"
    good = (
        "CREATE TABLE invoice (\n  id uuid PRIMARY KEY,\n  total_cents bigint NOT NULL,\n"
        "  created_at timestamptz NOT NULL DEFAULT now(),\n  updated_at timestamptz NOT NULL DEFAULT now()\n);\n"
        + _TRIGGER
    )
    cannot_see = (
        "Whether a trigger on the table really sets updated_at, or whether rows are never updated: a table that only"
        " grows may do without updated_at, and a waiver with that reason is right there. Columns are known by their"
        " names, in the usual English spellings."
    )
    brief = "Timestamps on every table: created_at and updated_at."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        habit = _habit(catalog)
        joins: list[ObjectId] = []
        by_client: list[tuple[ObjectId, str]] = []
        for table, state in judged_tables(catalog):
            if is_implicit_join(table, state):
                joins.append(table)
                continue
            if any(ObjectId("table", parent) in catalog.objects for parent in state.inherits):
                continue  # what it lacks, the table it inherits from lacks
            created, updated = _role(catalog, table, _CREATED), _role(catalog, table, _UPDATED)
            if updated is not None and not any(_may_set(trigger) for _, trigger in catalog.members(Trigger, table)):
                by_client.append((table, updated))
            wanted = Census.of(state.columns).majority
            wanted = wanted if wanted in (Style.SNAKE, Style.CAMEL) else habit
            missing = [
                respelled(name, wanted)
                for name, found in (("created_at", created), ("updated_at", updated))
                if not found
            ]
            if missing:
                yield self._missing(schema, table, missing)
        if by_client:
            yield self._kept_by_client(schema, by_client)
        if joins:
            count = counted(len(joins), "implicit join table")
            yield self.finding(
                schema,
                None,
                severity=Severity.NOTE,
                detail="implicit join tables",
                message=f"{count} of Prisma can hold no timestamps: {some([join.name for join in joins])}",
                effect="Nobody can tell when two rows were connected.",
                fix="-- where it matters, declare the join as a model of its own in schema.prisma, with both columns",
            )

    def _missing(self, schema: SchemaInput, table: ObjectId, missing: list[str]) -> Finding:
        columns = {column.own_name: state for column, state in schema.catalog.columns(table)}
        taken = [f"{quoted(name)} is {columns[name].type}" for name in missing if name in columns]
        message = f"{table.name} has no " + " and no ".join(quoted(name) for name in missing)
        if taken:
            message += f" that is a time ({', '.join(taken)})"
        added = [
            f"ALTER TABLE {qualified(table.path)} ADD COLUMN {identifier(name)} timestamptz NOT NULL DEFAULT now();"
            for name in missing
            if name not in columns
        ]
        fix = [
            "-- the default is computed once, so nothing is rewritten; rows that exist get the time of this statement"
        ]
        fix += [LOCK_TIMEOUT, *added]
        if taken:
            fix = (fix if added else []) + [
                "-- a column of that name and another type has to be replaced: new column, batched copy, swap"
            ]
        return self.finding(schema, table, message=message, fix=lines(*fix))

    def _kept_by_client(self, schema: SchemaInput, tables: list[tuple[ObjectId, str]]) -> Finding:
        table, column = tables[0]
        names = [name.name for name, _ in tables]
        return self.finding(
            schema,
            None,
            severity=Severity.NOTE,
            detail="kept by the client",
            message=f"no trigger keeps {quoted(column)} current on {counted(len(names), 'table')}: {some(names)}",
            effect="It is as true as each writer makes it: an ORM sets it, SQL by hand or another service does not.",
            fix=_keep_current(schema.catalog, table, column),
        )


def _role(catalog: Catalog, table: ObjectId, spellings: frozenset[str]) -> str | None:
    """The column that plays a role: by its name, and because it holds a point in time."""
    for column, state in catalog.columns(table):
        if column.own_name.replace("_", "").lower() in spellings and _is_time(catalog, state):
            return column.own_name
    return None


def _is_time(catalog: Catalog, column: Column) -> bool:
    """Whether a column holds a date or time, by a domain or without."""
    domains = {identity.name: state for identity, state in catalog.of(Domain)}
    type_ = column.type
    while type_ in domains:
        type_ = domains[type_].type
    return (type_.startswith("timestamp") or type_ == "date") and not type_.endswith("[]")


def _may_set(trigger: Trigger) -> bool:
    """Whether a trigger is of the only form that can write into a row that is updated."""
    return trigger.timing == "before" and trigger.each_row and "update" in trigger.events and trigger.fires != "never"


def _habit(catalog: Catalog) -> Style:
    """Whether the product writes created_at or createdAt."""
    styles = Counter(
        style_of(column.own_name)
        for table, _ in judged_tables(catalog)
        for column, _ in catalog.columns(table)
        if column.own_name.replace("_", "").lower() in _CREATED | _UPDATED
    )
    return Style.CAMEL if styles[Style.CAMEL] > styles[Style.SNAKE] else Style.SNAKE


def _keep_current(catalog: Catalog, table: ObjectId, column: str) -> str:
    """A trigger for one table, to be repeated for the others."""
    functions = {identity.own_name for identity, _ in catalog.of(Function) if identity.schema == table.path[0]}
    name = fresh_name(catalog, table.path[0], f"keep_{column}", besides=functions)
    function = qualified((table.path[0], name))
    quotes = "$$" if "$$" not in column else "$keep$"
    return lines(
        "-- for one table; the others take the same trigger",
        f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS {quotes}",
        f"BEGIN NEW.{identifier(column)} := now(); RETURN NEW; END {quotes};",
        LOCK_TIMEOUT,
        f"CREATE TRIGGER {identifier(name)} BEFORE UPDATE ON {qualified(table.path)}",
        f"FOR EACH ROW EXECUTE FUNCTION {function}();",
    )
