"""A generated key that its column or its sequence will outgrow stops every INSERT on that day.

A `smallint` counts to 32,767 and an `integer` to 2,147,483,647, numbers of failed and rolled back inserts included.
Widening a column of a large table rewrites it under ACCESS EXCLUSIVE, and whoever widened the column alone still
waits for the same day: the sequence that `serial` made keeps its own maximum.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.column import Column, chosen_name
from pgmason.catalog.kinds.sequence import Sequence
from pgmason.catalog.model import Catalog
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId, quoted
from pgmason.rules.enumerating import counted, some
from pgmason.rules.fixes import LOCK_TIMEOUT, identifier, lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.sizes import figures_of
from pgmason.rules.tables import judged_tables

__all__ = ["KeyNearCapacity"]

_NEAR = 0.5  # of its numbers used: widening a large key takes weeks from the plan to the last reader
_LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


class KeyNearCapacity(SchemaRule):
    severity = Severity.RISK
    title = "A generated key with little room: of smallint, or wider than the sequence that counts it."
    effect = "When the numbers are used up every INSERT fails until the column and all that refer to it are widened."
    bad = "CREATE TABLE device (\n  id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n  name text NOT NULL\n);\n"
    good = "CREATE TABLE device (\n  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n  name text NOT NULL\n);\n"
    cannot_see = (
        "How many numbers are used, but by production's figures: a schema holds no rows. Without figures keys of"
        " integer are told once, as a note, and not table by table; `pgmason check --stats FILE` tells of each that has"
        " used half of its numbers. Keys that the application counts itself are not seen."
    )
    brief = "Proper types: a key has room for every row to come."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        bounded: list[str] = []
        for table, _ in judged_tables(catalog):
            for column, state in catalog.columns(table):
                generator = _sequence(catalog, column)
                if state.type not in _LARGEST or (state.identity is None and generator is None):
                    continue
                identity, sequence = generator or (None, None)
                if sequence is not None and sequence.cycle:
                    continue  # its numbers come again on purpose
                used = _used(schema, column, state, identity)
                if state.type == "smallint":
                    yield self._smallint(schema, column, used)
                elif used is not None and state.type == "integer":
                    if used >= _LARGEST["integer"] * _NEAR:
                        yield self._half_used(schema, column, used)
                elif identity is not None and sequence is not None and _is_short(state, sequence):
                    yield self._sequence_ends(schema, column, identity, sequence)
                elif state.type == "integer" and _is_key(catalog, table, column.own_name):
                    bounded.append(column.name)
        if bounded:
            yield self.finding(
                schema,
                None,
                severity=Severity.NOTE,
                detail="integer keys",
                message=f"{counted(len(bounded), 'generated key')} of integer, which ends at {_LARGEST['integer']:,}:"
                f" {some(bounded)}",
                fix="-- how near they are: pgmason stats capture --to FILE, then pgmason check --stats FILE",
            )

    def _smallint(self, schema: SchemaInput, column: ObjectId, used: int | None) -> Finding:
        change = f"ALTER COLUMN {identifier(column.own_name)} TYPE bigint"
        so_far = f"; {used:,} are used" if used is not None else ""
        return self.finding(
            schema,
            column,
            severity=Severity.NOTE if used is not None and used < _LARGEST["smallint"] * _NEAR else None,
            message=f"{column.name} is a generated smallint: it ends at {_LARGEST['smallint']:,}{so_far}",
            fix=lines(
                "-- rewrites the table under ACCESS EXCLUSIVE; columns that refer to it follow",
                LOCK_TIMEOUT,
                f"ALTER TABLE {qualified(column.relation.path)} {change};",
                *_widened(schema.catalog, column),
            ),
        )

    def _half_used(self, schema: SchemaInput, column: ObjectId, used: int) -> Finding:
        largest = _LARGEST["integer"]
        return self.finding(
            schema,
            column,
            message=f"{column.name} is a generated integer that has used {used / largest:.0%} of its numbers:"
            f" {used:,} of {largest:,}",
            fix="-- a bigint column beside it, kept equal by a trigger and filled in batches, takes its place, and that"
            "\n-- of every column that refers to it; ALTER COLUMN TYPE would rewrite the table while nobody can use it",
        )

    def _sequence_ends(self, schema: SchemaInput, column: ObjectId, identity: ObjectId, sequence: Sequence) -> Finding:
        name = quoted(identity.own_name)
        return self.finding(
            schema,
            column,
            message=f"{column.name} is bigint, but its sequence {name} ends at {sequence.maximum:,}",
            effect="Every INSERT fails when the sequence is used up, though the column has room.",
            fix=f"ALTER SEQUENCE {qualified(identity.path)} AS bigint;",
        )


def _sequence(catalog: Catalog, column: ObjectId) -> tuple[ObjectId, Sequence] | None:
    """The one sequence that a column's default counts with."""
    found = [(one, catalog.objects[one]) for one in catalog.needs(column) if one.kind == "sequence"]
    states = [(one, state) for one, state in found if isinstance(state, Sequence)]
    return states[0] if len(states) == 1 else None


def _used(schema: SchemaInput, column: ObjectId, state: Column, sequence: ObjectId | None) -> int | None:
    """How many numbers production has used at least: what its sequence gave out, or its rows; None: nobody knows."""
    if schema.statistics is None:
        return None
    figures = figures_of(schema.statistics, column.relation)
    if sequence is not None:
        named = (sequence.path[0], sequence.path[1])
    else:
        named = state.identity_sequence or (column.path[0], chosen_name(column, "seq"))
    last = schema.statistics.sequences.get(named)
    known = [one for one in (last, figures.rows if figures is not None else None) if one is not None]
    return max(known, default=None)


def _is_short(column: Column, sequence: Sequence) -> bool:
    """Whether a sequence that counts up is of a narrower type than its column; a maximum of its own is chosen."""
    if column.type != "bigint" or sequence.increment < 0:
        return False
    return sequence.type != "bigint" and sequence.maximum == _LARGEST[sequence.type]


def _is_key(catalog: Catalog, table: ObjectId, column: str) -> bool:
    key = catalog.primary_key(table)
    return key is not None and key[1].columns == (column,)


def _widened(catalog: Catalog, column: ObjectId) -> list[str]:
    """An identity column's sequence follows its type; that of a default does not."""
    generator = _sequence(catalog, column)
    return [f"ALTER SEQUENCE {qualified(generator[0].path)} AS bigint;"] if generator else []
