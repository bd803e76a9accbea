"""Which statements make a table?

With its columns, keys and checks, in the form that gives exactly what the catalog says: PARTITION OF or ATTACH, OF a
type, INHERITS, or column by column where INHERITS would give another order. What CREATE TABLE cannot say follows as
ALTER TABLE. Keys of partitioned tables and of their partitions are made by themselves (`clauses.create_key`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from pgmason.catalog.clauses import key_clause, option
from pgmason.catalog.keywords import dotted, identifier
from pgmason.catalog.kinds.column import (
    Column,
    chosen_name,
    column_clause,
    column_settings,
    identity_clause,
    not_null_name,
    set_not_null,
)
from pgmason.catalog.kinds.not_null import NotNull
from pgmason.names import ObjectId

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.kinds.check import Check
    from pgmason.catalog.kinds.table import Table
    from pgmason.catalog.model import Catalog

__all__ = ["begin_table", "complete_table", "create_table", "made_with_table", "relation_statements"]


def create_table(identity: ObjectId, table: Table, catalog: Catalog) -> Iterator[Composable]:
    """The whole table."""
    yield from _statements(identity, table, catalog, whole=True)


def begin_table(identity: ObjectId, table: Table, catalog: Catalog) -> Iterator[Composable]:
    """The table without the defaults and checks, which may call functions that speak of it."""
    yield from _statements(identity, table, catalog, whole=False)


def complete_table(identity: ObjectId, _: Table, catalog: Catalog) -> Iterator[Composable]:
    """The defaults and checks of a table that was begun."""
    from psycopg.sql import SQL, Identifier

    name = Identifier(*identity.path)
    for one, column in catalog.columns(identity):
        if column.default is not None:
            yield SQL("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {}").format(
                name, Identifier(one.own_name), SQL(column.default)
            )
    for one, check in _checks(identity, catalog):
        yield SQL("ALTER TABLE {} ADD {}").format(name, _check_clause(one, check))


def made_with_table(identity: ObjectId, table: Table, catalog: Catalog) -> Iterator[ObjectId]:
    """The columns, keys and checks that `create_table` makes with the table."""
    yield from (one for one, _ in catalog.columns(identity))
    yield from (one for one, _ in _keys(identity, table, catalog))
    yield from (one for one, _ in _checks(identity, catalog))
    yield from (one for one, _ in catalog.members(NotNull, identity))


def _keys(identity: ObjectId, table: Table, catalog: Catalog) -> list[tuple[ObjectId, Any]]:
    """The keys that CREATE TABLE can write. One of a partitioned table waits until its partitions are there, one that
    belongs to the parent's waits for that."""
    if table.partition_key is not None:
        return []
    primary = catalog.primary_key(identity)
    found: list[tuple[ObjectId, Any]] = [*([primary] if primary else []), *catalog.uniques(identity)]
    return [(one, key) for one, key in found if key.partition_of is None and not _said_of_index(one, catalog)]


def _said_of_index(key: ObjectId, catalog: Catalog) -> bool:
    """Whether something is to be said of the index that CREATE TABLE cannot say, or that it is later than another."""
    identity = ObjectId("index", (key.path[0], key.path[2]))
    index = catalog.objects.get(identity)
    return index is not None and bool(
        index.tablespace
        or index.statistics_targets
        or index.clustered
        or index.replica_identity
        or identity in catalog.overtaken
    )


def _checks(identity: ObjectId, catalog: Catalog) -> list[tuple[ObjectId, Check]]:
    """Those that CREATE TABLE can write: it would take NOT VALID for valid."""
    return [
        (one, check)
        for one, check in catalog.checks(identity)
        if not check.inherited and (check.validated or not check.enforced)
    ]


def _check_clause(identity: ObjectId, check: Check) -> Composable:
    from psycopg.sql import SQL

    return SQL(f"CONSTRAINT {identifier(identity.own_name)} {check.definition}")


def relation_statements(
    identity: ObjectId, table: Table, catalog: Catalog, *, head: Composable, tail: Composable
) -> Iterator[Composable]:
    """The statements that make a relation with the columns and ancestors of such a table: a foreign one.

    `head` is `CREATE FOREIGN TABLE name`, `tail` what follows its columns.
    """
    yield from _statements(identity, table, catalog, whole=True, words=(head, tail))


