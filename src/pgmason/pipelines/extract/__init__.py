"""Where do rows come from? One function a kind of source; what each gives is a `model.Source`.

Nothing is opened when a source is declared. Paths are relative to the folder of the process when the pipeline's file
is imported, which for `pgmason pipeline` is the product's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pgmason.errors import WrongUse

if TYPE_CHECKING:
    from pgmason.pipelines.extract.from_files import Files
    from pgmason.pipelines.extract.from_postgres import Postgres

__all__ = ["files", "postgres"]


def files(
    pattern: str,
    *,
    format: str | None = None,
    cursor: str | None = None,
    types: Mapping[str, str] | None = None,
    changed: str = "reread",
    broken: str = "quarantine",
    delimiter: str = ",",
    quote: str = '"',
    encoding: str = "utf-8",
    header: bool = True,
    null_values: Sequence[str] = ("",),
    multiline: bool = False,
) -> Files:
    """Parquet, CSV, JSON (lines or an array) and Arrow files, here or in an object store; see `from_files.py`.

    `pattern` is a path with `*`, `?`, `[..]`, `**`, or a URI (`s3://bucket/orders/*.parquet`). `format` is told by the
    name unless said. `cursor` is a column that grows: of a file that changed, only rows beyond what was read are new.
    `types` counts instead of what would be inferred: `{"zip": "text", "total": "numeric(12,2)"}`. `broken` says whether
    a line that is no row is set aside ("quarantine") or stops the run ("refuse"). The others are for CSV alone.
    """
    from pgmason.pipelines.extract.formats import ReadOptions
    from pgmason.pipelines.extract.from_files import files_at

    options = ReadOptions(
        types=dict(types or {}),
        delimiter=delimiter,
        quote=quote,
        encoding=encoding,
        header=header,
        null_values=tuple(null_values),
        multiline=multiline,
        broken=broken,
    )
    return files_at(pattern, str(Path.cwd()), format, cursor, changed, options)


def postgres(
    database: str,
    table: str | None = None,
    *,
    query: str | None = None,
    cursor: str | None = None,
    key: str | Sequence[str] = (),
    lookback: str | float | timedelta | None = None,
) -> Postgres:
    """A table (`"public.orders"`) or a query of another PostgreSQL; see `from_postgres.py`.

    `database` is a URL, or `env:NAME` for one that the environment holds. With `cursor`, a column that grows, each run
    reads the row versions that were committed since the last one, however late; without it, everything each time.
    `key`, the columns of a unique index, lets the first read go in pages that a later run resumes. `lookback` (a span
    of time, or a number for a number's column) bounds by the cursor's index how far behind a commit can come.
    """
    from pgmason.pipelines.expect.runs import span_of
    from pgmason.pipelines.extract.from_postgres import Postgres

    if table is not None and (table.count(".") != 1 or not all(table.split("."))):
        raise WrongUse(f"table is SCHEMA.TABLE, and {table!r} is not")
    schema, _, name = (table or "").partition(".")
    return Postgres(
        database=database,
        table=(schema, name) if table is not None else None,
        query=query,
        cursor=cursor,
        key=(key,) if isinstance(key, str) else tuple(key),
        lookback=span_of(lookback) if isinstance(lookback, str | timedelta) else lookback,
    )
