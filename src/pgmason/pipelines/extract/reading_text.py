"""Which type does a column of text hold, and which of its values do not?

Inference is careful where a guess would lose something: `007` is text (a post code, not seven), and so is a number
with more digits than a double holds. Values that do not fit are named by row and column, never shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pgmason.pipelines.extract.casting import cast_where_possible
from pgmason.pipelines.extract.columns import shown_type, type_named
from pgmason.pipelines.extract.faults import SourceUnreadable
from pgmason.pipelines.model import Rejected

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FEW", "Fault", "inferred_schema", "inferred_type", "rejected", "typed_batch"]

_WHOLE = r"^-?(0|[1-9][0-9]{0,17})$"  # 18 digits fit a bigint
_NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$"
FEW = 100  # broken lines of a block that are no sign of a wrong delimiter or encoding
_DOUBLE_DIGITS = 15  # decimal digits that every double keeps (IEEE 754 binary64)
_BOOLEAN = ("true", "false", "True", "False", "TRUE", "FALSE")
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_TIMESTAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_ZONE = r"(Z|[+-][0-9]{2}:?[0-9]{2})$"


def inferred_schema(sample: pa.Table, types: Mapping[str, str]) -> pa.Schema:
    """The columns of a sample of text values, with types given by name or inferred from all values of the sample."""
    import pyarrow as pa

    return pa.schema(
        [
            pa.field(
                name,
                type_named(types[name], where=f"types: {name}")
                if name in types
                else inferred_type(sample.column(name).combine_chunks()),
            )
            for name in sample.column_names
        ]
    )


def inferred_type(values: pa.Array) -> pa.DataType:
    """The narrowest type that holds every value of a text column as it is written; null where nothing is known."""
    import pyarrow as pa
    import pyarrow.compute as pc

    known = values.drop_null()
    if len(known) == 0:
        return pa.null()

    def all_match(pattern: str) -> bool:
        return bool(pc.all(pc.match_substring_regex(known, pattern)).as_py())

    if all_match(_WHOLE):
        return pa.int64()
    if all_match(_NUMBER):
        return pa.float64() if not pc.any(_too_precise(known)).as_py() else pa.string()
    if pc.all(pc.is_in(known, pa.array(_BOOLEAN))).as_py():
        return pa.bool_()
    if all_match(_DATE) and not cast_where_possible(known, pa.date32())[1]:
        return pa.date32()
    for pattern, kind in (
        (_TIMESTAMP + _ZONE, pa.timestamp("us", tz="UTC")),
        (_TIMESTAMP + "$", pa.timestamp("us")),
    ):
        if all_match(pattern) and not cast_where_possible(known, kind)[1]:
            return kind
    return pa.string()


def _too_precise(values: pa.Array) -> pa.Array:
    """Which numbers have more digits than a double keeps."""
    import pyarrow.compute as pc

    mantissa = pc.replace_substring_regex(values, "[eE].*$", "")
    digits = pc.replace_substring_regex(pc.replace_substring(mantissa, ".", ""), "^-?0*", "")
    return pc.greater(pc.utf8_length(digits), _DOUBLE_DIGITS)


class Fault(NamedTuple):
    """A record of a text file that is no row: its line, why, and as it stands there."""

    line: int
    what: str
    original: str


def rejected(faults: Sequence[Fault], records: int, *, broken: str, where: str) -> list[Rejected]:
    """What may be set aside, in the order of lines. `records` is how many were looked at.

    Raises SourceUnreadable where faults are refused, or where so many are no rows that the whole is read wrongly.
    """
    if not faults:
        return []
    ordered = sorted(faults)
    first = ordered[0]
    if broken == "refuse":
        fix = "say multiline=True where values hold line breaks" if "quote" in first.what else None
        raise SourceUnreadable(first.what, where=f"{where}:{first.line}", fix=fix)
    if len(faults) > FEW and len(faults) * 10 > records:
        raise SourceUnreadable(
            f"at least {len(faults):,} of {records:,} lines cannot be read; the first: {first.what}",
            where=f"{where}:{first.line}",
            fix="look at delimiter, quote, encoding, multiline and types",
        )
    return [Rejected(f"{where}:{fault.line}: {fault.what}", fault.original) for fault in ordered]


def typed_batch(
    texts: Sequence[pa.Array], schema: pa.Schema, lines: Sequence[int] | range
) -> tuple[pa.RecordBatch, list[Fault]]:
    """Columns of bytes as a batch of `schema`, without the rows of which a value does not fit, and those.

    `lines` are the rows' own in the source. What is not UTF-8 fits no text.
    """
    import pyarrow as pa

    columns: list[pa.Array] = []
    faults: dict[int, str] = {}
    for field, given in zip(schema, texts, strict=True):
        column, failed = cast_where_possible(given, pa.string())
        for i in failed:
            faults.setdefault(i, f"{field.name} is not UTF-8")
        if field.type != pa.string():
            column, failed = _cast(column, field.type)
            for i in failed:
                faults.setdefault(i, f"{field.name} is no {shown_type(field.type)}")
        columns.append(column)
    batch = pa.RecordBatch.from_arrays(columns, schema=schema)
    if not faults:
        return batch, []
    kept = pa.array([i for i in range(batch.num_rows) if i not in faults], pa.int64())
    told = [Fault(lines[i], faults[i], _original(texts, schema.names, i)) for i in sorted(faults)]
    return batch.take(kept), told


def _cast(values: pa.Array, kind: pa.DataType) -> tuple[pa.Array, list[int]]:
    """As `cast_where_possible`, and a number that a double would round does not fit."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cast, failed = cast_where_possible(values, kind)
    if pa.types.is_floating(kind) and pc.any(pc.greater(pc.binary_length(values), _DOUBLE_DIGITS)).as_py():
        precise = pc.indices_nonzero(pc.fill_null(_too_precise(values), False)).to_pylist()
        failed = sorted({*failed, *precise})
    return cast, failed


def _original(texts: Sequence[pa.Array], names: Sequence[str], row: int) -> str:
    """The row as JSON of texts; bytes that are no UTF-8 as Python escapes them."""
    values = {}
    for name, column in zip(names, texts, strict=True):
        value = column[row].as_py()
        values[name] = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
    return json.dumps(values, ensure_ascii=False)
