"""How does a partitioned table that is in use get a partition, and lose one?

What PostgreSQL would read under a lock is proven beforehand by a CHECK, added NOT VALID and validated while everybody
works: ATTACH then reads nothing, nor does a new partition read the default one (PostgreSQL manual, ALTER TABLE, notes
on ATTACH PARTITION). The condition is put together from the server's own words of key and bound; where the key is of
several columns, an expression or NULL is among its values, there is none.
"""

from __future__ import annotations

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
    table, check = qualified(partition.path), _check_name(partition, "fits")
    proven = [_proven(partition, check, condition)]
    dropped = [f"ALTER TABLE {table} DROP CONSTRAINT {check}"]
    if default is not None:
        other, kept = default
        name = _check_name(other, "has_none")
        proven.append(_proven(other, name, kept))
        dropped.append(f"ALTER TABLE {qualified(other.path)} DROP CONSTRAINT {name}")
    attach = f"ALTER TABLE {qualified(parent.path)} ATTACH PARTITION {table} {bound}"
    return Remedy(files=(*chain.from_iterable(proven), together(attach, *dropped)))


def beside_the_default(default: ObjectId, condition: str, *statements: str) -> Remedy:
    """The statements that bring the new partition, after a validated CHECK says that the default has none of its
    rows. Rows that it has must be moved first: VALIDATE fails on them."""
    check = _check_name(default, "has_none")
    dropped = f"ALTER TABLE {qualified(default.path)} DROP CONSTRAINT {check}"
    return Remedy(files=(*_proven(default, check, condition), together(*statements, dropped)))


def _proven(table: ObjectId, check: str, condition: str) -> tuple[File, File]:
    name = qualified(table.path)
    return (
        together(f"ALTER TABLE {name} ADD CONSTRAINT {check} CHECK ({condition}) NOT VALID"),
        together(f"ALTER TABLE {name} VALIDATE CONSTRAINT {check}"),
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


def detached_concurrently(parent: ObjectId, partition: ObjectId, check: str | None) -> Remedy:
    """DETACH ... CONCURRENTLY, and without the CHECK that it leaves on what is a table of its own now."""
    table = qualified(partition.path)
    files = [alone(f"ALTER TABLE {qualified(parent.path)} DETACH PARTITION {table} CONCURRENTLY")]
    if check is not None:
        files.append(together(f"ALTER TABLE {table} DROP CONSTRAINT {identifier(check)}"))
    return Remedy(files=tuple(files), note="if it is cut off half-way: DETACH PARTITION ... FINALIZE")


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
