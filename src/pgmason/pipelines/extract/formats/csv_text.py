"""CSV files: text in rows, read in blocks of whole lines, with each line that is no row named by its number.

Arrow's own streaming reader, told that values hold no line feeds, still swallows lines between two stray quotes
without a word; so a line with an odd number of quotes is a fault here, unless `multiline` says that values run over
lines. Types are inferred once from a sample and then only checked.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pgmason.pipelines.extract.casting import cast_where_possible
from pgmason.pipelines.extract.faults import SourceUnreadable
from pgmason.pipelines.extract.formats import BATCH_BYTES, FileFormat, Piece, ReadOptions
from pgmason.pipelines.extract.lines import LineTooLong, blocks_of_lines
from pgmason.pipelines.extract.reading_text import FEW, Fault, inferred_schema, rejected, typed_batch

if TYPE_CHECKING:
    import pyarrow as pa

    from pgmason.pipelines.extract.places import Place

__all__ = ["FORMAT"]


def _look(place: Place, path: str, options: ReadOptions, sample: int) -> pa.Schema:
    import pyarrow as pa

    shown = place.shown(path)
    with place.stream(path) as stream:
        block = next(_blocks(stream, options, shown, sample), None)
    if block is None:
        raise SourceUnreadable("is empty: there is no line that names the columns", where=shown)
    names, rest = _header(block, options, shown)
    texts, _, _ = _parsed(rest, names, options, 1, shown)
    strings = [cast_where_possible(text, pa.string())[0] for text in texts]
    return inferred_schema(pa.Table.from_arrays(strings, names=names), options.types)


def _read(place: Place, path: str, schema: pa.Schema, options: ReadOptions, skip: int) -> Iterator[Piece]:
    shown = place.shown(path)
    with place.stream(path) as stream:
        line = 1  # of the next record, as an editor counts
        names: list[str] = []
        for block in _blocks(stream, options, shown, BATCH_BYTES):
            if not names:
                names, block = _header(block, options, shown)  # the rest of the block
                line += 1 if options.header else 0
                order = [names.index(name) for name in schema.names]
            texts, lines, broken = _parsed(block, names, options, line, shown)
            line += block.count(b"\n")
            every = sorted([*lines, *(fault.line for fault in broken)]) if broken else lines
            if skip >= len(every):
                skip -= len(every)
                continue
            after = every[skip]  # what lies before was taken by an earlier run
            batch, unfit = typed_batch([texts[i] for i in order], schema, lines)
            if skip:
                lost = {fault.line for fault in unfit}
                batch = batch.slice(sum(1 for one in lines if one < after and one not in lost))
            faults = [fault for fault in (*broken, *unfit) if fault.line >= after]
            records, skip = len(every) - skip, 0
            yield Piece(batch, records, rejected(faults, records, broken=options.broken, where=shown))


def _blocks(stream: Any, options: ReadOptions, shown: str, size: int) -> Iterator[bytes]:
    """Blocks of whole records as UTF-8. Raises SourceUnreadable."""
    import codecs

    if options.encoding.lower().replace("-", "").replace("_", "") not in ("utf8", "utf8sig"):
        stream = _Transcoded(stream, options.encoding, shown)
    quote = options.quote.encode() if options.multiline else None
    first = True
    try:
        for block in blocks_of_lines(stream, size, quote):
            if first:
                if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                    raise SourceUnreadable("begins as UTF-16 does", where=shown, fix='say encoding="utf-16"')
                block = block.removeprefix(codecs.BOM_UTF8)
            first = False
            if block:
                yield block
    except LineTooLong as exc:
        raise SourceUnreadable(
            f"the line that begins at byte {exc.before:,} does not end in the next 64 MB",
            where=shown,
            fix="a quote there is never closed; see also: quote, multiline",
        ) from exc


class _Transcoded:
    """A stream in another encoding, read as UTF-8. Raises SourceUnreadable where its bytes are not of that encoding."""

    def __init__(self, stream: Any, encoding: str, shown: str) -> None:
        import codecs

        self._stream = stream
        self._encoding, self._shown = encoding, shown
        try:
            self._decoder = codecs.getincrementaldecoder(encoding)()
        except LookupError as exc:
            raise SourceUnreadable(f"no encoding is named {encoding!r}", where=shown) from exc

    def read(self, size: int) -> bytes:
        while True:
            read = self._stream.read(size)
            try:
                text = self._decoder.decode(read, final=not read)
            except UnicodeDecodeError as exc:
                raise SourceUnreadable(f"is not {self._encoding}: {exc.reason}", where=self._shown) from exc
            if text or not read:
                return text.encode("utf-8")


def _header(block: bytes, options: ReadOptions, shown: str) -> tuple[list[str], bytes]:
    """The names of the columns and what follows them. Raises SourceUnreadable."""
    import csv

    end = next(iter(_ends(block, options)), len(block))
    try:
        text = block[:end].decode("utf-8")
    except UnicodeDecodeError as exc:
        raise SourceUnreadable(
            "the first line is not UTF-8", where=f"{shown}:1", fix='say encoding="latin-1", or what it is'
        ) from exc
    fields = next(csv.reader(io.StringIO(text, newline=""), delimiter=options.delimiter, quotechar=options.quote), [])
    if not options.header:
        return [f"column_{i}" for i in range(1, len(fields) + 1)], block
    twice = sorted({name for name in fields if fields.count(name) > 1})
    if twice or "" in fields or not fields:
        fault = f"the column {twice[0]!r} is named twice" if twice and twice[0] else "a column has no name"
        raise SourceUnreadable(fault, where=f"{shown}:1", fix="say header=False where the first line is a row")
    return fields, block[end:]


def _ends(block: bytes, options: ReadOptions) -> Iterator[int]:
    """Where each record of the block ends."""
    quote = options.quote.encode()
    start = inside = 0
    while start < len(block):
        found = block.find(b"\n", start)
        end = len(block) if found < 0 else found + 1
        if options.multiline:
            inside = (inside + block.count(quote, start, end)) % 2
        start = end
        if not inside:
            yield end


def _parsed(
    block: bytes, names: list[str], options: ReadOptions, line: int, shown: str
) -> tuple[list[pa.Array], Sequence[int], list[Fault]]:
    """The block's columns as bytes, the line of each row, and the records that are no rows.

    Tried as a whole first: where Arrow sees as many rows as there are lines, each line is one. Where values may run
    over lines, nothing but Arrow tells how many rows there are.
    """
    count = block.count(b"\n") + (1 if block and not block.endswith(b"\n") else 0)
    whole = _columns(block, names, options)
    if whole is not None and (options.multiline or _a_row_each(whole, count)):
        return whole, range(line, line + len(whole[0])), []
    records = list(_records(block, options, line, empty=len(names) == 1))
    faulty = _faulty(records, names, options)
    faults = [Fault(records[i][0], _fault(records[i][1], names, options), _shown(records[i][1])) for i in faulty]
    if len(faulty) * 10 > len(records):
        rejected(faults, len(records), broken=options.broken, where=shown)  # raises where they are many as well
    good = [one for i, one in enumerate(records) if i not in faulty]
    columns = _columns(b"".join(record for _, record in good), names, options)
    if columns is None or not _a_row_each(columns, len(good)):
        raise SourceUnreadable("lines that are rows by themselves are none together", where=f"{shown}:{line}")
    return columns, [number for number, _ in good], faults


def _faulty(records: list[tuple[int, bytes]], names: list[str], options: ReadOptions) -> list[int]:
    """Which records are no rows, ascending; where there are very many, the first of them.

    What holds no quote is told by counting. The others are given to Arrow in halves, until those are alone that it
    does not read as a row each: so a line is judged as it would be in a file without faults.
    """
    quote, delimiter = options.quote.encode(), options.delimiter.encode()
    most = max(FEW, len(records) // 10) + 1
    faulty, doubtful = [], []
    for i, (_, record) in enumerate(records):
        if quote in record or b"\r" in record.rstrip(b"\r\n"):
            doubtful.append(i)
        elif record.count(delimiter) != len(names) - 1:
            faulty.append(i)
    parts = [doubtful] if doubtful else []
    while parts and len(faulty) <= most:
        part = parts.pop()
        columns = _columns(b"".join(records[i][1] for i in part), names, options)
        if columns is not None and _a_row_each(columns, len(part)):
            continue
        if len(part) == 1:
            faulty.append(part[0])
        else:
            half = len(part) // 2
            parts += [part[half:], part[:half]]
    return sorted(faulty)


def _records(block: bytes, options: ReadOptions, line: int, *, empty: bool) -> Iterator[tuple[int, bytes]]:
    """Each record with its line; `empty`: an empty line is one, too."""
    start = 0
    for end in _ends(block, options):
        record = block[start:end]
        start = end
        if empty or record.strip(b"\r\n"):
            yield line, record if record.endswith(b"\n") else record + b"\n"
        line += max(1, record.count(b"\n"))


def _a_row_each(columns: list[pa.Array], lines: int) -> bool:
    """Whether so many lines gave a row each: a quote that is not closed takes the line feed, or lines, into a value.

    Of the last line only the value itself tells: what is open at the end is closed without a word.
    """
    if len(columns[0]) != lines:
        return False
    last = [column[-1].as_py() for column in columns] if lines else []
    return not any(value is not None and b"\n" in value for value in last)


def _fault(record: bytes, names: list[str], options: ReadOptions) -> str:
    """Why a record is no row."""
    import csv

    if record.count(options.quote.encode()) % 2:
        return "a quote is not closed on its line"
    text = record.decode("utf-8", "surrogateescape")
    try:
        fields = next(csv.reader([text], delimiter=options.delimiter, quotechar=options.quote), [])
    except csv.Error as exc:
        return str(exc)
    return f"{len(fields)} fields, not {len(names)}" if len(fields) != len(names) else "is more than one row"


def _shown(record: bytes) -> str:
    return record.decode("utf-8", "backslashreplace").rstrip("\r\n")


def _columns(block: bytes, names: list[str], options: ReadOptions) -> list[pa.Array] | None:
    """The columns as bytes, as Arrow parses them; None where it finds a row with too few or too many fields."""
    import pyarrow as pa
    from pyarrow import csv

    if not block:
        return [pa.array([], pa.binary()) for _ in names]
    try:
        table = csv.read_csv(
            pa.BufferReader(block),
            read_options=csv.ReadOptions(column_names=names, block_size=max(len(block), 1024) + 1),
            parse_options=csv.ParseOptions(
                delimiter=options.delimiter,
                quote_char=options.quote,
                newlines_in_values=options.multiline,
                ignore_empty_lines=len(names) > 1,
            ),
            convert_options=csv.ConvertOptions(
                column_types={name: pa.binary() for name in names},
                null_values=list(options.null_values),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    return [column.combine_chunks() for column in table.columns]


FORMAT = FileFormat(name="csv", suffixes=(".csv", ".tsv", ".txt"), typed=False, sparse=False, look=_look, read=_read)
