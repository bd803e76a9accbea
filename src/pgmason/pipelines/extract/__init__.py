"""Where do rows come from? One function a kind of source; what each gives is a `model.Source`.

Nothing is opened when a source is declared. Paths are relative to the folder of the process when the pipeline's file
is imported, which for `pgmason pipeline` is the product's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse

if TYPE_CHECKING:
    from pgmason.pipelines.extract.from_database import Database
    from pgmason.pipelines.extract.from_files import Files
    from pgmason.pipelines.extract.from_http import HttpJson
    from pgmason.pipelines.extract.from_postgres import Postgres
    from pgmason.pipelines.extract.from_rows import Rows

__all__ = ["database", "files", "http_json", "postgres", "rows"]


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


def database(
    url: str,
    table: str | None = None,
    *,
    query: str | None = None,
    driver: str | None = None,
    cursor: str | None = None,
    lookback: str | float | timedelta | None = None,
    types: Mapping[str, str] | None = None,
) -> Database:
    """A table or query of another database: through SQLAlchemy (`"mysql+pymysql://..."`), or through the ADBC `driver`
    of that name (`"adbc_driver_sqlite"`), which is faster; see `from_database.py`.

    `url` may be `env:NAME`. With `cursor`, rows from `lookback` before the highest value that was read.
    """
    from pgmason.pipelines.expect.runs import span_of
    from pgmason.pipelines.extract.from_database import Database

    if (table is None) == (query is None):
        raise WrongUse("extract.database takes a table, or query=...: one of them")
    if query is None:
        names = ".".join('"' + part.replace('"', '""') + '"' for part in (table or "").split("."))
        query = f"SELECT * FROM {names}"  # noqa: S608  # delimited identifiers
    return Database(
        url=url,
        query=query,
        driver=driver,
        cursor=cursor,
        lookback=span_of(lookback) if isinstance(lookback, str | timedelta) else lookback,
        types=dict(types or {}),
    )


def http_json(
    url: str,
    *,
    rows: str | None = None,
    next: str | None = None,
    page_param: str | None = None,
    offset_param: str | None = None,
    token_param: str | None = None,
    first_page: int = 1,
    cursor: str | None = None,
    cursor_param: str | None = None,
    headers: Mapping[str, str] | None = None,
    types: Mapping[str, str] | None = None,
    per_second: float | None = None,
    retries: int = 5,
    timeout_s: float = 30,
) -> HttpJson:
    """A JSON API; see `from_http.py` and `asking_http.py`.

    `rows` is where the list of rows is in an answer (`"data.items"`). From page to page: `next="link"` follows the
    header Link, `next="meta.next"` a URL in the answer, with `token_param` a token that is sent back under that name;
    `page_param` counts pages and `offset_param` rows, until a page is empty. `cursor` and `cursor_param` ask for what
    came after the highest value of a column. A header's value may be `env:NAME` (`"Bearer env:SHOP_TOKEN"`).
    """
    from pgmason.pipelines.extract.from_http import HttpJson

    return HttpJson(
        url=url,
        rows=rows,
        next=next,
        page_param=page_param,
        offset_param=offset_param,
        token_param=token_param,
        first_page=first_page,
        cursor=cursor,
        cursor_param=cursor_param,
        headers=dict(headers or {}),
        types=dict(types or {}),
        per_second=per_second,
        retries=retries,
        timeout_s=timeout_s,
    )


def rows(
    function: Callable[..., Iterable[Any]], *, cursor: str | None = None, types: Mapping[str, str] | None = None
) -> Rows:
    """A function at a module's top that gives dicts, record batches or tables; with `cursor` it takes `since`."""
    from pgmason.pipelines.extract.from_rows import Rows

    return Rows(function=function, cursor=cursor, types=dict(types or {}))