def _statements(
    identity: ObjectId,
    table: Table,
    catalog: Catalog,
    *,
    whole: bool,
    words: tuple[Composable, Composable] | None = None,
) -> Iterator[Composable]:
    """The table with its columns, keys and, where it is made `whole`, defaults and checks."""
    from psycopg.sql import SQL, Identifier

    columns: Sequence[tuple[ObjectId, Column]] = catalog.columns(identity)
    if _names_not_null(catalog):
        columns = [(one, _named(one, column, catalog)) for one, column in columns]
    own = [key_clause(one, key, catalog) for one, key in _keys(identity, table, catalog)]
    if whole:
        own += [_check_clause(one, check) for one, check in _checks(identity, catalog)]
    fixes: list[Composable] = []
    settings = [action for one, column in columns for action in column_settings(one, column)]
    after: list[Composable] = []
    head, tail = words or (_head(identity, table), _tail(table, catalog))
    if table.partition_of is not None and _as_its_parent(identity, table, catalog):
        body = SQL(" PARTITION OF {}{} {}").format(
            Identifier(*table.partition_of), _listed(own), SQL(table.partition_bound or "DEFAULT")
        )
        yield head + body + tail
    elif table.partition_of is not None:
        # Its columns are in an order of their own or differ otherwise: it is made by itself, and joins its parent.
        clauses = [column_clause(one, column, default=whole, not_null=column.not_null) for one, column in columns]
        checks = [_check_clause(one, check) for one, check in _checks_of_parents(table, catalog)] if whole else []
        yield _joined(head, SQL(" "), _listed(_texts(clauses) + own + checks, empty=True), tail)
        after.append(
            SQL("ALTER TABLE ONLY {} ATTACH PARTITION {} {}").format(
                Identifier(*table.partition_of), Identifier(*identity.path), SQL(table.partition_bound or "DEFAULT")
            )
        )
    elif table.of_type is not None:
        clauses = [column_clause(one, column, typed=True, default=whole) for one, column in columns]
        listed = _listed(_texts(clauses) + own)
        yield head + SQL(" OF {}").format(Identifier(*table.of_type)) + listed + tail
    elif table.inherits and not _in_the_order_of_inheritance(identity, table, catalog):
        yield from _column_by_column(identity, table, catalog, own, head, tail)
    else:
        clauses = [column_clause(one, column, default=whole) for one, column in columns if column.local]
        listed = _listed(_texts(clauses) + own, empty=True)
        inherits: Composable = SQL("")
        if table.inherits:
            inherits = SQL(" INHERITS ({})").format(SQL(", ").join(Identifier(*parent) for parent in table.inherits))
        yield _joined(head, SQL(" "), listed, inherits, tail)
        if table.inherits:
            fixes = [fix for one, column in columns for fix in _unlike_the_parents(one, column, table, catalog, whole)]
    actions = fixes + settings
    if table.replica_identity in ("full", "nothing"):
        actions.append(SQL(f"REPLICA IDENTITY {table.replica_identity.upper()}"))
    if actions:
        # Each line of it is one action of a single ALTER TABLE, so the table is looked at once.
        yield SQL("ALTER TABLE ONLY {}{}").format(
            Identifier(*identity.path), SQL(",").join(SQL("\n    ") + action for action in actions)
        )
    yield from after
    security = [SQL("ENABLE ROW LEVEL SECURITY")] if table.row_security else []
    security += [SQL("FORCE ROW LEVEL SECURITY")] if table.row_security_forced else []
    if security:
        yield SQL("ALTER TABLE {} {}").format(Identifier(*identity.path), SQL(", ").join(security))
    for one, column in columns:
        if column.identity_options:
            yield from _persistence_of_identity(one, column)


def _named(identity: ObjectId, column: Column, catalog: Catalog) -> Column:
    """The column with the name of its NOT NULL said, where PostgreSQL would choose another because it is taken."""
    if not column.not_null or column.not_null_name:
        return column
    chosen = chosen_name(identity, "not_null")
    taken = (identity.path[0], chosen) in catalog.constraint_names
    return replace(column, not_null_name=chosen) if taken else column


def _head(identity: ObjectId, table: Table) -> Composable:
    from psycopg.sql import SQL

    return SQL(f"CREATE {'UNLOGGED ' if table.unlogged else ''}TABLE {dotted(identity.path)}")


def _tail(table: Table, catalog: Catalog) -> Composable:
    """What follows the columns: how it is partitioned and stored."""
    from psycopg.sql import SQL, Identifier

    said: Composable = SQL("")
    if table.partition_key is not None:
        said += SQL(" PARTITION BY {}").format(SQL(table.partition_key))
    method = table.access_method
    if method is None and table.partition_of is not None and table.partition_key is None:
        parent = catalog.objects.get(ObjectId("table", table.partition_of))
        method = "heap" if parent is not None and parent.access_method is not None else None
    if method is not None:
        said += SQL(" USING {}").format(Identifier(method))
    if table.options:
        said += SQL(" WITH ({})").format(SQL(", ").join(option(text) for text in table.options))
    if table.tablespace is not None:
        said += SQL(" TABLESPACE {}").format(Identifier(table.tablespace))
    return said


