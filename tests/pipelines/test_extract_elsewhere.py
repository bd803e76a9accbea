"""Rows out of JSON APIs (a loopback server of our own), other databases, and functions."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pytest

from pgmason.errors import WrongUse
from pgmason.pipelines import extract
from pgmason.pipelines.extract.faults import SourceUnreachable, SourceUnreadable
from pgmason.pipelines.model import Rejected, Source

Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Api:
    """A server whose replies a test gives: a function of path and query; what was asked is kept."""

    reply: Callable[[str, dict[str, str]], Reply] = field(default=lambda path, query: (404, {}, b""))
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def api() -> Iterator[Api]:
    held = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's name
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            held.asked.append((parts.path, query, dict(self.headers)))
            status, headers, body = held.reply(parts.path, query)
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    held.url = f"http://127.0.0.1:{server.server_port}"
    yield held
    server.shutdown()
    server.server_close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it would have waited."""
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    return waited


def read(source: Source, since: Any = None) -> tuple[list[dict[str, Any]], list[Rejected], Any]:
    rows: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    position = since
    for batch, at, wrong in source.batches(since):
        rows += batch.to_pylist()
        rejected += wrong
        position = at if at is not None else position
    return rows, rejected, position


def ids(source: Source, since: Any = None) -> list[Any]:
    return [row["id"] for row in read(source, since)[0]]


def as_json(value: Any) -> bytes:
    import json

    return json.dumps(value).encode()


# --- HTTP -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["link", "url", "token", "page", "offset"])
def test_every_page_is_read_whichever_way_the_api_counts_them(api: Api, way: str) -> None:
    pages = [[{"id": 1}, {"id": 2}], [{"id": 3}, {"id": 4}], [{"id": 5}]]

    def reply(path: str, query: dict[str, str]) -> Reply:
        if way == "offset":
            every = [row for page in pages for row in page]
            at = int(query["skip"])
            return 200, {}, as_json({"items": every[at : at + 2]})
        number = int(query.get("p", "1" if way == "page" else "0")) - (1 if way == "page" else 0)
        page = pages[number] if number < len(pages) else []
        more = number + 1 < len(pages)
        if way == "link":
            header = {"Link": f'<{api.url}/a?p=9>; rel="last", </a?p={number + 1}>; rel="next"'} if more else {}
            return 200, header, as_json({"items": page})
        following = {"url": f"/a?p={number + 1}", "token": str(number + 1)}.get(way) if more else None
        return 200, {}, as_json({"items": page, "meta": {"next": following}})

    api.reply = reply
    source = {
        "link": extract.http_json(f"{api.url}/a", rows="items", next="link"),
        "url": extract.http_json(f"{api.url}/a", rows="items", next="meta.next"),
        "token": extract.http_json(f"{api.url}/a", rows="items", next="meta.next", token_param="p"),
        "page": extract.http_json(f"{api.url}/a", rows="items", page_param="p"),
        "offset": extract.http_json(f"{api.url}/a", rows="items", offset_param="skip"),
    }[way]
    assert ids(source) == [1, 2, 3, 4, 5]


def test_a_500_is_tried_again_and_html_that_follows_is_told_for_what_it_is(api: Api, pauses: list[float]) -> None:
    replies = iter(
        [(500, {}, b"oops"), (503, {"Retry-After": "7"}, b""), (200, {"Content-Type": "text/html"}, b"<html>")]
    )
    api.reply = lambda path, query: next(replies)
    with pytest.raises(SourceUnreadable, match="answered 200 with text/html, which is no JSON"):
        read(extract.http_json(f"{api.url}/orders"))
    assert len(api.asked) == 3
    assert pauses[1] == 7
    assert 0 < pauses[0] <= 0.5


def test_an_api_that_stays_down_is_unreachable_and_told_without_its_query(api: Api, pauses: list[float]) -> None:
    api.reply = lambda path, query: (502, {}, b"")
    with pytest.raises(SourceUnreachable, match="answered 502 Bad Gateway, 3 times") as raised:
        read(extract.http_json(f"{api.url}/orders?key=hunter2", retries=2))
    assert "hunter2" not in str(raised.value)
    assert pauses == sorted(pauses)
    with pytest.raises(SourceUnreachable, match="did not answer"):
        read(extract.http_json("http://127.0.0.1:9/orders", retries=0))


