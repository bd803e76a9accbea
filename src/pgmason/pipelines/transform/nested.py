"""What is nested made flat: structs into columns, JSON texts into columns, lists into rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pgmason.errors import WrongUse
from pgmason.pipelines.extract.columns import type_named
from pgmason.pipelines.extract.objects import rows_of
from pgmason.pipelines.transform.aside import set_aside
from pgmason.pipelines.transform.columns import require

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["explode", "flatten", "parse_json"]


def flatten(batch: pa.RecordBatch, column: str, *, prefix: str | None = None, deep: bool = True) -> pa.RecordBatch:
    """A struct column as a column for each of its fields, named COLUMN_FIELD, or with `prefix` before FIELD.

    `deep`: structs within become columns too. They stand where the struct stood. Lists stay lists.
    """
    import pyarrow as pa

    require(batch, [column], "flatten")
    at = batch.schema.get_field_index(column)
    struct = batch.column(at)
    if not isinstance(struct, pa.StructArray):
        raise WrongUse(
            f"flatten: {column} is {struct.type}, no struct", fix="a JSON text is taken apart by transform.parse_json"
        )
    before = f"{column}_" if prefix is None else prefix
    names, arrays = list(batch.schema.names), list(batch.columns)
    fields = [before + struct.type.field(i).name for i in range(struct.type.num_fields)]
    inner = struct.flatten()  # a field of a null struct is null
    names[at : at + 1] = fields
    arrays[at : at + 1] = inner
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise WrongUse(f"flatten: two columns would be named {twice[0]}", fix='give prefix="..."')
    flat = pa.RecordBatch.from_arrays(arrays, names=names)
    if deep:
        for name, array in zip(fields, inner, strict=True):
            if isinstance(array, pa.StructArray):
                flat = flatten(flat, name)
    return flat


def parse_json(batch: pa.RecordBatch, column: str, fields: Mapping[str, str]) -> pa.RecordBatch:
    """Fields of a JSON text column as columns of their own, in types given by name; the text column goes.

    `parse_json(batch, "payload", {"total": "numeric(12,2)", "customer.id": "bigint"})` gives `payload_total` and
    `payload_customer_id`. A field that is missing is null. Rows whose text is no JSON object, or whose value is not of
    the type, are marked for the quarantine.
    """
    import json

    import pyarrow as pa

    require(batch, [column], "parse_json")
    schema = pa.schema([pa.field(path, type_named(kind, where=f"parse_json: {path}")) for path, kind in fields.items()])
    rows: list[dict[str, object]] = []
    broken: list[bool] = []
    for text in batch.column(column).to_pylist():
        found: object = None
        try:
            found = json.loads(text) if text is not None else None
        except (ValueError, RecursionError):
            found = text
        broken.append(not (found is None or isinstance(found, dict)))
        rows.append({path: _at(found, path) for path in fields})
    parsed, unfit = rows_of(rows, schema)
    lost = dict(unfit)
    if lost:
        parsed, _ = rows_of([{} if i in lost else row for i, row in enumerate(rows)], schema)
    at = batch.schema.get_field_index(column)
    names, arrays = list(batch.schema.names), list(batch.columns)
    names[at : at + 1] = [f"{column}_{path.replace('.', '_')}" for path in fields]
    arrays[at : at + 1] = parsed.columns
    flat = pa.RecordBatch.from_arrays(arrays, names=names)
    if any(broken):
        flat = set_aside(flat, pa.array(broken, pa.bool_()), f"{column} is no JSON object")
    for reason in sorted(set(lost.values())):
        mask = pa.array([lost.get(i) == reason for i in range(batch.num_rows)], pa.bool_())
        flat = set_aside(flat, mask, f"{column}: {reason}")
    return flat


def _at(found: object, path: str) -> object:
    for name in path.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found


def explode(batch: pa.RecordBatch, column: str, *, keep_empty: bool = False) -> pa.RecordBatch:
    """A row for each element of a list column, with the other columns repeated.

    Rows whose list is null or empty give none, or with `keep_empty` one with null.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    require(batch, [column], "explode")
    at = batch.schema.get_field_index(column)
    lists = batch.column(at)
    if not (pa.types.is_list(lists.type) or pa.types.is_large_list(lists.type)):
        raise WrongUse(f"explode: {column} is {lists.type}, no list")
    if keep_empty:
        empty = pc.fill_null(pc.equal(pc.list_value_length(lists), 0), True)
        lists = pc.if_else(empty, pa.scalar([None], lists.type), lists)
    parents = pc.list_parent_indices(lists)
    elements = pc.list_flatten(lists)
    arrays = [elements if i == at else values.take(parents) for i, values in enumerate(batch.columns)]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)
