"""What does another table of the target's database say to the values of a batch?

`lookup` asks once for each distinct value that the worker has not asked before. It is read outside the loading
transaction: a row that is deleted meanwhile is caught by the foreign key, if there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse
from pgmason.pipelines.model import CheckContext
from pgmason.pipelines.transform.aside import set_aside
from pgmason.pipelines.transform.columns import require, with_column

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import Connection

__all__ = ["asking", "lookup"]

_KNOWN_AT_MOST = 500_000  # values that a worker remembers of one lookup

_asking: ContextVar[CheckContext | None] = ContextVar("pgmason_asking", default=None)


@dataclass(frozen=True, slots=True)
class _OneConnection:
    """The context of a test: a connection that is there."""

    opened: Connection[Any]
    memory: dict[str, Any] = field(default_factory=dict)

    def connection(self) -> Connection[Any]:
        return self.opened


@contextmanager
def asking(context: CheckContext | Connection[Any]) -> Iterator[None]:
    """While this lasts, `lookup` asks there. The runner sets it around a pipeline's function; a test gives a
    connection."""
    made: Any = context if hasattr(context, "memory") else _OneConnection(context)
    token = _asking.set(made)
    try:
        yield
    finally:
        _asking.reset(token)


def lookup(
    batch: pa.RecordBatch, column: str, where: str, take: Mapping[str, str], *, missing: str = "quarantine"
) -> pa.RecordBatch:
    """Columns out of another table, found by a value: `lookup(batch, "email", "public.customers.email",
    {"id": "customer_id"})` adds `customer_id`, the `id` of the customer with that email.

    `missing` says what becomes of a row whose value is not there: "quarantine", "null" or "stop". A null finds null.
    Raises WrongUse where two rows of the table have one value that is asked for.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if missing not in ("quarantine", "null", "stop"):
        raise WrongUse(f'missing={missing!r} is not one of "quarantine", "null", "stop"')
    require(batch, [column], "lookup")
    parts = where.split(".")
    if len(parts) != 3 or not all(parts):
        raise WrongUse(f"lookup: {where!r} is not SCHEMA.TABLE.COLUMN")
    context = _asking.get()
    if context is None:
        raise WrongUse(
            "lookup asks the target's database, and there is none here",
            fix="in a test: `with transform.asking(connection): ...`",
        )
    values = batch.column(column)
    texts = pc.cast(values, pa.string())
    known: dict[str, tuple[Any, ...] | None] = context.memory.setdefault(f"lookup {where} {sorted(take.items())}", {})
    distinct = [value for value in pc.unique(texts).to_pylist() if value is not None]
    asked = [value for value in distinct if value not in known]
    if len(known) + len(asked) > _KNOWN_AT_MOST:
        known.clear()
        asked = distinct
    if asked:
        known.update(dict.fromkeys(asked))
        known.update(_found(context.connection(), parts, list(take), asked))
    keys = pa.array(distinct, pa.string())
    places = pc.index_in(texts, value_set=keys)
    absent = [known[value] is None for value in distinct]
    for i, name in enumerate(take.values()):
        results = [row[i] if (row := known[value]) is not None else None for value in distinct]
        batch = with_column(batch, name, pa.array(results, _type(context, where, take, i)).take(places))
    if any(absent):
        mask = pc.fill_null(pa.array(absent, pa.bool_()).take(places), False)
        if missing == "stop":
            raise WrongUse(f"lookup: {pc.sum(mask).as_py():,} values of {column} are not in {where}")
        if missing == "quarantine":
            batch = set_aside(batch, mask, f"{column} is not in {where}")
    return batch


def _found(
    connection: Connection[Any], parts: list[str], take: list[str], asked: list[str]
) -> dict[str, tuple[Any, ...]]:
    """The rows with one of these values, by the value's text; what is no value of the column's type finds nothing."""
    from psycopg import sql

    schema, table, column = parts
    key = sql.Identifier("t", column)
    query = sql.SQL("SELECT {key}::pg_catalog.text, {take} FROM {table} t WHERE {key}::pg_catalog.text = ANY(%s)")
    kind = connection.execute(
        "SELECT pg_catalog.format_type(atttypid, NULL) FROM pg_catalog.pg_attribute"
        " WHERE attrelid = pg_catalog.to_regclass(%s) AND attname = %s AND attnum > 0 AND NOT attisdropped",
        [sql.Identifier(schema, table).as_string(connection), column],
    ).fetchone()
    if kind is None:
        raise WrongUse(f"lookup: there is no column {'.'.join(parts)} in the target's database")
    if kind[0] in ("text", "character varying", "uuid", "integer", "bigint", "smallint"):
        # compared in the column's own type, so that an index on it serves; what is no such value is left out
        fitting = [value for value in asked if _fits(value, kind[0])]
        query = sql.SQL("SELECT {key}::pg_catalog.text, {take} FROM {table} t WHERE {key} = ANY((%s)::{kind}[])")
    else:
        fitting = asked
    composed = query.format(
        key=key,
        take=sql.SQL(", ").join(sql.Identifier("t", name) for name in take),
        table=sql.Identifier(schema, table),
        kind=sql.SQL(kind[0]),
    )
    found: dict[str, tuple[Any, ...]] = {}
    wanted = {_canonical(value, kind[0]): value for value in fitting}
    for text, *row in connection.execute(composed, [fitting]).fetchall():
        value = wanted.get(text, text)
        if value in found:
            raise WrongUse(f"lookup: two rows of {schema}.{table} have one value in {column}")
        found[value] = tuple(_plain(one) for one in row)
    return found


def _fits(text: str, kind: str) -> bool:
    from uuid import UUID

    bits = {"smallint": 15, "integer": 31, "bigint": 63}.get(kind)
    try:
        if bits is not None:
            return -(1 << bits) <= int(text) < (1 << bits)
        if kind == "uuid":
            UUID(text)
    except ValueError:
        return False
    return "\0" not in text


def _canonical(text: str, kind: str) -> str:
    """A value as the server writes it."""
    from uuid import UUID

    if kind == "uuid":
        return str(UUID(text))
    return str(int(text)) if kind in ("smallint", "integer", "bigint") else text


def _plain(value: Any) -> Any:
    """What Arrow has a type for; a uuid as its text."""
    from uuid import UUID

    return str(value) if isinstance(value, UUID) else value


def _type(context: CheckContext, where: str, take: Mapping[str, str], index: int) -> pa.DataType:
    """The Arrow type of a column that is taken, the same for each batch."""
    import pyarrow as pa

    kinds: list[pa.DataType] | None = context.memory.get(f"lookup types {where} {sorted(take.items())}")
    if kinds is None:
        from psycopg import sql

        from pgmason.rows.reading import arrow_schema

        schema, table, _ = where.split(".")
        query = sql.SQL("SELECT {} FROM {}").format(
            sql.SQL(", ").join(sql.Identifier(name) for name in take), sql.Identifier(schema, table)
        )
        described = arrow_schema(context.connection(), query)
        kinds = [pa.string() if field.type == pa.binary(16) else field.type for field in described]
        context.memory[f"lookup types {where} {sorted(take.items())}"] = kinds
    return kinds[index]