def _texts(clauses: Iterable[str | None]) -> list[Composable]:
    """Those clauses that say something, as one part of the list."""
    from psycopg.sql import SQL

    said = [clause for clause in clauses if clause is not None]
    return [SQL(",\n    ".join(said))] if said else []


def _listed(clauses: list[Composable], *, empty: bool = False) -> Composable:
    """Clauses in parentheses, one a line; where there are none, `()` or nothing."""
    from psycopg.sql import SQL

    if not clauses:
        return SQL("()" if empty else "")
    parts = [part for clause in clauses for part in (SQL(",\n    "), clause)][1:]
    return _joined(SQL("(\n    " if empty else " (\n    "), *parts, SQL("\n)"))


def _joined(*parts: Composable) -> Composable:
    """The parts as one: as one text where each is one, which is several times as fast as a composition."""
    from psycopg.sql import SQL, Composed

    if all(type(part) is SQL for part in parts):
        return SQL("".join(part.as_string(None) for part in parts))
    return Composed(parts)


# --- partitions


def _as_its_parent(identity: ObjectId, table: Table, catalog: Catalog) -> bool:
    """Whether PARTITION OF gives the partition the very columns that it has."""
    parent = ObjectId("table", table.partition_of or ("", ""))
    state = catalog.objects.get(parent)
    if state is None or state.columns != table.columns or (state.tablespace and not table.tablespace):
        return False
    pairs = zip(catalog.columns(parent), catalog.columns(identity), strict=True)
    named = _names_not_null(catalog)
    return all(_same_column(above, below, named=named) for above, below in pairs)


def _same_column(above: tuple[ObjectId, Column], below: tuple[ObjectId, Column], *, named: bool) -> bool:
    (parent, parents), (own, column) = above, below
    return (
        not column.local
        and _compared(parents) == _compared(column)
        and (not named or not column.not_null or not_null_name(parent, parents) == not_null_name(own, column))
        and not (column.not_null_local and column.not_null_name)
        and (column.identity is None or column.identity_shared)
    )


def _compared(column: Column) -> tuple[Any, ...]:
    return (
        *(column.type, column.not_null, column.default, column.generated, column.expression, column.collation),
        *(column.storage, column.compression, column.not_null_no_inherit, column.not_null_validated),
    )


def _checks_of_parents(table: Table, catalog: Catalog) -> Iterator[tuple[ObjectId, Check]]:
    """The checks that a table must have before it can become a partition."""
    parent: Table | None = table
    while parent is not None and parent.partition_of is not None:
        above = ObjectId("table", parent.partition_of)
        yield from _checks(above, catalog)
        parent = catalog.objects.get(above)


# --- inheritance


def _parents_columns(name: str, table: Table, catalog: Catalog) -> list[tuple[ObjectId, Column]]:
    found = [ObjectId("column", (*parent, name)) for parent in table.inherits]
    return [(one, catalog.objects[one]) for one in found if one in catalog.objects]


def _in_the_order_of_inheritance(identity: ObjectId, table: Table, catalog: Catalog) -> bool:
    """Whether CREATE TABLE ... INHERITS gives the columns in the order that they have."""
    if any(ObjectId("table", parent) not in catalog.objects for parent in table.inherits):
        return True  # a parent that is not ours to read: PostgreSQL's order is all that can be had
    merged: dict[str, None] = {}
    for parent in table.inherits:
        merged |= dict.fromkeys(catalog.objects[ObjectId("table", parent)].columns)
    merged |= dict.fromkeys(one.own_name for one, column in catalog.columns(identity) if column.local)
    if tuple(merged) != table.columns:
        return False
    for one, column in catalog.columns(identity):
        above = [parent for _, parent in _parents_columns(one.own_name, table, catalog)]
        if column.local or not above:
            continue
        if len({(parent.default, parent.expression, parent.storage, parent.compression) for parent in above}) > 1:
            return False  # CREATE TABLE would refuse what conflicts
        if column.generated != above[0].generated or column.expression != above[0].expression:
            return False
        if (column.storage, column.compression) != (above[0].storage, above[0].compression) and None in (
            column.storage,
            column.compression,
        ):
            return False  # what the parent has would be copied, and no ALTER takes it back on every version
    return True


