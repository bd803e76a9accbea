"""An index that another one makes unnecessary is written on every INSERT and answers no query.

Two equal indexes are the usual leftovers of an ORM and a hand-written migration. An index on (a) beside one on
(a, b) is the other kind: whatever looks rows up by `a` can use the longer one. Each costs time in every write, WAL,
memory that useful pages could have, and work for vacuum.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.table import Table
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId, quoted
from pgmason.rules.fixes import CONCURRENTLY_NOTE, LOCK_TIMEOUT, lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.sizes import index_cost
from pgmason.rules.tables import is_ledger

__all__ = ["DuplicateOrRedundantIndex"]

_Named = tuple[ObjectId, Index]

_TABLE = """\
CREATE TABLE booking (
  id uuid PRIMARY KEY,
  room_id uuid NOT NULL,
  starts_at timestamptz NOT NULL
);
CREATE INDEX booking_room_id_starts_at_idx ON booking (room_id, starts_at);
"""


class DuplicateOrRedundantIndex(SchemaRule):
    severity = Severity.RISK
    title = "An index that another index makes unnecessary."
    effect = "Every INSERT and most UPDATEs write it, vacuum cleans it, memory holds it; no query needs it."
    bad = _TABLE + "CREATE INDEX booking_room_id_idx ON booking (room_id);\n"
    good = _TABLE + "CREATE INDEX booking_starts_at_idx ON booking (starts_at);\n"
    cannot_see = (
        "How the two are used: a short index is smaller than the longer one that replaces it, and a query that counts"
        " on that may be slower; pg_stat_user_indexes in production tells. An index that serves a constraint, or is"
        " unique where the other is not, is never called redundant; nor are two that differ only in direction (DESC)."
    )
    brief = "Proper indexes, each with its rationale."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        by_table: dict[tuple[str, str], list[_Named]] = {}
        for identity, index in catalog.of(Index):
            by_table.setdefault(index.table, []).append((identity, index))
        # A foreign key may rest on a unique index that is no constraint.
        needed = frozenset(on for _, on in catalog.dependencies if on.kind == "index")
        for path, indexes in sorted(by_table.items()):
            table = ObjectId("table", path)
            state = catalog.objects.get(table)
            if isinstance(state, Table) and is_ledger(table, state):
                continue
            partitioned = isinstance(state, Table) and state.partition_key is not None
            pinned = {
                identity
                for identity, index in indexes
                if index.constraint is not None
                or index.partition_of is not None
                or identity in needed
                or index.replica_identity
                or (not index.valid and partitioned)  # made ON ONLY: its partitions' are yet to be attached
            }
            replaced = {
                dropped[0]: [keeper for keeper in indexes if _replaces(keeper, dropped, pinned)] for dropped in indexes
            }
            for dropped in indexes:
                # Whatever replaces a replacement replaces this one too, so one that stays is always among them.
                keepers = [keeper for keeper in replaced[dropped[0]] if not replaced[keeper[0]]]
                if keepers:
                    keeper = min(keepers, key=lambda item: _rank(item, pinned))
                    yield self._finding(schema, dropped, keeper, partitioned=partitioned)

    def _finding(self, schema: SchemaInput, dropped: _Named, keeper: _Named, *, partitioned: bool) -> Finding:
        (identity, index), (kept, other) = dropped, keeper
        table, keys, name = ".".join(map(quoted, index.table)), ", ".join(index.keys), quoted(kept.own_name)
        if index.keys == other.keys:
            message = f"{identity.name} repeats {name}: both index {table} by ({keys})"
        else:
            message = f"{identity.name} on {table} ({keys}) is the beginning of {name} ({', '.join(other.keys)})"
        if partitioned:
            # DROP INDEX CONCURRENTLY is refused for the index of a partitioned table (manual, DROP INDEX).
            fix = lines(LOCK_TIMEOUT, f"DROP INDEX {qualified(identity.path)};")
        else:
            fix = lines(CONCURRENTLY_NOTE, f"DROP INDEX CONCURRENTLY {qualified(identity.path)};")
        weighed = index_cost(schema.statistics, identity, ObjectId("table", index.table), self.severity)
        return self.finding(schema, identity, message=message, fix=fix, weighed=weighed)


def _replaces(keeper: _Named, dropped: _Named, pinned: Set[ObjectId]) -> bool:
    """Whether `dropped` can go while `keeper` stays. Never true both ways: of equals the one of better rank stays."""
    if keeper[0] == dropped[0] or dropped[0] in pinned or not _does_all_of(keeper[1], dropped[1]):
        return False
    equal = keeper[0] not in pinned and _does_all_of(dropped[1], keeper[1])
    return not equal or _rank(keeper, pinned) < _rank(dropped, pinned)


def _does_all_of(other: Index, index: Index) -> bool:
    """Whether `other` answers every query that `index` does, and holds rows to every promise that it does."""
    length = len(index.keys)
    return (
        other.valid
        and (other.method, other.predicate) == (index.method, index.predicate)
        and (other.keys[:length], other.operators[:length]) == (index.keys, index.operators)
        and (len(other.keys) == length or (index.method == "btree" and not index.unique))
        and (not index.unique or (other.unique and other.nulls_not_distinct == index.nulls_not_distinct))
        and {*other.include, *other.key_columns}.issuperset(index.include)
    )


def _rank(item: _Named, pinned: Set[ObjectId]) -> tuple[bool, bool, bool, int, tuple[str, ...]]:
    """Of several that would do, the first stays: a constraint's, a pinned one, a unique one, the shortest, by name."""
    identity, index = item
    return (index.constraint is None, identity not in pinned, not index.unique, len(index.keys), identity.path)
