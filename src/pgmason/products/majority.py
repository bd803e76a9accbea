"""What does a product's own schema say of its conventions?

`settings_from_catalog` counts the kind of primary keys that most tables have. It is called once the catalog has
been read, when `init` writes the configuration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgmason.catalog.model import Catalog

__all__ = ["settings_from_catalog"]

_NUMBERS = ("smallint", "integer", "bigint")
_TEXTS = ("text", "character varying", "character", "citext")


def settings_from_catalog(catalog: Catalog) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """(settings, the reason for each): `ids` by the majority of tables, and `naming`.

    Counted are primary keys of one column that is no foreign key, on tables that are not partitions. Text keys are
    made by the client (cuid, nanoid, ULID) and serve distributed systems as uuid does.
    """
    count: Counter[str] = Counter()
    for table, state in catalog.tables:
        key = catalog.primary_key(table)
        if key is None or len(key[1].columns) != 1 or state.partition_of is not None:
            continue
        (name,) = key[1].columns
        if any(name in foreign.columns for _, foreign in catalog.foreign_keys(table)):
            continue
        column = next(value for column, value in catalog.columns(table) if column.own_name == name)
        kind = column.type.partition("(")[0]  # less its length
        count[
            "uuid" if kind == "uuid" else "serial" if kind in _NUMBERS else "text" if kind in _TEXTS else "other"
        ] += 1
    settings = {"naming": "brief"}
    reasons = {
        "naming": 'snake_case in the database, as the brief has it; "found" holds to the product\'s own majority'
    }
    total = sum(count.values())
    if not total:
        return settings, reasons
    distributed = count["uuid"] + count["text"]
    ids = "serial" if count["serial"] > distributed else "uuid"
    labels = {"uuid": "uuid", "serial": "numbers", "text": "text made by the client", "other": "of other types"}
    told = ", ".join(f"{count[kind]} {labels[kind]}" for kind in labels if count[kind])
    tables = "1 primary key" if total == 1 else f"{total} primary keys"
    return {"ids": ids, **settings}, {"ids": f"of {tables} of one column: {told}", **reasons}
