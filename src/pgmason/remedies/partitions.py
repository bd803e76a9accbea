"""How does a partitioned table that is in use get a partition, and lose one?

What PostgreSQL would read under a lock is proven beforehand by a CHECK, added NOT VALID and validated while everybody
works: ATTACH then reads nothing, nor does a new partition read the default one (PostgreSQL manual, ALTER TABLE, notes
on ATTACH PARTITION). The condition is put together from the server's own words of key and bound; where the key is of
several columns, an expression or NULL is among its values, there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId
from pgmason.remedies import File, Remedy, alone, together
from pgmason.remedies.indexes import qualified

__all__ = [
    "attached_by_check",
    "beside_the_default",
    "can_be_made_alike",
    "conditions",
    "detached_concurrently",
    "left_check",
    "made_then_attached",
]

_LONGEST_NAME = 63  # bytes: NAMEDATALEN - 1


def conditions(catalog: Catalog, parent: ObjectId, bound: str) -> tuple[str, str] | None:
    """What every row of a partition with this bound keeps, and what every other row keeps; None where they are not put
    together here."""
    found = _limits(catalog, parent, bound)
    if found is None:
        return None
    column, values, lower, upper = found
    if values is not None:
        return f"{column} IS NOT NULL AND {column} IN ({values})", f"{column} IS NULL OR {column} NOT IN ({values})"
    limits = [(f"{column} >= {lower}", f"{column} < {lower}")] if lower else []
    limits += [(f"{column} < {upper}", f"{column} >= {upper}")] if upper else []
    within = [f"{column} IS NOT NULL", *(one for one, _ in limits)]
    beyond = [f"{column} IS NULL", *(other for _, other in limits)]
    return " AND ".join(within), " OR ".join(beyond)


def attached_by_check(
    parent: ObjectId, partition: ObjectId, bound: str, condition: str, *, default: tuple[ObjectId, str] | None = None
) -> Remedy:
    """ATTACH of a table that a validated CHECK is known to fit; of a `default` partition beside it, with the condition
    that it keeps, another CHECK says that it has none of its rows."""
    checks = [_Proof(partition, _check_name(partition, "fits"), condition)]
    if default is not None:
        other, kept = default
        checks.append(_Proof(other, _check_name(other, "has_none"), kept))
    name, table = qualified(parent.path), qualified(partition.path)
    attached = together(
        f"ALTER TABLE {name} ATTACH PARTITION {table} {bound}",
        *(check.drop for check in checks),
        undo=(f"ALTER TABLE {name} DETACH PARTITION {table}", *(check.add for check in checks)),
    )
    return Remedy(files=(*chain.from_iterable(check.files for check in checks), attached), equivalent=True)


def beside_the_default(default: ObjectId, condition: str, *statements: str, undo: str) -> Remedy:
    """The statements that bring the new partition, after a validated CHECK says that the default has none of its
    rows. Rows that it has must be moved first: VALIDATE fails on them. `undo` takes the partition away again."""
    check = _Proof(default, _check_name(default, "has_none"), condition)
    brought = together(*statements, check.drop, undo=(undo, check.add))
    return Remedy(files=(*check.files, brought), equivalent=True)


@dataclass(frozen=True, slots=True)
class _Proof:
    """A CHECK that stands for a while, so that PostgreSQL need not read the table."""

    table: ObjectId
    name: str
    condition: str

    @property
    def add(self) -> str:
        return f"ALTER TABLE {qualified(self.table.path)} ADD CONSTRAINT {self.name} CHECK ({self.condition})"

    @property
    def drop(self) -> str:
        return f"ALTER TABLE {qualified(self.table.path)} DROP CONSTRAINT {self.name}"

    @property
    def files(self) -> tuple[File, File]:
        """It comes to be valid, and nobody waits for it."""
        validate = f"ALTER TABLE {qualified(self.table.path)} VALIDATE CONSTRAINT {self.name}"
        return (
            together(f"{self.add} NOT VALID", undo=(self.drop,)),
            together(validate, undo=(self.drop, f"{self.add} NOT VALID")),
        )


def made_then_attached(parent: ObjectId, partition: ObjectId, bound: str) -> tuple[str, str]:
    """A table of the same shape, which nobody uses yet, then ATTACH: SHARE UPDATE EXCLUSIVE on the parent.

    Its indexes, keys and triggers come with ATTACH, under the names that PARTITION OF would give them.
    """
    table, model = qualified(partition.path), qualified(parent.path)
    like = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMPRESSION"
    return (
        f"CREATE TABLE {table} (LIKE {model} {like})",
        f"ALTER TABLE {model} ATTACH PARTITION {table} {bound}",
    )


def can_be_made_alike(catalog: Catalog, parent: ObjectId, partition: ObjectId) -> bool:
    """Whether `made_then_attached` ends in the same table: not where it is partitioned itself, of another tablespace
    or with storage parameters, or where the parent has an identity column."""
    made, states = catalog.objects[partition], catalog.columns(parent)
    plain = made.partition_key is None and not made.options and made.tablespace is None
    return plain and all(state.identity is None for _, state in states)


def detached_concurrently(catalog: Catalog, parent: ObjectId, partition: ObjectId) -> Remedy:
    """DETACH ... CONCURRENTLY, and without the CHECK that it leaves on what is a table of its own now.

    It is the same as DETACH only where the name and the condition of that CHECK are known beforehand.
    """
    name, table, bound = qualified(parent.path), qualified(partition.path), catalog.objects[partition].partition_bound
    left, known = left_check(catalog, parent, partition), conditions(catalog, parent, bound)
    check = _Proof(partition, identifier(left), known[0]) if left is not None and known is not None else None
    # ATTACH over the CHECK that is left reads no row
    undo = (f"ALTER TABLE {name} ATTACH PARTITION {table} {bound}", *([check.drop] if check is not None else []))
    files = [alone(f"ALTER TABLE {name} DETACH PARTITION {table} CONCURRENTLY", undo=undo)]
    if left is not None:
        drop = f"ALTER TABLE {table} DROP CONSTRAINT {identifier(left)}"
        files.append(together(drop, undo=(check.add,) if check is not None else ()))
    note = "if it is cut off half-way: DETACH PARTITION ... FINALIZE"
    return Remedy(files=tuple(files), note=note, equivalent=check is not None)


def left_check(catalog: Catalog, parent: ObjectId, partition: ObjectId) -> str | None:
    """The name of the CHECK that DETACH ... CONCURRENTLY leaves behind; None where it cannot be told beforehand.

    ChooseConstraintName (catalog/pg_constraint.c): the table, its one column, `check`.
    """
    column = _key_column(catalog, parent)
    if column is None:
        return None
    name = f"{partition.own_name}_{column}_check"
    free = ObjectId("check", (*partition.path, name)) not in catalog.objects
    return name if free and len(name.encode()) <= _LONGEST_NAME else None


def _check_name(table: ObjectId, word: str) -> str:
    room = _LONGEST_NAME - len(word) - 1
    return identifier(f"{table.own_name.encode()[:room].decode(errors='ignore')}_{word}")


def _key_column(catalog: Catalog, parent: ObjectId) -> str | None:
    """The one column that the table is partitioned by; None for several, an expression, a class of its own."""
    state = catalog.objects.get(parent)
    if not isinstance(state, Table) or state.partition_key is None:
        return None
    inner = state.partition_key.partition("(")[2].removesuffix(")")
    return next((name for name in state.columns if inner in (identifier(name), f'"{name}"', name)), None)


def _limits(catalog: Catalog, parent: ObjectId, bound: str) -> tuple[str, str | None, str, str] | None:
    """The column, its values (of LIST), lower and upper limit (of RANGE, "" where there is none)."""
    column = _key_column(catalog, parent)
    if column is None:
        return None
    state = catalog.objects[parent]
    strategy = state.partition_key.split(" ", 1)[0]
    if strategy == "LIST" and bound.startswith("FOR VALUES IN ("):
        values = bound.removeprefix("FOR VALUES IN (").removesuffix(")")
        return (identifier(column), values, "", "") if "NULL" not in values else None
    if strategy == "RANGE" and bound.startswith("FOR VALUES FROM ("):
        limits = bound.removeprefix("FOR VALUES FROM (").removesuffix(")").split(") TO (")
        if len(limits) == 2:
            lower, upper = ("" if limit in ("MINVALUE", "MAXVALUE") else limit for limit in limits)
            return (identifier(column), None, lower, upper)
    return None