def _unlike_the_parents(
    identity: ObjectId, column: Column, table: Table, catalog: Catalog, whole: bool
) -> Iterator[Composable]:
    """The actions that give a column, which only parents declare, what it does not have from them."""
    from psycopg.sql import SQL, Identifier

    if column.local:
        return
    name = Identifier(identity.own_name)
    above = [parent for _, parent in _parents_columns(identity.own_name, table, catalog)]
    default = next((parent.default for parent in above if parent.default is not None), None)
    if whole and column.default != default:
        if column.default is None:
            yield SQL("ALTER COLUMN {} DROP DEFAULT").format(name)
        else:
            yield SQL("ALTER COLUMN {} SET DEFAULT {}").format(name, SQL(column.default))
    if column.not_null and column.not_null_local and column.not_null_validated:
        yield set_not_null(identity, column)
    if column.identity is not None:
        yield from _identity(identity, column)


def _identity(identity: ObjectId, column: Column) -> Iterator[Composable]:
    from psycopg.sql import SQL, Identifier

    yield SQL("ALTER COLUMN {} ADD {}").format(Identifier(identity.own_name), SQL(identity_clause(column)))


def _column_by_column(
    identity: ObjectId,
    table: Table,
    catalog: Catalog,
    own: list[Composable],
    head: Composable,
    tail: Composable,
) -> Iterator[Composable]:
    """A child whose columns stand in an order that INHERITS does not give, as those added to a parent later do.

    A parent for the meantime passes on the columns that only parents declare, each at its place; then the real ones
    take over. Before a parent is left, the other has the columns, so they never become the child's own.
    """
    from psycopg.sql import SQL, Identifier

    meantime = Identifier(identity.path[0], f"{identity.path[1][:40]} in the meantime")
    name = Identifier(*identity.path)
    yield SQL("CREATE TABLE {} ()").format(meantime)
    yield head + SQL(" () INHERITS ({})").format(meantime) + tail
    for one, read in catalog.columns(identity):
        # A NOT NULL that only parents say must come from a parent here, too; its name would be of the meantime's.
        column = replace(read, not_null_name=not_null_name(one, read)) if _names_not_null(catalog) else read
        of_parents = column.not_null and not column.not_null_local
        said = column.not_null and of_parents != column.local
        (clause,) = _texts([column_clause(one, column, not_null=said)])
        yield SQL("ALTER TABLE {} ADD COLUMN {}").format(name if column.local else meantime, clause)
        if of_parents and column.local:
            bare = replace(column, default=None, generated=None, identity=None)
            (clause,) = _texts([column_clause(one, bare, not_null=False)])
            yield SQL("ALTER TABLE {} ADD COLUMN {}").format(meantime, clause)
            yield SQL("ALTER TABLE {} {}").format(meantime, set_not_null(one, column))
        elif column.not_null and not said and column.not_null_validated:
            yield SQL("ALTER TABLE ONLY {} {}").format(name, set_not_null(one, column))
    inherited = [ObjectId("table", parent) for parent in table.inherits]
    seen = {one.own_name for one, _ in _checks(identity, catalog)}
    for parent in inherited:
        for one, check in _inherited_checks(parent, catalog):
            if one.own_name not in seen:
                seen.add(one.own_name)
                yield SQL("ALTER TABLE {} ADD {}").format(meantime, _check_clause(one, check))
    for clause in own:
        yield SQL("ALTER TABLE {} ADD {}").format(name, clause)
    for parent in inherited:
        yield SQL("ALTER TABLE {} INHERIT {}").format(name, Identifier(*parent.path))
    yield SQL("ALTER TABLE {} NO INHERIT {}").format(name, meantime)
    yield SQL("DROP TABLE {}").format(meantime)


def _names_not_null(catalog: Catalog) -> bool:
    """Whether the server is one that has NOT NULL constraints: 18 and later."""
    major = "".join(takewhile(str.isdigit, catalog.server))
    return int(major or 0) >= 18


def _inherited_checks(table: ObjectId, catalog: Catalog) -> Iterator[tuple[ObjectId, Check]]:
    """The checks that a child of the table must have: its own and those it has from its own parents."""
    yield from ((one, check) for one, check in _checks(table, catalog) if not check.no_inherit)
    state = catalog.objects.get(table)
    for parent in state.inherits if state is not None else ():
        yield from _inherited_checks(ObjectId("table", parent), catalog)


def _persistence_of_identity(identity: ObjectId, column: Column) -> Iterator[Composable]:
    """Since 15 the sequence of an identity column is unlogged as its table is, unless it was told otherwise."""
    from psycopg.sql import SQL, Identifier

    for key, value in column.identity_options:
        if key == "logged":
            sequence = column.identity_sequence or (identity.path[0], chosen_name(identity, "seq"))
            yield SQL("ALTER SEQUENCE {} SET {}").format(Identifier(*sequence), SQL("LOGGED" if value else "UNLOGGED"))
