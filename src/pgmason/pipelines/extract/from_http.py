"""Rows out of an HTTP API that answers JSON, page after page.

The cursor is the tag of an answer that is one page (nothing is read where it has not changed), and the highest value of
a column where the API can be asked for what came after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from pgmason.errors import WrongUse
from pgmason.names import without_password
from pgmason.pipelines.extract.asking_http import Answer, Asker
from pgmason.pipelines.extract.clocks import is_ahead
from pgmason.pipelines.extract.columns import merged
from pgmason.pipelines.extract.faults import SourceUnreadable
from pgmason.pipelines.extract.objects import inferred_from, rows_of
from pgmason.pipelines.model import Cursor, Extracted, Rejected
from pgmason.rows.texts import json_text

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["HttpJson"]

_ROWS = 20_000  # of a batch
_PAGES = 100_000  # of one read: more is a `next` that goes in a circle
_FEW = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpJson:
    """See `extract.http_json`, whose arguments these are."""

    url: str
    rows: str | None = None
    next: str | None = None
    page_param: str | None = None
    offset_param: str | None = None
    token_param: str | None = None
    first_page: int = 1
    cursor: str | None = None
    cursor_param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    types: Mapping[str, str] = field(default_factory=dict)
    per_second: float | None = None
    retries: int = 5
    timeout_s: float = 30
    kept: pa.Schema | None = None
    extra: str = "refuse"

    def __post_init__(self) -> None:
        ways = [one for one in (self.next, self.page_param, self.offset_param) if one]
        if len(ways) > 1:
            raise WrongUse("an API has one way from page to page: next, page_param or offset_param")
        if (self.cursor is None) != (self.cursor_param is None):
            raise WrongUse("cursor is a column, cursor_param what the API calls it: both or none")

    @property
    def name(self) -> str:
        return without_password(self.url.partition("?")[0])

    typed = False
    sparse = True

    def schema(self) -> pa.Schema:
        if self.kept is not None:
            return self.kept
        found = self.found_schema()
        if found is None:
            raise SourceUnreadable("the first page has no row, so its columns are not known yet", where=self.name)
        return found

    def found_schema(self) -> pa.Schema | None:
        """The columns of the first page as it is now; None where it has no row."""
        first = next(self._pages(None, None), None)
        if first is None or first[1].document is None:
            return None
        objects = [row for row in self._rows(first[1].document, first[0]) if isinstance(row, Mapping)]
        return merged([inferred_from(objects, self.types)]) if objects else None

    def with_schema(self, schema: pa.Schema) -> HttpJson:
        return replace(self, kept=schema)

    def ignoring_extra(self) -> HttpJson:
        """The source, with fields that are no column left out."""
        return replace(self, extra="ignore")

    def batches(self, since: Cursor | None) -> Iterator[Extracted]:
        schema = self.schema()
        tag = since.get("tag") if since else None
        highest: Any = since.get("value") if since else None
        held: list[tuple[str, Any]] = []
        for url, answer in self._pages(highest, tag):
            if answer.document is None:
                return
            tag = answer.tag if not self._paged else None
            held += [(f"{url}:{i}", row) for i, row in enumerate(self._rows(answer.document, url), 1)]
            if self.cursor is not None:
                known = [] if highest is None else [highest]
                highest = max([*known, *_values(held, self.cursor)], key=_comparable, default=None)
            while len(held) >= _ROWS:
                yield Extracted(*self._batch(held[:_ROWS], schema))
                held = held[_ROWS:]
        batch, _, rejected = self._batch(held, schema)
        yield Extracted(batch, {"tag": tag, "value": highest}, rejected)

    @property
    def _paged(self) -> bool:
        return bool(self.next or self.page_param or self.offset_param)

    def _batch(self, held: Sequence[tuple[str, Any]], schema: pa.Schema) -> tuple[pa.RecordBatch, None, list[Rejected]]:
        faults = [(place, "is no JSON object", row) for place, row in held if not isinstance(row, Mapping)]
        good = [(place, row) for place, row in held if isinstance(row, Mapping)]
        batch, unfit = rows_of([row for _, row in good], schema, extra=self.extra)
        faults += [(good[i][0], what, good[i][1]) for i, what in unfit]
        if len(faults) > _FEW and len(faults) * 10 > len(held):
            raise SourceUnreadable(
                f"{len(faults):,} of {len(held):,} rows do not fit the kept columns; the first {faults[0][1]}",
                where=self.name,
            )
        return batch, None, [Rejected(f"{place}: {what}", json_text(row)) for place, what, row in faults]

    def _pages(self, value: Any, tag: str | None) -> Iterator[tuple[str, Answer]]:
        """Each page's URL without its query, and its answer."""
        asker = Asker(self.headers, self.retries, self.timeout_s, self.per_second)
        base = self.url if value is None or self.cursor_param is None else _with(self.url, {self.cursor_param: value})
        url, number, offset = base, self.first_page, 0
        seen: set[str] = set()
        for _ in range(_PAGES):
            if self.page_param:
                url = _with(base, {self.page_param: number})
            elif self.offset_param:
                url = _with(base, {self.offset_param: offset})
            if url in seen:
                raise SourceUnreadable("the next page is one that was read before", where=self.name)
            seen.add(url)
            answer = asker.ask(url, tag=tag if not self._paged else None)
            yield f"{self.name} page {len(seen)}", answer
            if answer.document is None or not self._paged:
                return
            count = len(self._rows(answer.document, url))
            number, offset = number + 1, offset + count
            if self.next is None:
                if count == 0:
                    return
                continue
            following = answer.links.get("next") if self.next == "link" else _at(answer.document, self.next)
            if following in (None, "", False):
                return
            url = _with(base, {self.token_param: following}) if self.token_param else urljoin(url, str(following))
        raise SourceUnreadable(f"has more than {_PAGES:,} pages", where=self.name)

    def _rows(self, document: Any, where: str) -> list[Any]:
        found = _at(document, self.rows) if self.rows else document
        if not isinstance(found, list):
            what = f"{self.rows} of the answer" if self.rows else "the answer"
            raise SourceUnreadable(
                f"{what} is no list of rows", where=where, fix='say where they are: rows="data.items"'
            )
        return found


def _values(held: Sequence[tuple[str, Any]], column: str) -> list[Any]:
    """Values that a cursor may follow."""
    return [value for _, row in held if (value := _at(row, column)) is not None and not is_ahead(value)]


def _comparable(value: Any) -> tuple[int, Any]:
    return (0, value) if isinstance(value, int | float) else (1, str(value))


def _at(document: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(document, Mapping):
            return None
        document = document.get(name)
    return document


def _with(url: str, parameters: Mapping[str, Any]) -> str:
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in parameters]
    query = urlencode([*kept, *((name, str(value)) for name, value in parameters.items())])
    return urlunsplit(parts._replace(query=query))