def test_a_page_that_breaks_off_gives_no_row(api: Api) -> None:
    api.reply = lambda path, query: (200, {}, b'[{"id": 1}, {"id"')
    with pytest.raises(SourceUnreadable, match="JSON that ends or breaks in the middle"):
        read(extract.http_json(f"{api.url}/orders"))


def test_what_has_not_changed_is_not_read_again(api: Api) -> None:
    def reply(path: str, query: dict[str, str]) -> Reply:
        if api.asked[-1][2].get("If-None-Match") == '"v1"':
            return 304, {}, b""
        return 200, {"ETag": '"v1"'}, as_json([{"id": 1}])

    api.reply = reply
    source = extract.http_json(f"{api.url}/orders")
    source = source.with_schema(source.schema())
    rows, _, position = read(source)
    assert len(rows) == 1
    assert list(source.batches(position)) == []


def test_what_came_after_the_highest_value_is_asked_for(api: Api) -> None:
    rows = [{"id": i, "at": f"2026-01-0{i}T00:00:00Z"} for i in range(1, 6)]
    api.reply = lambda path, query: (200, {}, as_json([row for row in rows if str(row["at"]) > query.get("after", "")]))
    source = extract.http_json(f"{api.url}/orders", cursor="at", cursor_param="after")
    source = source.with_schema(source.schema())
    given = rows[3:]
    del rows[3:]
    first, _, position = read(source)
    rows += given
    assert [row["id"] for row in first] == [1, 2, 3]
    assert ids(source, position) == [4, 5]


def test_a_value_ahead_of_time_is_not_where_the_next_read_begins(api: Api) -> None:
    rows = [{"id": 1, "at": "2026-01-01T00:00:00Z"}, {"id": 2, "at": "2090-01-01T00:00:00Z"}]
    api.reply = lambda path, query: (200, {}, as_json(rows))
    source = extract.http_json(f"{api.url}/orders", cursor="at", cursor_param="after")
    assert read(source)[2]["value"] == "2026-01-01T00:00:00Z"


def test_secrets_come_from_the_environment_and_go_to_one_place_only(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "hunter2")
    api.reply = lambda path, query: (200, {}, as_json([{"id": 1}]))
    source = extract.http_json(f"{api.url}/a", headers={"Authorization": "Bearer env:SHOP_TOKEN"})
    assert "hunter2" not in repr(source)
    assert ids(source) == [1]
    assert api.asked[-1][2]["Authorization"] == "Bearer hunter2"
    for elsewhere in (
        lambda path, query: (302, {"Location": "http://127.0.0.2:1/a"}, b""),
        lambda path, query: (200, {"Link": '<http://127.0.0.2:1/a>; rel="next"'}, as_json([{"id": 1}])),
    ):
        api.reply = elsewhere
        with pytest.raises(SourceUnreadable, match=r"another place: 127\.0\.0\.2:1"):
            read(extract.http_json(f"{api.url}/a", next="link"))


def test_pages_that_go_in_a_circle_are_told(api: Api) -> None:
    api.reply = lambda path, query: (200, {}, as_json({"items": [{"id": 1}], "next": "/a?p=1"}))
    with pytest.raises(SourceUnreadable, match="read before"):
        read(extract.http_json(f"{api.url}/a", rows="items", next="next"))


def test_it_asks_no_faster_than_it_may(api: Api) -> None:
    import time

    api.reply = lambda path, query: (200, {}, as_json([{"id": 1}] if int(query["p"]) < 4 else []))
    source = extract.http_json(f"{api.url}/a", page_param="p", per_second=20).with_schema(
        pa.schema([("id", pa.int64())])
    )
    began = time.monotonic()
    assert len(ids(source)) == 3
    assert time.monotonic() - began >= 3 / 20


