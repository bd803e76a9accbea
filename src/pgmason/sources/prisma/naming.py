"""What does Prisma call a key, an index, a foreign key or a join table that the schema gives no name?

PostgreSQL holds 63 bytes of a name. Prisma cuts the table's and the columns' names together, before the suffix, at
a whole character; names of join tables are cut by characters instead, and their foreign keys so that the suffix is
kept. (psl/psl-core/src/datamodel_connector/constraint_names.rs and sql_schema_calculator.rs of prisma-engines)
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "LONGEST_BYTES",
    "foreign_key_name",
    "index_name",
    "join_foreign_key_name",
    "join_index_name",
    "join_key_name",
    "join_table_name",
    "primary_key_name",
    "unique_name",
]

LONGEST_BYTES = 63


def primary_key_name(table: str) -> str:
    """`orders_pkey`."""
    return _cut(table, "_pkey")


def unique_name(table: str, columns: Iterable[str]) -> str:
    """`orders_email_key`."""
    return _cut("_".join((table, *columns)), "_key")


def index_name(table: str, columns: Iterable[str]) -> str:
    """`orders_user_id_created_at_idx`."""
    return _cut("_".join((table, *columns)), "_idx")


def foreign_key_name(table: str, columns: Iterable[str]) -> str:
    """`orders_user_id_fkey`; the table that refers, and its columns."""
    return _cut("_".join((table, *columns)), "_fkey")


def join_table_name(relation: str) -> str:
    """`_PostToTag`, of a many-to-many relation without a model."""
    return f"_{relation}"[:LONGEST_BYTES]


def join_key_name(table: str, suffix: str) -> str:
    """`_PostToTag_AB_pkey`, or with suffix `_AB_unique`."""
    return table[: LONGEST_BYTES - len(suffix)] + suffix


def join_index_name(table: str) -> str:
    """`_PostToTag_B_index`."""
    return table[: LONGEST_BYTES - len("_B_index")] + "_B_index"


def join_foreign_key_name(table: str, side: str) -> str:
    """`_PostToTag_A_fkey`; `side` is A or B."""
    return _within(table, LONGEST_BYTES - len("_fkey") - 2) + f"_{side}_fkey"


def _cut(name: str, suffix: str) -> str:
    return _within(name, LONGEST_BYTES - len(suffix)) + suffix


def _within(name: str, size_bytes: int) -> str:
    if len(name) <= size_bytes and name.isascii():
        return name
    return name.encode()[:size_bytes].decode(errors="ignore")
