"""JSON: one object a line (`.jsonl`, `.ndjson`), or one array of objects (`.json`), each object a row.

Lines are read in blocks by Arrow; a block with a fault is taken object by object, so that the one that is no row is
named. An array is read as a whole: it has no lines to read it by.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pgmason.pipelines.extract.faults import SourceUnreadable
from pgmason.pipelines.extract.formats import BATCH_BYTES, FileFormat, Piece, ReadOptions
from pgmason.pipelines.extract.lines import LineTooLong, blocks_of_lines
from pgmason.pipelines.extract.objects import inferred_from, rows_of
from pgmason.pipelines.extract.reading_text import Fault, rejected

if TYPE_CHECKING:
    import pyarrow as pa

    from pgmason.pipelines.extract.places import Place

__all__ = ["FORMAT"]

_ROWS = 20_000  # of a batch out of an array
_WHOLE = 256 << 20  # bytes of an array that is read as a whole


def _look(place: Place, path: str, options: ReadOptions, sample: int) -> pa.Schema:
    shown = place.shown(path)
    if _is_array(place, path):
        found = list(_elements(place, path, shown))
    else:
        with place.stream(path) as stream:
            found = list(_lines(next(_blocks(stream, shown, sample), b""), 1))
    rows = [value for _, _, value in found if isinstance(value, dict)]
    if not rows:
        raise SourceUnreadable("no line of its beginning is a JSON object", where=shown)
    return inferred_from(rows, options.types)


def _read(place: Place, path: str, schema: pa.Schema, options: ReadOptions, skip: int) -> Iterator[Piece]:
    shown = place.shown(path)
    if _is_array(place, path):
        elements = list(_elements(place, path, shown))[skip:]
        for start in range(0, len(elements), _ROWS):
            yield _one_by_one(elements[start : start + _ROWS], schema, options, shown)
        return
    with place.stream(path) as stream:
        line = 1
        for block in _blocks(stream, shown, BATCH_BYTES):
            whole = None if skip else _parsed(block, schema, options)
            if whole is not None:
                yield Piece(whole, whole.num_rows)
            else:
                found = list(_lines(block, line))
                taken, skip = found[skip:], max(0, skip - len(found))
                if taken:
                    yield _one_by_one(taken, schema, options, shown)
            line += block.count(b"\n")


def _one_by_one(found: list[tuple[int, str, Any]], schema: pa.Schema, options: ReadOptions, shown: str) -> Piece:
    """Objects with their lines and texts as rows, those that are none named."""
    faults = [Fault(line, "is no JSON object", text) for line, text, value in found if not isinstance(value, dict)]
    good = [one for one in found if isinstance(one[2], dict)]
    batch, unfit = rows_of([value for _, _, value in good], schema, extra=options.extra)
    faults += [Fault(good[i][0], what, good[i][1]) for i, what in unfit]
    return Piece(batch, len(found), rejected(faults, len(found), broken=options.broken, where=shown))


def _parsed(block: bytes, schema: pa.Schema, options: ReadOptions) -> pa.RecordBatch | None:
    """A block without faults, as Arrow reads it; None where it has one, or a field that no column is named for."""
    import pyarrow as pa
    from pyarrow import json as arrow_json

    try:
        table = arrow_json.read_json(
            pa.BufferReader(block),
            read_options=arrow_json.ReadOptions(block_size=len(block) + 1),
            parse_options=arrow_json.ParseOptions(
                explicit_schema=schema, unexpected_field_behavior="ignore" if options.extra == "ignore" else "error"
            ),
        )
        batches = table.select(schema.names).cast(schema).combine_chunks().to_batches()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, KeyError):
        return None
    return batches[0] if len(batches) == 1 else None


def _blocks(stream: Any, shown: str, size: int) -> Iterator[bytes]:
    try:
        for number, block in enumerate(blocks_of_lines(stream, size)):
            text = block if number else block.removeprefix(codecs.BOM_UTF8)
            if number == 0 and text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise SourceUnreadable("is UTF-16; JSON is UTF-8 (RFC 8259, 8.1)", where=shown)
            if text.strip():
                yield text
    except LineTooLong as exc:
        raise SourceUnreadable(
            f"the line that begins at byte {exc.before:,} does not end in the next 64 MB",
            where=shown,
            fix="write one object a line: jq -c '.[]' FILE.json > FILE.jsonl",
        ) from exc


def _is_array(place: Place, path: str) -> bool:
    with place.stream(path) as stream:
        head: bytes = stream.read(4096)
    return head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"["


def _elements(place: Place, path: str, shown: str) -> Iterator[tuple[int, str, Any]]:
    """Each element of the array with its number and text. Raises SourceUnreadable."""
    with place.stream(path) as stream:
        whole: bytes = stream.read(_WHOLE)
    if len(whole) == _WHOLE:
        raise SourceUnreadable(
            "is an array of more than 256 MB",
            where=shown,
            fix="write one object a line: jq -c '.[]' FILE.json > FILE.jsonl",
        )
    try:
        values = json.loads(whole)
    except (ValueError, RecursionError) as exc:
        raise SourceUnreadable("is no whole JSON array", where=f"{shown}:{getattr(exc, 'lineno', 1)}") from exc
    for number, value in enumerate(values, 1):
        yield number, json.dumps(value, ensure_ascii=False), value


def _lines(block: bytes, first: int) -> Iterator[tuple[int, str, Any]]:
    for number, raw in enumerate(block.split(b"\n"), first):
        if not raw.strip():
            continue
        value: Any = None
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError):
            value = None
        yield number, raw.decode("utf-8", "backslashreplace"), value


FORMAT = FileFormat(
    name="jsonl", suffixes=(".jsonl", ".ndjson", ".json"), typed=False, sparse=True, look=_look, read=_read
)