# --- other databases ------------------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlalchemy", "adbc"])
def sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Callable[..., Any]]:
    """A SQLite file with orders, and how a source of it is declared."""
    file = tmp_path / "old.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL, note TEXT)")
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", [(i, i / 2, None) for i in range(1, 25_001)])
    if request.param == "adbc":
        pytest.importorskip("adbc_driver_sqlite")
        return file, lambda *a, **k: extract.database(str(file), *a, driver="adbc_driver_sqlite", **k)
    pytest.importorskip("sqlalchemy")
    return file, lambda *a, **k: extract.database(f"sqlite:///{file}", *a, **k)


def test_a_table_of_another_database_is_read_whole(sqlite: tuple[Path, Callable[..., Any]]) -> None:
    rows, rejected, _ = read(sqlite[1]("orders"))
    assert (len(rows), rejected) == (25_000, [])
    assert sum(row["total"] for row in rows) == sum(i / 2 for i in range(1, 25_001))


def test_a_cursor_of_another_database_goes_back_as_far_as_it_is_told(sqlite: tuple[Path, Callable[..., Any]]) -> None:
    file, declare = sqlite
    with pytest.raises(WrongUse, match="commits late"):
        declare("orders", cursor="id")
    source = declare("orders", cursor="id", lookback=10, types={"note": "text"})
    source = source.with_schema(source.schema())
    _, _, position = read(source)
    with sqlite3.connect(file) as connection:
        connection.execute("INSERT INTO orders VALUES (30000, 1, 'new')")
    assert ids(source, position) == [*range(24_990, 25_001), 30_000]
    assert ids(source.between("5", "8")) == [5, 6, 7]
    with pytest.raises(WrongUse, match="append"):
        source.for_append()


def test_a_value_of_another_type_than_was_kept_is_told(sqlite: tuple[Path, Callable[..., Any]]) -> None:
    file, declare = sqlite
    source = declare("orders")
    source = source.with_schema(pa.schema([("id", pa.int64()), ("total", pa.float64()), ("note", pa.int64())]))
    with sqlite3.connect(file) as connection:
        connection.execute("INSERT INTO orders VALUES (30000, 1, 'new')")
    if source.driver:
        with pytest.raises(SourceUnreadable, match=r"note string|Type mismatch") as raised:
            read(source)
        assert "new" not in str(raised.value)
    else:
        assert [one.reason for one in read(source)[1]] == [f"{source.name}: row 25001: note is no int64"]


def test_a_query_that_the_other_database_refuses_is_told(sqlite: tuple[Path, Callable[..., Any]]) -> None:
    with pytest.raises((SourceUnreadable, SourceUnreachable), match="nothing"):
        read(sqlite[1](query="SELECT nothing FROM orders"))


# --- functions ------------------------------------------------------------------------------------------------------


def _dicts() -> Iterator[dict[str, Any]]:
    for i in range(12_000):
        yield {"id": i, "total": i / 4, "tags": ["a"] if i % 2 else None}
    yield {"id": "x", "total": 1}


def _batches() -> Iterator[Any]:
    yield pa.record_batch({"id": [1, 2]})
    yield pa.table({"id": [3]})


def _since(since: str | None) -> Iterator[dict[str, Any]]:
    yield from ({"id": i} for i in range(int(since or 0) + 1, 6))


def test_a_function_gives_dicts_batches_or_tables() -> None:
    rows, rejected, position = read(extract.rows(_dicts))
    assert (len(rows), position) == (12_000, None)
    assert [one.reason for one in rejected] == ["rows of _dicts: row 12001: id is no int64"]
    assert ids(extract.rows(_batches)) == [1, 2, 3]


def test_a_function_is_told_the_highest_value_that_was_loaded() -> None:
    source = extract.rows(_since, cursor="id")
    rows, _, position = read(source)
    assert [row["id"] for row in rows] == [1, 2, 3, 4, 5]
    assert ids(source, {"value": "3"}) == [4, 5]
    assert ids(source.with_schema(source.schema()), position) == []
