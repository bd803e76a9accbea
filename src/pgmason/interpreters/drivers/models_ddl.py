"""Imports the product's SQLAlchemy models and writes down the DDL that makes their tables.

No connection is opened: `metadata.create_all` runs against a connection of SQLAlchemy's own kind that only compiles
("mock"), so listeners that send DDL before and after tables are heard, too.
"""

import os
import sys
import warnings
from importlib import import_module

from pgmason_child import imported_files, read_job, told, write_answer


def main():
    job = read_job()
    phase = "import"
    try:
        warnings.simplefilter("ignore")
        source = os.path.join(os.getcwd(), "src")
        if os.path.isdir(source):
            sys.path.insert(1, source)
        found = find(job["module"], job["attribute"])
        phase = "compile"
        statements, tables, skipped = compiled(found, job["major"])
        answer = {
            "statements": statements,
            "tables": tables,
            "skipped": skipped,
            "imported": imported_files(),
            "version": import_module("sqlalchemy").__version__,
        }
    except BaseException as error:
        answer = {"error": told(error, phase)}
    write_answer(job, answer)


class NoMetadata(Exception):
    """What was named holds no metadata of SQLAlchemy's."""


def find(module, attribute):
    """Every MetaData that MODULE:ATTRIBUTE means, and those that are passed over, as (key, MetaData)."""
    value = import_module(module)
    for part in attribute.split("."):
        value = getattr(value, part)
    context = None
    if callable(value) and not isinstance(value, type) and not hasattr(value, "metadata"):
        value = value()
    if hasattr(value, "app_context") and "sqlalchemy" in getattr(value, "extensions", {}):  # a Flask application
        context = value.app_context()
        context.push()
        extension = value.extensions["sqlalchemy"]
        value = getattr(extension, "db", extension)
    return metadata_of(value, f"{module}:{attribute}")


def metadata_of(value, name):
    from sqlalchemy import MetaData

    if isinstance(value, MetaData):
        return [(None, value)]
    if isinstance(value, (list, tuple, set)):
        return [pair for one in value for pair in metadata_of(one, name)]
    several = getattr(value, "metadatas", None)  # Flask-SQLAlchemy: one for each bind
    if isinstance(several, dict):
        return sorted(several.items(), key=lambda item: item[0] or "")
    inner = getattr(value, "metadata", None)
    if isinstance(inner, MetaData):
        return [(None, inner)]
    raise NoMetadata(f"{name} is {type(value).__name__}: no MetaData, no declarative base, no registry")


def compiled(found, major):
    """The statements in order, (schema, table) of each table, and the binds that were passed over."""
    from sqlalchemy.dialects.postgresql.base import PGDialect
    from sqlalchemy.engine.mock import MockConnection

    dialect = PGDialect(paramstyle="named")  # no percent sign is doubled
    dialect.server_version_info = (major, 0)
    statements, tables, skipped = [], [], []

    def send(statement, *arguments, **named):
        if isinstance(statement, str):
            statements.append(statement)
            return
        kept = {} if statement.__visit_name__.startswith(("create", "drop", "ddl", "set_")) else {"literal_binds": True}
        statements.append(str(statement.compile(dialect=dialect, compile_kwargs=kept)).strip())

    connection = MockConnection(dialect, send)
    chosen = [metadata for key, metadata in found if key is None] or [metadata for _, metadata in found]
    skipped = [key for key, metadata in found if metadata not in chosen and metadata.tables]
    schemas = {}
    for metadata in chosen:
        for table in metadata.sorted_tables:
            tables.append([table.schema, table.name])
            schemas[table.schema] = None
            for column in table.columns:
                schemas[getattr(column.type, "schema", None)] = None
        for sequence in getattr(metadata, "_sequences", {}).values():
            schemas[sequence.schema] = None
    for metadata in chosen:
        metadata.create_all(connection, checkfirst=False)
    quote = dialect.identifier_preparer.quote
    made = [one for one in statements if one.upper().startswith("CREATE SCHEMA")]  # by a listener of the product's
    named = [quote(one) for one in schemas if one and one != "public"]
    missing = [one for one in named if not any(one in statement for statement in made)]
    return [f"CREATE SCHEMA IF NOT EXISTS {one}" for one in missing] + statements, tables, skipped


main()
