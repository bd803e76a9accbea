"""How is a CHECK, a foreign key or NOT NULL added to a table that is in use?

First NOT VALID, which looks at no row and holds from then on for what is written; then VALIDATE in a transaction of its
own, which reads the table while others read and write it (PostgreSQL manual, ALTER TABLE, notes).
"""

from __future__ import annotations

from dataclasses import replace

from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId
from pgmason.remedies import File, Remedy, together
from pgmason.remedies.hierarchy import is_partitioned, leaves
from pgmason.remedies.indexes import qualified

__all__ = ["not_null_by_check", "not_valid_then_validated"]

_NOT_VALID = " NOT VALID"
_IS_NOT_NULL = "_is_not_null"
_NAME_BYTES = 63  # NAMEDATALEN - 1 (PostgreSQL manual, 4.1.1 Identifiers and Key Words)


def not_valid_then_validated(catalog: Catalog, constraint: ObjectId) -> Remedy | None:
    """A CHECK or FOREIGN KEY as the catalog has it, in files of one step each; None where the catalog has it not."""
    state = catalog.objects.get(constraint)
    if state is None:
        return None
    table = constraint.relation
    if isinstance(state, ForeignKey) and is_partitioned(catalog, table) and _major(catalog) < 18:
        return _key_of_partitions(catalog, constraint, state)
    add = _added(constraint, state.definition)
    drop = f"ALTER TABLE {qualified(constraint.path[:2])} DROP CONSTRAINT {identifier(constraint.own_name)}"
    validated = replace(_validated(constraint), undo=(drop, add))
    return Remedy(files=(together(add, undo=(drop,)), validated), equivalent=True)


def _key_of_partitions(catalog: Catalog, key: ObjectId, state: ForeignKey) -> Remedy:
    """A foreign key of a partitioned table, which takes no NOT VALID before 18: of each partition first.

    The key of the whole then attaches theirs, and reads no row.
    """
    parts = [
        ObjectId("foreign key", (*leaf.path, name))
        for leaf in leaves(catalog, key.relation)
        for name in [_same_key(catalog, leaf, state) or key.own_name]
    ]
    drops = [
        f"ALTER TABLE {qualified(one.path[:2])} DROP CONSTRAINT {identifier(one.own_name)}" for one in (*parts, key)
    ]
    added = [_added(part, state.definition) for part in parts]
    whole = [_added(part, state.definition, validated=True) for part in parts]
    return Remedy(
        files=(
            *(together(add, undo=(drop,)) for add, drop in zip(added, drops, strict=False)),
            *(replace(_validated(part), undo=(drops[n], added[n])) for n, part in enumerate(parts)),
            # the key of the whole takes those of the partitions away with it
            together(_added(key, state.definition, validated=True), undo=(drops[-1], *whole)),
        ),
        equivalent=True,
    )


def _same_key(catalog: Catalog, table: ObjectId, key: ForeignKey) -> str | None:
    """What the foreign key with that meaning is called on another table."""
    for one, state in catalog.foreign_keys(table):
        if (state.columns, state.references, state.referenced_columns) == (
            key.columns,
            key.references,
            key.referenced_columns,
        ):
            return one.own_name
    return None


def _added(constraint: ObjectId, definition: str, *, validated: bool = False) -> str:
    table, name = qualified(constraint.path[:2]), identifier(constraint.own_name)
    plain = definition.removesuffix(_NOT_VALID)
    return f"ALTER TABLE {table} ADD CONSTRAINT {name} {plain}{'' if validated else _NOT_VALID}"


def _validated(constraint: ObjectId) -> File:
    table, name = qualified(constraint.path[:2]), identifier(constraint.own_name)
    return together(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def _major(catalog: Catalog) -> int:
    """The major of the server that the catalog was read from; 0 where it is not known."""
    major = catalog.server.partition(".")[0]
    return int(major) if major.isdigit() else 0


def not_null_by_check(column: ObjectId) -> Remedy:
    """SET NOT NULL that reads nothing, since a validated CHECK proves it (12 and later)."""
    table, name = qualified(column.path[:2]), identifier(column.own_name)
    check = identifier(_cut(f"{column.path[1]}_{column.own_name}") + _IS_NOT_NULL)
    add = f"ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({name} IS NOT NULL)"
    drop = f"ALTER TABLE {table} DROP CONSTRAINT {check}"
    return Remedy(
        files=(
            together(f"{add} NOT VALID", undo=(drop,)),
            together(f"ALTER TABLE {table} VALIDATE CONSTRAINT {check}", undo=(drop, f"{add} NOT VALID")),
            together(
                f"ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL",
                drop,
                # the way back reads the table once: the CHECK was valid
                undo=(add, f"ALTER TABLE {table} ALTER COLUMN {name} DROP NOT NULL"),
            ),
        ),
        equivalent=True,
    )


def _cut(name: str) -> str:
    """As much of a name as leaves room for what the CHECK's ends in."""
    return name.encode()[: _NAME_BYTES - len(_IS_NOT_NULL)].decode(errors="ignore")
