"""A schema.prisma, read as Prisma's own engine reads it: `prisma:prisma/schema.prisma`.

    files.py       which files those are           places.py   what prisma.config names
    version.py     the product's Prisma
    lexer.py, parser.py, tree.py    the text, with the place of each piece
    resolving.py   what it means together          meaning.py  models, keys, indexes, relations as data
    datasource.py, defaults.py, indexes.py, operators.py, predicates.py, relations.py, checking.py   parts of that
    types.py, naming.py, quoting.py   what stands for what in PostgreSQL
    lowering.py    the SQL of it, each statement with its place
    reach.py, values.py    what the language can say, and when that is the same
    calling.py     what it calls the objects of the database
    writer/        the other way: a catalog as schema.prisma

The SQL is applied to a scratch database and read back, as that of every source; where nothing changed since, no
server is asked.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pgmason.catalog.collector import without_collector
from pgmason.errors import StatementFailed, UnknownSource
from pgmason.findings import Place
from pgmason.names import ObjectId
from pgmason.sources import Called, Context, Reading, SourceKind
from pgmason.sources.prisma.files import schema_files
from pgmason.sources.prisma.version import Version, version_files, version_of
from pgmason.sources.replay import Replay, replay
from pgmason.sources.sql import shown
from pgmason.sources.units import Frame, Unit

if TYPE_CHECKING:  # a product whose schema has not changed is told from what was kept, and nothing of it is parsed
    from pgmason.sources.prisma.faults import Fault
    from pgmason.sources.prisma.lowering import Lowered
    from pgmason.sources.prisma.meaning import Schema
    from pgmason.sources.prisma.tree import Document

__all__ = ["SOURCE", "read_prisma", "schema_of"]

_LARGEST_CHARACTERS = 8_000_000


def schema_of(path: Path, context: Context) -> Schema:
    """The meaning of the files at a path, without a server. Raises SchemaInvalid, UnknownSource, Unsupported."""
    from pgmason.sources.prisma.parser import parse
    from pgmason.sources.prisma.resolving import resolve

    documents: list[Document] = []
    faults: list[Fault] = []
    for file in schema_files(path, shown=shown(path, context)):
        name = shown(file, context)
        document, wrong = parse(_text(file, name), file=name)
        documents.append(document)
        faults += wrong
    return resolve(documents, faults)


def read_prisma(path: Path, context: Context) -> Reading:
    """The database of a schema.prisma. Raises as `read_source` does, and SchemaInvalid."""
    from pgmason.sources.prisma.reach import reach_of

    with without_collector():
        schema = schema_of(path, context)
        version = version_of(path if path.is_dir() else path.parent, context.root)
    statements, result, generated = _applied(schema, version, path, context)
    lines = _lines(statements)
    models = sum(not model.is_view for model in schema.models)
    said = f", {version.said}" if version.said else ""
    return Reading(
        catalog=result.catalog,
        origin=f"{shown(path, context)} (Prisma schema, {models} model{'s' if models != 1 else ''}{said})",
        server=result.server,
        substitute=result.substitute,
        notes=(*_notes(schema, version), *_generated_notes(generated), *result.notes),
        applied=result.applied,
        reused=result.reused,
        places=_places(result, statements, lines),
        reach=reach_of(schema),
    )


def _applied(
    schema: Schema, version: Version, path: Path, context: Context
) -> tuple[list[Lowered], Replay, list[Place]]:
    """The statements, what they make, and the fields that can only be generated columns, as PostgreSQL says."""
    from pgmason.sources.prisma.lowering import lower

    generated: list[Place] = []
    while True:
        statements = lower(schema, version, generated=generated)
        unit = Unit(
            name=path.name,
            file=shown(path, context),
            text="".join(f"{statement.sql};\n" for statement in statements),
            frame=Frame.WHOLE,
        )
        try:
            return statements, replay([unit], context), generated
        except StatementFailed as exc:
            told = _pointed(exc, _lines(statements))
            place = Place(file=told.file, line=told.line)
            # cannot use column reference in DEFAULT expression (catalog/heap.c, cookDefault)
            if exc.sqlstate != "0A000" or place in generated or "DEFAULT expression" not in exc.message:
                raise told from exc
            generated.append(place)


def _generated_notes(generated: list[Place]) -> tuple[str, ...]:
    return tuple(f"{place}: a generated column, because its dbgenerated() speaks of others" for place in generated)


def _text(file: Path, name: str) -> str:
    try:
        text = file.read_bytes().decode("utf-8")
    except OSError as exc:
        raise UnknownSource(f"cannot be read: {exc.strerror}", where=name) from exc
    except UnicodeDecodeError as exc:
        raise UnknownSource(f"is not UTF-8: {exc.reason} at byte {exc.start}", where=name) from exc
    if len(text) > _LARGEST_CHARACTERS:
        raise UnknownSource("is larger than any schema", where=name)
    return text


def _lines(statements: list[Lowered]) -> list[Place]:
    """The place that each line of the lowered SQL is from: a table's lines are from its fields."""
    found: list[Place] = []
    for statement in statements:
        pieces = [place for _, place in statement.objects] or [statement.place]
        for line in range(statement.sql.count("\n") + 1):
            found.append(pieces[min(line, len(pieces) - 1)])
    return found


