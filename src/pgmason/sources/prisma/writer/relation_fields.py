"""Which relations do the foreign keys and join tables of a catalog make, and what are their fields called?

Of a key over `author_id` the field is `author`, and `posts` on the other side; where several relations join the same
two models, each has a name and its other end says by what: `postsByEditor`. A table that is nothing but the join
table of a many-to-many relation, as Prisma makes it, is one. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId
from pgmason.sources.prisma.meaning import ACTIONS
from pgmason.sources.prisma.naming import foreign_key_name, join_index_name, join_key_name
from pgmason.sources.prisma.writer.column_types import ColumnType, text_literal
from pgmason.sources.prisma.writer.draft import Beyond, DraftAttribute, DraftField
from pgmason.sources.prisma.writer.words import Taken, field_name, plural

__all__ = ["Known", "Side", "is_join_table", "relation_fields", "relation_key"]

_ACTION = {sql: name for name, sql in ACTIONS.items()}
_SUFFIXES = ("_id", "_uuid", "_fk", "_key", "Id", "ID", "Uuid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The names that a relation has in an existing file: of itself, of the field that refers, of the one referred by.

    Of a many-to-many relation the first is the field that holds the B side: it stands in the model of A.
    """

    name: str | None
    first: str
    second: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A table as one end of relations: its model, its fields and their types by column, what can be referred to."""

    model: str
    names: Mapping[str, str]
    types: Mapping[str, ColumnType]
    not_null: frozenset[str]
    unique: frozenset[tuple[str, ...]]
    ignored: bool


@dataclass(slots=True)
class _Relation:
    """One relation. `key` as `relation_key`; `constraint` names the foreign key."""

    key: tuple[str, ...]
    constraint: str
    child: tuple[str, ...]
    parent: tuple[str, ...]
    foreign: ForeignKey | None
    known: Known | None = None


def relation_key(
    child: tuple[str, ...], columns: Iterable[str], parent: tuple[str, ...], number: int = 0
) -> tuple[str, ...]:
    """What tells a foreign key apart, whatever its name: its columns and where they lead; `number` of several alike.

    A many-to-many relation is told by the path of its join table.
    """
    return (*child, *columns, "->", *parent, *([str(number)] if number else []))


def is_join_table(catalog: Catalog, table: ObjectId, sides: Mapping[tuple[str, ...], Side], *, by_key: bool) -> bool:
    """Whether a table is what Prisma makes for a many-to-many relation without a model.

    `by_key`: its columns are its primary key, as since Prisma 6; before, a unique index. `sides` are the models.
    """
    name = table.own_name
    columns = catalog.columns(table)
    if not name.startswith("_") or len(name) < 2 or [one.own_name for one, _ in columns] != ["A", "B"]:
        return False
    if any(column.default is not None or column.identity or not column.not_null for _, column in columns):
        return False
    keys = {key.columns: (identity, key) for identity, key in catalog.foreign_keys(table)}
    if set(keys) != {("A",), ("B",)}:
        return False
    ends = []
    for (column,), (_, key) in sorted(keys.items()):
        target = ObjectId("table", key.references)
        primary = catalog.primary_key(target)
        if target.path not in sides or primary is None or primary[1].columns != key.referenced_columns:
            return False
        if len(primary[1].columns) != 1 or (key.on_delete, key.on_update) != ("CASCADE", "CASCADE"):
            return False
        referred = catalog.objects[ObjectId("column", (*target.path, key.referenced_columns[0]))]
        if catalog.objects[ObjectId("column", (*table.path, column))].type != referred.type:
            return False
        ends.append(sides[target.path].model)
    indexes = {identity.own_name: index for identity, index in catalog.indexes(table)}
    first = join_key_name(name, "_AB_pkey" if by_key else "_AB_unique")
    if set(indexes) != {first, join_index_name(name)} or (catalog.primary_key(table) is not None) != by_key:
        return False
    over = (indexes[first].key_columns, indexes[join_index_name(name)].key_columns)
    return over == (("A", "B"), ("B",)) and ends[0] <= ends[1] and not any(side.ignored for side in sides.values())


def relation_fields(
    catalog: Catalog,
    sides: Mapping[tuple[str, ...], Side],
    joins: Iterable[ObjectId],
    known: Mapping[tuple[str, ...], Known],
    taken: Mapping[tuple[str, ...], Taken],
    *,
    foreign_keys: bool = True,
) -> tuple[dict[tuple[str, ...], list[DraftField]], list[Beyond]]:
    """The relation fields of each table by its path, those that refer first, and the keys that cannot be said.

    `joins` are the join tables, `known` the names of relations in an existing file, `taken` the names in each model.
    `foreign_keys` is False where the language is told to pass them over (relationMode = "prisma").
    """
    beyond: list[Beyond] = []
    relations = [*(_by_keys(catalog, sides, beyond) if foreign_keys else ()), *_by_joins(catalog, joins)]
    for relation in relations:
        relation.known = known.get(relation.key)
    pairs: dict[frozenset[tuple[str, ...]], int] = {}
    for relation in relations:
        pair = frozenset((relation.child, relation.parent))
        pairs[pair] = pairs.get(pair, 0) + 1
    used = Taken(one.known.name for one in relations if one.known is not None and one.known.name)
    forward: dict[tuple[str, ...], list[DraftField]] = {path: [] for path in sides}
    backward: dict[tuple[str, ...], list[DraftField]] = {path: [] for path in sides}
    for relation in relations:
        pair = frozenset((relation.child, relation.parent))
        several = pairs[pair] > 1 or len(pair) == 1
        if relation.foreign is not None:
            first, second = _one_to_many(relation, relation.foreign, sides, taken, used, several=several)
        else:
            first, second = _many_to_many(relation, sides, taken, used, several=several)
        forward[relation.child].append(first)
        backward[relation.parent].append(second)
    return {path: forward[path] + backward[path] for path in sides}, beyond


def _by_keys(catalog: Catalog, sides: Mapping[tuple[str, ...], Side], beyond: list[Beyond]) -> Iterator[_Relation]:
    for path, side in sides.items():
        table = ObjectId("table", path)
        alike: dict[tuple[tuple[str, ...], tuple[str, ...]], int] = {}
        for identity, key in catalog.foreign_keys(table):
            why = _unsaid(key, side, sides)
            if why:
                beyond.append(Beyond(table.name, f"foreign key {identity.own_name}: {why}"))
                continue
            beyond += [
                Beyond(table.name, f"foreign key {identity.own_name}: {what}", "the rest of it is said")
                for what in _lost(key)
            ]
            number = alike.get((key.columns, key.references), 0)
            alike[key.columns, key.references] = number + 1
            yield _Relation(
                key=relation_key(path, key.columns, key.references, number),
                constraint=identity.own_name,
                child=path,
                parent=key.references,
                foreign=key,
            )


def _by_joins(catalog: Catalog, joins: Iterable[ObjectId]) -> Iterator[_Relation]:
    for table in joins:
        ends = {key.columns: key.references for _, key in catalog.foreign_keys(table)}
        yield _Relation(key=table.path, constraint="", child=ends[("A",)], parent=ends[("B",)], foreign=None)


def _unsaid(key: ForeignKey, side: Side, sides: Mapping[tuple[str, ...], Side]) -> str:
    """Why a foreign key cannot be said at all, "" where it can."""
    other = sides.get(key.references)
    if other is None:
        return f"refers to {'.'.join(key.references)}, which is no model"
    if not any(set(columns) == set(key.referenced_columns) for columns in other.unique):
        return "refers to a key that cannot be said"
    for column, referred in zip(key.columns, key.referenced_columns, strict=True):
        one, another = side.types[column], other.types[referred]
        if not one.supported or not another.supported:
            return f"over {column}, whose type is beyond Prisma"
        if one.name != another.name or one.is_list:
            return f"{column} is {one.name} and refers to {another.name}"
    return ""


def _lost(key: ForeignKey) -> Iterator[str]:
    if key.deferrable:
        yield "DEFERRABLE INITIALLY DEFERRED" if key.deferred else "DEFERRABLE"
    if key.match != "SIMPLE":
        yield f"MATCH {key.match}"
    if key.on_delete_columns:
        yield f"ON DELETE {key.on_delete} of some columns only"
    if not key.validated:
        yield "NOT VALID"
    if not key.enforced:
        yield "NOT ENFORCED"


def _wishes(key: ForeignKey, sides: Mapping[tuple[str, ...], Side], *, several: bool) -> list[str]:
    """What the field that refers is best called: by the ending that its columns lack, or by the model referred to.

    `author_id` is author; `sender_first` and `sender_last` are sender; of (tenant_id, author_id), the first of which
    is tenant_id there too, only the second counts; `boss`, a reference without an ending, is person, or bossPerson
    where several relations lead there.
    """
    parent = sides[key.references].model
    pairs = zip(key.columns, key.referenced_columns, strict=True)
    columns = [column for column, there in pairs if column != there] or list(key.columns)
    if len(columns) > 1:
        return [field_name(_shared(columns)) if _shared(columns) else field_name(parent)]
    column = columns[0]
    for suffix in _SUFFIXES:
        if column.endswith(suffix) and len(column) > len(suffix):
            return [field_name(column.removesuffix(suffix))]
    own = f"{field_name(column)}{parent}"
    return [own] if several else [field_name(parent), own]


def _shared(columns: list[str]) -> str:
    """The words that all of these names begin with."""
    shared = []
    for words in zip(*(column.split("_") for column in columns), strict=False):
        if len(set(words)) > 1:
            break
        shared.append(words[0])
    return "_".join(shared)


def _one_to_many(
    relation: _Relation,
    key: ForeignKey,
    sides: Mapping[tuple[str, ...], Side],
    taken: Mapping[tuple[str, ...], Taken],
    used: Taken,
    *,
    several: bool,
) -> tuple[DraftField, DraftField]:
    child, parent, known = sides[relation.child], sides[relation.parent], relation.known
    wishes = _wishes(key, sides, several=several)
    wishes += [f"{wishes[0]}{parent.model}", f"{wishes[0]}Relation"]
    name = taken[relation.child].take(known.first) if known else taken[relation.child].free(*wishes)
    optional = not set(key.columns) <= child.not_null
    one = key.columns in child.unique  # in that order, says Prisma
    base = field_name(child.model) if one else plural(field_name(child.model))
    by = f"{base}By{_capital(name)}"
    others = [by] if several else [base, by]
    other = taken[relation.parent].take(known.second) if known else taken[relation.parent].free(*others)
    title = known.name if known else used.free(f"{child.model}{_capital(name)}") if several else None
    attribute = DraftAttribute("@relation", ", ".join(_arguments(relation, key, child, parent, title, optional)))
    ignored = (DraftAttribute("@ignore"),) if child.ignored and not parent.ignored else ()
    named = (DraftAttribute("@relation", text_literal(title)),) if title else ()
    first = DraftField(
        name=name, type=parent.model + ("?" if optional else ""), attributes=(attribute,), key=(*relation.key, "to")
    )
    second = DraftField(
        name=other,
        type=child.model + ("?" if one else "[]"),
        attributes=(*named, *ignored),
        key=(*relation.key, "from"),
    )
    return first, second


def _arguments(
    relation: _Relation, key: ForeignKey, child: Side, parent: Side, title: str | None, optional: bool
) -> Iterator[str]:
    if title:
        yield text_literal(title)
    yield f"fields: [{', '.join(child.names[column] for column in key.columns)}]"
    yield f"references: [{', '.join(parent.names[column] for column in key.referenced_columns)}]"
    mixed = optional and bool(set(key.columns) & child.not_null)
    if mixed or key.on_delete != ("SET NULL" if optional else "RESTRICT"):
        yield f"onDelete: {_ACTION[key.on_delete]}"
    if key.on_update != "CASCADE":
        yield f"onUpdate: {_ACTION[key.on_update]}"
    if relation.constraint != foreign_key_name(relation.child[1], key.columns):
        yield f"map: {text_literal(relation.constraint)}"


def _many_to_many(
    relation: _Relation,
    sides: Mapping[tuple[str, ...], Side],
    taken: Mapping[tuple[str, ...], Taken],
    used: Taken,
    *,
    several: bool,
) -> tuple[DraftField, DraftField]:
    a, b, known = sides[relation.child], sides[relation.parent], relation.known
    own = relation.key[1].removeprefix("_")
    title = own if several or own != f"{a.model}To{b.model}" else None
    if title and not known:
        used.take(title)
    by = _capital(field_name(own))
    wishes_a = [f"{plural(field_name(b.model))}{suffix}" for suffix in (["", f"By{by}"] if title else [""])]
    wishes_b = [f"{plural(field_name(a.model))}{suffix}" for suffix in (["", f"By{by}"] if title else [""])]
    if relation.child == relation.parent:
        wishes_a, wishes_b = [f"{field_name(own)}A"], [f"{field_name(own)}B"]
    first = taken[relation.child].take(known.first) if known else taken[relation.child].free(*wishes_a)
    second = taken[relation.parent].take(known.second) if known else taken[relation.parent].free(*wishes_b)
    named = (DraftAttribute("@relation", text_literal(title)),) if title else ()
    return (
        DraftField(name=first, type=f"{b.model}[]", attributes=named, key=(*relation.key, "to")),
        DraftField(name=second, type=f"{a.model}[]", attributes=named, key=(*relation.key, "from")),
    )


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
