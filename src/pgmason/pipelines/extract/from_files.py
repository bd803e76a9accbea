"""Rows out of files, each file once: which were read, which are new, and which changed since.

The cursor remembers each file by path, size and time of change. An unchanged file is not
opened again, a new one is read whole, even if its rows are older than others: nothing is lost because it came late.
Of a file that changed, with a `cursor` column, rows beyond the highest value it had are read; without one, the file is
read again, or refused where rows are only ever appended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse
from pgmason.pipelines.extract.clocks import highest_not_ahead
from pgmason.pipelines.extract.columns import merged, type_named
from pgmason.pipelines.extract.faults import SourceDrifted, SourceUnreadable
from pgmason.pipelines.extract.formats import ReadOptions, format_named, format_of
from pgmason.pipelines.extract.places import Found, Place
from pgmason.pipelines.extract.spans import Span, rows_in
from pgmason.pipelines.model import Cursor, Division, Extracted

if TYPE_CHECKING:
    import pyarrow as pa

    from pgmason.pipelines.extract.formats import FileFormat

__all__ = ["Files", "files_at"]

_SAMPLE = 4 << 20  # bytes of a text file from which its types are inferred
_HEAD = 64 << 10  # bytes in which a text file names its columns
_IGNORE = 'on_drift="ignore" leaves it out'
_LOOKED_AT = 8  # files of text from which types are inferred


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Files of one format under a pattern. `kept`: the columns to read, where a run kept them.

    `changed` says what is done with a file that is not what it was: "reread" or "refuse". `only` are paths, where this
    is a part of a division, and `after` is where that begins. `span` limits the cursor column, whatever was read.
    `once`: no row may be given twice.
    """

    place: Place
    format: str
    options: ReadOptions = field(default_factory=ReadOptions)
    cursor: str | None = None
    changed: str = "reread"
    kept: pa.Schema | None = None
    only: tuple[str, ...] | None = None
    span: Span | None = None
    after: Cursor | None = None
    once: bool = False

    @property
    def name(self) -> str:
        return f"files {self.place.name}"

    @property
    def typed(self) -> bool:
        """Whether types are the files' own."""
        return self._format.typed

    @property
    def sparse(self) -> bool:
        """Whether a column may be missing in a file."""
        return self._format.sparse

    @property
    def _format(self) -> FileFormat:
        return format_named(self.format)

    def schema(self) -> pa.Schema:
        if self.kept is not None:
            return self.kept
        found = self.found_schema()
        if found is None:
            raise SourceUnreadable(
                "no file matches, so its columns are not known yet",
                where=self.place.name,
                fix="once they are known, a run that finds no file reads nothing and is no failure",
            )
        return found

    def found_schema(self) -> pa.Schema | None:
        """The columns of the files as they are now, whatever was kept; None where there is no file.

        Of typed files the newest by name speaks; of text a few files, and the types that hold what each has.
        """
        files = self._files()
        if not files:
            return None
        if self._format.typed:
            return self._looked(files[-1], _SAMPLE)
        step = max(1, len(files) // _LOOKED_AT)
        return merged([self._looked(file, _SAMPLE) for file in sorted({*files[::step], files[-1]})])

    def with_schema(self, schema: pa.Schema) -> Files:
        return replace(self, kept=schema)

    def ignoring_extra(self) -> Files:
        """The source, with fields that are no column left out."""
        return replace(self, options=replace(self.options, extra="ignore"))

    def for_append(self) -> Files:
        """The source for a target that takes each row it is given: no row may be read twice."""
        return replace(self, changed="refuse", once=True) if self.cursor is None else replace(self, once=True)

    def between(self, since: str | None, until: str | None) -> Files:
        if self.cursor is None:
            raise WrongUse(
                f"{self.name} has no cursor column, so it knows no span", fix='give extract.files(..., cursor="column")'
            )
        return replace(self, span=Span(column=self.cursor, since=since, until=until))

    def divide(self, since: Cursor | None, until: Cursor | None, parts: int) -> Division:  # noqa: ARG002  # the contract's
        """Whole files, in runs of about one size.

        What of a file is left, and its highest value, only reading in order tells: then one part, without a position.
        """
        before = {} if self.span else _read_before(since)
        files = [file for file in self._files() if self._state(file, before) != "same"]
        begun = since is not None and bool(since.get("within"))
        if self.cursor is not None or begun or any(self._state(file, before) == "changed" for file in files):
            return Division([replace(self, after=since)], None)
        total = sum(file.size for file in files) or 1
        shares: list[list[str]] = [[] for _ in range(max(1, parts))]
        passed = 0
        for file in files:  # runs of neighbours, so that the parts in their order are the files in theirs
            shares[min(len(shares) - 1, passed * len(shares) // total)].append(file.path)
            passed += file.size
        done = {**before, **{file.path: {"size": file.size, "modified": file.modified} for file in files}}
        return Division([replace(self, only=tuple(share)) for share in shares if share], {"files": done})

    def batches(self, since: Cursor | None) -> Iterator[Extracted]:
        since = self.after if since is None else since
        done = {} if self.span else _read_before(since)
        within: Mapping[str, Any] = {} if self.span or since is None else since.get("within") or {}
        due = [file for file in self._files() if self._state(file, done) != "same"]
        schema = self.schema() if due or self.kept is not None else None
        if schema is None:
            return
        self._check(due, schema)
        for file in due:
            state = self._state(file, done)
            known = done.get(file.path, {})
            if state == "changed" and self.cursor is None and self.changed == "refuse":
                raise SourceUnreadable(
                    f"changed since it was read ({known['size']:,} bytes of {known['modified']}, now {file.size:,} of "
                    f"{file.modified}), and rows are only appended",
                    where=self.place.shown(file.path),
                    fix="write new rows to a new file, or give the pipeline a key and on_conflict",
                )
            resumes = (within.get("path"), within.get("size"), within.get("modified")) == tuple(file)
            for extracted in self._rows(file, schema, done, known, int(within["rows"]) if resumes else 0):
                yield extracted
            last = extracted.position or {}
            done = dict(last["files"])

    def _rows(
        self, file: Found, schema: pa.Schema, done: Mapping[str, Any], known: Mapping[str, Any], skip: int
    ) -> Iterator[Extracted]:
        """One file's rows; the last position has it among those that are done."""
        import pyarrow as pa

        highest = _Highest(self.cursor, schema, known)
        rows = skip
        for piece in self._format.read(self.place, file.path, schema, self.options, skip):
            rows += piece.rows
            batch = highest.new_of(piece.batch)
            if highest.ahead and self.once:
                raise SourceUnreadable(
                    f"{self.cursor} lies ahead of time, so the clock that wrote it is wrong, and rows that are only"
                    " appended could come twice",
                    where=self.place.shown(file.path),
                    fix="mend the values, leave cursor out, or give the pipeline a key and on_conflict",
                )
            if self.span is not None:
                batch = rows_in(batch, self.span)
            position = {
                "files": done,
                "within": {"path": file.path, "size": file.size, "modified": file.modified, "rows": rows},
            }
            # what was the highest value when a changed file was begun is needed until it is done
            yield Extracted(batch, None if known else position, piece.rejected)
        entry = {"size": file.size, "modified": file.modified, **highest.as_json()}
        empty = pa.RecordBatch.from_arrays([pa.nulls(0, one.type) for one in schema], schema=schema)
        yield Extracted(empty, {"files": {**done, file.path: entry}})

    def _files(self) -> list[Found]:
        files = self.place.files()
        return files if self.only is None else [file for file in files if file.path in set(self.only)]

    def _state(self, file: Found, done: Mapping[str, Any]) -> str:
        known = done.get(file.path)
        if known is None:
            return "new"
        return "same" if (known["size"], known["modified"]) == (file.size, file.modified) else "changed"

    def _looked(self, file: Found, sample: int) -> pa.Schema:
        """The columns of one file, each named once, with the types that were given."""
        import pyarrow as pa

        schema = self._format.look(self.place, file.path, self.options, sample)
        names = schema.names
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise SourceUnreadable(f"the column {twice[0]!r} is there twice", where=self.place.shown(file.path))
        given = {name: type_named(text, where=f"types: {name}") for name, text in self.options.types.items()}
        for name in given:
            if name not in names and not self._format.sparse:
                raise WrongUse(f"types names {name!r}, which is no column of {self.place.shown(file.path)}")
        return pa.schema([pa.field(one.name, given.get(one.name, one.type)) for one in schema])

    def _check(self, files: list[Found], schema: pa.Schema) -> None:
        """Each file's columns before a row of any is read. Raises SourceDrifted."""
        for file in files:
            found = self._looked(file, _HEAD)
            shown = self.place.shown(file.path)
            extra = [name for name in found.names if name not in schema.names]
            if extra and self.options.extra != "ignore":
                raise SourceDrifted(f"has the column {extra[0]!r}, which others have not", where=shown, fix=_IGNORE)
            for one in schema:
                if one.name not in found.names:
                    if self._format.sparse:
                        continue
                    raise SourceDrifted(f"lacks the column {one.name!r}, which others have", where=shown)
                if self.typed and found.field(one.name).type != one.type:
                    raise SourceDrifted(
                        f"has {one.name!r} as {found.field(one.name).type}, where others have {one.type}",
                        where=shown,
                        fix=f'give types={{"{one.name}": "..."}} with a type that holds both',
                    )


class _Highest:
    """The highest value of the cursor column in a file, and how many rows had it: what is beyond it is new."""

    def __init__(self, column: str | None, schema: pa.Schema, known: Mapping[str, Any]) -> None:
        if column is not None and column not in schema.names:
            raise WrongUse(f"cursor={column!r} is no column; there is: {', '.join(schema.names)}")
        self._column = column
        self._floor = known.get("highest") if column is not None else None
        self._at_floor = int(known.get("at_highest", 0))
        self._value: Any = None
        self._count = 0
        self.ahead = False  # whether a value lies ahead of time: such rows are read again until it has come
        self._type = schema.field(column).type if column is not None else None

    def new_of(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows beyond what was known of the file, and what they tell of its highest value."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if self._column is None or batch.num_rows == 0:
            return batch
        values = batch.column(self._column)
        highest, ahead = highest_not_ahead(values)
        self.ahead = self.ahead or ahead
        if highest is not None:
            at = pc.sum(pc.equal(values, highest)).as_py()
            if self._value is None or pc.greater(highest, self._value).as_py():
                self._value, self._count = highest, at
            elif pc.equal(highest, self._value).as_py():
                self._count += at
        if self._floor is None:
            return batch
        floor = pa.scalar(self._floor, pa.string()).cast(self._type)
        beyond = pc.fill_null(pc.greater(values, floor), True)  # a row without a value is read each time
        level = pc.fill_null(pc.equal(values, floor), False)
        taken = min(self._at_floor, pc.sum(level).as_py() or 0)
        self._at_floor -= taken
        if pc.any(level).as_py():
            rank = pc.cumulative_sum(level.cast(pa.int64()))
            beyond = pc.or_(beyond, pc.and_(level, pc.greater(rank, taken)))
        return batch.filter(beyond)

    def as_json(self) -> dict[str, Any]:
        import pyarrow as pa

        if self._value is None:
            return {}
        return {"highest": self._value.cast(pa.string()).as_py(), "at_highest": self._count}


def _read_before(since: Cursor | None) -> dict[str, Any]:
    return dict((since or {}).get("files", {}))


def files_at(
    pattern: str, base: str, format: str | None, cursor: str | None, changed: str, options: ReadOptions
) -> Files:
    """The source of a pattern. Raises WrongUse for a format, a choice or an encoding that is none."""
    if changed not in ("reread", "refuse"):
        raise WrongUse(f'changed={changed!r} is not one of "reread", "refuse"')
    if options.broken not in ("quarantine", "refuse"):
        raise WrongUse(f'broken={options.broken!r} is not one of "quarantine", "refuse"')
    for argument, value in (("delimiter", options.delimiter), ("quote", options.quote)):
        if len(value.encode()) != 1:
            raise WrongUse(f"{argument}={value!r} is not one ASCII character")
    chosen = format_named(format) if format else format_of(pattern)
    if pattern.lower().endswith(".tsv") and options.delimiter == ",":
        options = replace(options, delimiter="\t")
    return Files(
        place=Place(pattern=pattern, base=base), format=chosen.name, options=options, cursor=cursor, changed=changed
    )