def _places(result: Replay, statements: list[Lowered], lines: list[Place]) -> dict[ObjectId, Place]:
    """Where each object is from: by name where the lowering says it, else by the statement that made it."""
    own = {identity: place for statement in statements for identity, place in statement.objects}
    found: dict[ObjectId, Place] = {}
    for identity in sorted(result.catalog.objects):
        place = own.get(identity)
        owned_by = getattr(result.catalog.objects[identity], "owned_by", None)  # the sequence behind a column
        if place is None and owned_by is not None:
            place = own.get(ObjectId("column", owned_by))
        if place is None and identity in result.places:
            place = lines[min(result.places[identity].line, len(lines)) - 1]
        if place is not None:
            found[identity] = place
    return found


def _pointed(exc: StatementFailed, lines: list[Place]) -> StatementFailed:
    """The failure, told of the schema's own line."""
    place = lines[min(exc.line, len(lines)) - 1] if lines else Place(file=exc.file, line=1)
    return StatementFailed(
        file=place.file,
        line=place.line,
        statement=exc.statement,
        message=exc.message,
        sqlstate=exc.sqlstate,
        detail=exc.detail,
        fix=exc.fix or "this is the SQL that Prisma makes of the line",
        next=exc.next,
    )


def _notes(schema: Schema, version: Version) -> tuple[str, ...]:
    notes = []
    if not schema.foreign_keys_kept:
        notes.append('relationMode = "prisma": the database holds no foreign keys')
    joins = any(relation.join_table is not None for relation in schema.relations)
    if joins and not version.said:
        notes.append("no package.json says which Prisma this is for: join tables are as since Prisma 6")
    if schema.datasource.direct_url_variable:
        name = schema.datasource.direct_url_variable
        notes.append(f"its migrations go by directUrl: the database itself is database:env:{name}")
    if version.said and version.major >= 7 and schema.datasource.url_variable is not None:
        notes.append(f"Prisma {version.major} refuses url in the datasource (P1012): it belongs in prisma.config.ts")
    views = [model.name for model in schema.models if model.is_view]
    if views:
        notes.append(f"views are made by no schema.prisma, only named: {', '.join(views)}")
    return tuple(notes)


def _read(rest: str, context: Context) -> Reading:
    return read_prisma(context.base / rest, context)


def _claims(path: Path) -> bool:
    if path.is_file():
        return path.suffix == ".prisma"
    return path.is_dir() and any(file.suffix == ".prisma" for file in path.iterdir())


def _files(rest: str, context: Context) -> tuple[Path, ...]:
    """The schema's own files, and those that say which Prisma it is for."""
    path = context.base / rest
    folder = path if path.is_dir() else path.parent
    return (*schema_files(path, shown=shown(path, context)), *version_files(folder, context.root))


def _calls(rest: str, context: Context) -> dict[ObjectId, Called]:
    from pgmason.sources.prisma.calling import called

    path = context.base / rest
    with without_collector():
        schema = schema_of(path, context)
        return called(schema, version_of(path if path.is_dir() else path.parent, context.root))


SOURCE = SourceKind(
    prefix="prisma",
    example="prisma:prisma/schema.prisma",
    read=_read,
    claims=_claims,
    files=_files,
    calls=_calls,
)
