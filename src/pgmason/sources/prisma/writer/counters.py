"""Which columns count by themselves, so that `@default(autoincrement())` stands for what they have?

Prisma makes a sequence that the column owns (`serial`); it sees no difference to an identity column, and none to a
sequence by another name or of nobody's. What of it will be another one is told. Pure but for the parser of SQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds.column import Column, chosen_name
from pgmason.catalog.kinds.sequence import Sequence, unusual_options
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId
from pgmason.sources.prisma.writer.column_types import ColumnType
from pgmason.statements.expressions import Call, read_expression

__all__ = ["Counter", "counters_of", "sequences_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A column that counts: the sequence that it counts by, where there is one, and what `serial` would not be."""

    sequence: ObjectId | None
    beyond: str


def counters_of(
    catalog: Catalog, table: ObjectId, types: Mapping[str, ColumnType], sequences: Mapping[str, ObjectId]
) -> Iterator[tuple[tuple[str, ...], Counter]]:
    """The counting columns of a table by their paths. `sequences` are those of the catalog by `sequences_of`."""
    for identity, column in catalog.columns(table):
        if types[identity.own_name].scalar in ("Int", "BigInt") and not types[identity.own_name].is_list:
            counter = _counter(catalog, identity, column, sequences)
            if counter is not None:
                yield identity.path, counter


def sequences_of(catalog: Catalog) -> dict[str, ObjectId]:
    """Every sequence by its name as the argument of nextval prints it."""
    return {".".join(map(identifier, one.path)): one for one, _ in catalog.of(Sequence)}


def _counter(catalog: Catalog, column: ObjectId, state: Column, sequences: Mapping[str, ObjectId]) -> Counter | None:
    if state.identity is not None:
        return Counter(sequence=None, beyond=f"GENERATED {state.identity.upper()} AS IDENTITY")
    said = read_expression(state.default) if state.default and "nextval" in state.default else None
    if not isinstance(said, Call) or said.name != "nextval" or said.text is None:
        return None
    identity = sequences.get(said.text)
    if identity is None:
        return Counter(sequence=None, beyond=f"counts by {said.text}")
    sequence: Sequence = catalog.objects[identity]
    usual = sequence.owned_by == column.path and identity.path == (column.path[0], chosen_name(column, "seq"))
    if usual and state.not_null and _as_serial(sequence, state):
        return Counter(sequence=identity, beyond="")
    nullable = "" if state.not_null else ", and may be NULL"
    return Counter(sequence=identity, beyond=f"counts by {identity.name}{nullable}")


def _as_serial(sequence: Sequence, state: Column) -> bool:
    """Whether the sequence is as `serial` makes it: of the column's type, with no option."""
    return sequence.type == state.type and not unusual_options(
        sequence.type,
        start=sequence.start,
        increment=sequence.increment,
        minimum=sequence.minimum,
        maximum=sequence.maximum,
        cache=sequence.cache,
        cycle=sequence.cycle,
    )
