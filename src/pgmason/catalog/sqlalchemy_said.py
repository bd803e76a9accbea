"""What of a catalog does SQLAlchemy have words for, and what is said to PostgreSQL beside it?

A table is a model where `create_all` makes it exactly as it is: an ordinary table, whose defaults and checks need
nothing that needs a table itself. Whatever else there is, and what of a model SQLAlchemy would not say in the same way,
is DDL: before the tables, where it needs none of them, or after. The measure is the server's own definition: a key, an
index, a check is SQLAlchemy's only where the words it would write are those. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pgmason.catalog.clauses import key_clause
from pgmason.catalog.facets import grants_on
from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds import Kind, all_kinds
from pgmason.catalog.kinds.check import Check
from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.enum import Enum
from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.primary_key import PrimaryKey
from pgmason.catalog.kinds.sequence import Sequence
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.kinds.unique import Unique
from pgmason.catalog.model import Catalog
from pgmason.catalog.ordering import Making, Work, in_order
from pgmason.names import ObjectId

if TYPE_CHECKING:
    from psycopg.sql import Composable

__all__ = ["SEQUENCE_WORDS", "Said", "said_of"]

_AT_THE_END = frozenset(("publication", "subscription", "default privileges", "event trigger", "large object"))
_TABULAR = frozenset(("table", "view", "materialized view", "foreign table", "index", "sequence"))
_GREATEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
_SERIALS = {"smallint", "integer", "bigint"}
_LONGEST_NAME = 63
# The options of a sequence by the names that SQLAlchemy has for them.
SEQUENCE_WORDS = {
    "start": "start", "increment": "increment", "minimum": "minvalue", "maximum": "maxvalue", "cache": "cache",
    "cycle": "cycle",
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Said:
    """How a catalog is divided.

    `models` are the tables that SQLAlchemy makes, sorted; `members` the constraints and indexes that it makes with
    them; `enums` the types that it makes; `serials` the columns whose sequence comes by itself. `before` and `after`
    are the statements on both sides of its own.
    """

    models: list[ObjectId] = field(default_factory=list)
    members: set[ObjectId] = field(default_factory=set)
    enums: list[ObjectId] = field(default_factory=list)
    serials: set[ObjectId] = field(default_factory=set)
    before: list[Composable] = field(default_factory=list)
    after: list[Composable] = field(default_factory=list)


def said_of(catalog: Catalog) -> Said:
    """Divide a catalog. Raises Unsupported where no order of making it exists."""
    return _Division(catalog).said


class _Division:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._kinds: Mapping[str, Kind] = {kind.name: kind for kind in all_kinds()}
        self._dependents: dict[ObjectId, set[ObjectId]] = {}
        for dependent, needed in catalog.dependencies:
            self._dependents.setdefault(needed, set()).add(dependent)
        self._early: dict[ObjectId, bool] = {}
        self.said = Said()
        self._sequences: set[ObjectId] = set()
        for identity, state in catalog.tables:
            if self._is_model(identity, state):
                self.said.models.append(identity)
        self._models = set(self.said.models)
        for identity in self.said.models:
            self._members_of(identity)
        self.said.enums = [one for one, _ in catalog.of(Enum) if self._only_in_models(one)]
        for making in (making for _, _, making in in_order(catalog)):
            early = self._is_early(making.object) and making.work not in (Work.LATER, Work.FINISH)
            # made with the tables, so what is said of them comes after those
            early = early and making.object not in self.said.enums and making.object not in self._sequences
            stage = self.said.before if early else self.said.after
            stage += self._statements(making)
        self.said.after += self._strays()

    # --- which objects can be there before any table

    def _is_early(self, identity: ObjectId) -> bool:
        known = self._early.get(identity)
        if known is not None:
            return known
        self._early[identity] = True  # a circle without a table in it is early
        own = identity.kind not in _AT_THE_END and identity.kind not in ("table", "view", "materialized view", "index")
        own = own and identity.kind != "foreign table" and not (identity.is_member and self._on_relation(identity))
        state = self._catalog.objects.get(identity)
        owner = state.owned_by if isinstance(state, Sequence) else None  # OWNED BY is said when the table is there
        needs = (one for one in self._catalog.needs(identity) if one != identity and one.path != owner)
        early = own and all(self._is_early(needed) for needed in needs)
        self._early[identity] = early
        return early

    def _on_relation(self, identity: ObjectId) -> bool:
        return any(ObjectId(kind, identity.path[:2]) in self._catalog.objects for kind in _TABULAR)

    # --- which tables are models

    def _is_model(self, identity: ObjectId, table: Table) -> bool:
        plain = table.partition_of is None and not table.inherits and table.of_type is None and table.columns
        stored = table.access_method is None and table.tablespace is None and not table.options
        if not plain or not stored:
            return False
        columns = self._catalog.columns(identity)
        if not all(self._is_plain(column) for _, column in columns):
            return False
        parts = [identity, *(one for one, _ in columns), *(one for one, _ in self._inline(identity, table))]
        return all(self._is_there(needed, identity) for one in parts for needed in self._catalog.needs(one))

    def _is_plain(self, column: Column) -> bool:
        usual = column.not_null_name is None and column.not_null_local and not column.not_null_no_inherit
        return (
            usual
            and column.not_null_validated
            and column.identity_sequence is None
            and all(name in SEQUENCE_WORDS for name, _ in column.identity_options)
            and column.generated in (None, "stored")
            and column.local
            and not column.inherited
        )

    def _is_there(self, needed: ObjectId, table: ObjectId) -> bool:
        """Whether a part of the table finds this when the table is made."""
        if needed == table or needed.path[:2] == table.path or self._is_early(needed):
            return True
        state = self._catalog.objects.get(needed)
        return (isinstance(state, Index) and state.table == table.path) or needed not in self._catalog.objects

    def _inline(self, identity: ObjectId, table: Table) -> list[tuple[ObjectId, Any]]:
        """The keys and checks that CREATE TABLE would say; those of a partitioned table wait for its partitions."""
        primary = self._catalog.primary_key(identity)
        keys: list[tuple[ObjectId, Any]] = [*([primary] if primary else []), *self._catalog.uniques(identity)]
        made = self._kinds["table"].makes
        assert made is not None
        by_table = set(made(identity, table, self._catalog))
        return [(one, state) for one, state in (*keys, *self._catalog.checks(identity)) if one in by_table]

    # --- what of a model SQLAlchemy says itself

    def _members_of(self, identity: ObjectId) -> None:
        table = self._catalog.objects[identity]
        for one, state in self._inline(identity, table):
            if self._in_sqlalchemys_words(one, state):
                self.said.members.add(one)
        for one, column in self._catalog.columns(identity):
            if self._is_serial(one, column):
                self.said.serials.add(one)
        if table.partition_key is None:
            indexes = self._catalog.indexes(identity)
            self.said.members |= {one for one, index in indexes if self._is_sqlalchemys_index(one, index)}
        for one, key in self._catalog.foreign_keys(identity):
            if self._is_sqlalchemys_reference(one, key):
                self.said.members.add(one)

    def _in_sqlalchemys_words(self, identity: ObjectId, state: Any) -> bool:
        if isinstance(state, Check):
            whole = state.validated and state.enforced and not state.no_inherit and not state.inherited
            return whole and state.definition.startswith("CHECK (") and state.definition.endswith(")")
        index = self._catalog.objects.get(ObjectId("index", (identity.path[0], identity.path[2])))
        if index is None or index.options or not isinstance(state, (PrimaryKey, Unique)):
            return False
        word = "PRIMARY KEY" if isinstance(state, PrimaryKey) else "UNIQUE"
        return bool(state.definition == f"{word} ({_listed(state.columns)}){_deferral(state)}")

    def _is_serial(self, identity: ObjectId, column: Column) -> bool:
        """Whether `autoincrement` gives the column its sequence, as `serial` does."""
        primary = self._catalog.primary_key(identity.relation)
        name = f"{identity.path[1]}_{identity.own_name}_seq"
        sequence = ObjectId("sequence", (identity.path[0], name))
        state = self._catalog.objects.get(sequence)
        if not isinstance(state, Sequence) or primary is None or primary[0] not in self.said.members:
            return False
        usual = Sequence(
            type=column.type, start=1, increment=1, minimum=1, maximum=_GREATEST.get(column.type, 0), cache=1,
            cycle=False, owned_by=(identity.path[0], identity.path[1], identity.own_name),
        )  # fmt: skip
        words = f"nextval('{identifier(identity.path[0])}.{identifier(name)}'::regclass)"
        alone = self._dependents.get(sequence, set()) <= {identity, sequence}
        fits = (
            column.type in _SERIALS
            and state == usual
            and column.default == words
            and primary[1].columns == (identity.own_name,)
            and len(name.encode()) <= _LONGEST_NAME
            and alone
            and not any(identity.own_name in key.columns for _, key in self._catalog.foreign_keys(identity.relation))
        )
        if fits:
            self._sequences.add(sequence)
        return fits

    def _is_sqlalchemys_index(self, identity: ObjectId, index: Index) -> bool:
        if index.constraint is not None or index.partition_of is not None or not index.valid or index.options:
            return False
        if index.tablespace or index.statistics_targets or index.clustered or index.replica_identity:
            return False
        if any(column is None for column in index.key_columns) or index.nulls_not_distinct:
            return False
        if identity in self._catalog.overtaken or identity.path[0] != index.table[0]:
            return False
        needs = [n for n in self._catalog.needs(identity) if n.path[:2] != index.table and not self._is_early(n)]
        return not needs and index.definition == _index_words(identity, index)

    def _is_sqlalchemys_reference(self, identity: ObjectId, key: ForeignKey) -> bool:
        if ObjectId("table", key.references) not in self._models or not key.validated or not key.enforced:
            return False
        target = ObjectId("table", key.references)
        table = self._catalog.objects[target]
        inline = [one for one in self._inline(target, table) if self._in_sqlalchemys_words(*one)]
        columns = set(key.referenced_columns)
        relied_on = any(set(getattr(state, "columns", ())) == columns for one, state in inline if one.kind != "check")
        if table.partition_key is not None or not relied_on or key.period or key.on_delete_columns:
            return False
        if any(needed.kind == "index" and self._catalog.objects[needed].constraint is None
               for needed in self._catalog.needs(identity) if needed in self._catalog.objects):  # fmt: skip
            return False
        words = f"FOREIGN KEY ({_listed(key.columns)}) REFERENCES {_named(key.references)}"
        words += f"({_listed(key.referenced_columns)})"
        words += "" if key.match == "SIMPLE" else f" MATCH {key.match}"
        words += "" if key.on_update == "NO ACTION" else f" ON UPDATE {key.on_update}"
        words += "" if key.on_delete == "NO ACTION" else f" ON DELETE {key.on_delete}"
        return key.definition == words + _deferral(key)

    def _only_in_models(self, enum: ObjectId) -> bool:
        """Whether nothing needs the type before the tables: its own users are columns of models and what is after."""
        if not self._catalog.objects[enum].labels:
            return False
        users = self._dependents.get(enum, set()) - {enum}
        return all(not self._is_early(one) for one in users) and any(
            one.kind == "column" and ObjectId("table", one.path[:2]) in self._models for one in users
        )

    # --- statements

    def _statements(self, making: Making) -> Iterator[Composable]:
        identity, work = making.object, making.work
        kind, state = self._kinds[identity.kind], self._catalog.objects[identity]
        ours = identity in self._models or identity in self.said.members or identity in self._sequences
        ours = ours or identity in self.said.enums
        if work is Work.WHOLE or work is Work.BEGIN:
            if identity in self._models:
                yield from self._beside_model(identity, state)
            elif not ours and work is Work.BEGIN and kind.shell is not None:
                yield from kind.shell.begin(identity, state, self._catalog)
            elif not ours and kind.create is not None:
                yield from kind.create(identity, state, self._catalog)
            if work is Work.WHOLE and not self._is_finished_later(identity):
                yield from self._owner(identity, state)
        elif work is Work.COMPLETE and kind.shell is not None:
            if identity not in self._models:
                yield from kind.shell.complete(identity, state, self._catalog)
            yield from self._owner(identity, state)
        elif work is Work.LATER and kind.later is not None and identity not in self._sequences:
            yield list(kind.later(identity, state, self._catalog))[making.number][1]
        elif work is Work.FINISH and kind.finish is not None:
            yield from kind.finish(identity, state, self._catalog)
            if self._is_finished_later(identity):
                yield from self._owner(identity, state)
                for one in self._with_columns(identity):
                    yield from grants_on(one, self._catalog)
        elif work is Work.TELL:
            for one in self._with_columns(identity):
                yield from self._comment(one)
                yield from () if self._is_finished_later(identity) else grants_on(one, self._catalog)

    def _is_finished_later(self, identity: ObjectId) -> bool:
        """Whether its owner is set at the end: a materialized view is filled with the rights of its owner."""
        finish, state = self._kinds[identity.kind].finish, self._catalog.objects[identity]
        return finish is not None and any(True for _ in finish(identity, state, self._catalog))

    def _beside_model(self, identity: ObjectId, table: Table) -> Iterator[Composable]:
        """What of the table CREATE TABLE does not say, and the keys and checks that SQLAlchemy has no words for."""
        from psycopg.sql import SQL, Identifier

        create = self._kinds["table"].create
        assert create is not None
        _, *beside = create(identity, table, self._catalog)
        yield from beside
        for one, state in self._inline(identity, table):
            if one not in self.said.members:
                words = (
                    SQL("CONSTRAINT {} {}").format(Identifier(one.own_name), SQL(state.definition))
                    if isinstance(state, Check)
                    else key_clause(one, state, self._catalog)
                )
                yield SQL("ALTER TABLE {} ADD {}").format(Identifier(*identity.path), words)

    def _owner(self, identity: ObjectId, state: Any) -> Iterator[Composable]:
        from psycopg.sql import SQL, Identifier

        if identity in self._sequences:
            return  # its table's owner is its owner
        owner, address = self._catalog.owners.get(identity), self._kinds[identity.kind].address
        if owner is not None and address is not None:
            yield SQL("ALTER {} OWNER TO {}").format(address(identity, state), Identifier(owner))

    def _with_columns(self, identity: ObjectId) -> list[ObjectId]:
        """The object, then the columns of a view or type that comments or grants stand on."""
        if identity.kind in ("column", "table"):
            return [identity]
        told = {*self._catalog.comments, *self._catalog.grants}
        columns = [one for one in told if one.kind == "column" and one not in self._catalog.objects]
        return [identity, *sorted(one for one in columns if one.path[:2] == identity.path)]

    def _comment(self, identity: ObjectId) -> Iterator[Composable]:
        from psycopg.sql import SQL, Identifier, Literal

        text = self._catalog.comments.get(identity)
        table = ObjectId("table", identity.path[:2])
        if text is None or (identity.kind in ("table", "column") and table in self._models):
            return
        address = self._kinds[identity.kind].address
        state = self._catalog.objects.get(identity)
        named = address(identity, state) if address is not None and state is not None else None
        if named is None:
            named = SQL("COLUMN {}" if identity.kind == "column" else "SEQUENCE {}").format(Identifier(*identity.path))
        yield SQL("COMMENT ON {} IS {}").format(named, Literal(text))

    def _strays(self) -> Iterator[Composable]:
        """Comments and grants on what is no object of the catalog: the sequence behind an identity column."""
        relations = {one.path[:2] for one in self._catalog.objects if not one.is_member}
        for identity in sorted({*self._catalog.comments, *self._catalog.grants}):
            if identity in self._catalog.objects or (identity.kind == "column" and identity.path[:2] in relations):
                continue
            yield from self._comment(identity)
            yield from grants_on(identity, self._catalog)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(identifier(name) for name in names)


def _named(path: tuple[str, str]) -> str:
    return ".".join(identifier(part) for part in path)


def _deferral(state: Any) -> str:
    return (" DEFERRABLE" if state.deferrable else "") + (" INITIALLY DEFERRED" if state.deferred else "")


def _index_words(identity: ObjectId, index: Index) -> str:
    """What pg_get_indexdef says of an index over plain columns with nothing unusual."""
    words = f"CREATE {'UNIQUE ' if index.unique else ''}INDEX {identifier(identity.own_name)} ON {_named(index.table)}"
    words += f" USING {index.method} ({_listed(tuple(name or '' for name in index.key_columns))})"
    words += f" INCLUDE ({_listed(index.include)})" if index.include else ""
    return words + (f" WHERE {index.predicate}" if index.predicate is not None else "")
