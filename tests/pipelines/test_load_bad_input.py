"""Bad input of each kind, from its source into a table: a clear error or a row set aside, and nothing half-loaded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from listed import pipeline_of

from pgmason.errors import PgmasonError
from pgmason.pipelines import extract
from pgmason.pipelines.extract.faults import SourceUnreadable
from pgmason.pipelines.runner import run_pipeline

FRESH = Callable[..., Any]
TABLE = """
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1);
CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES parent, n smallint, mood mood, name text);
INSERT INTO t VALUES (-1, 1, 1, 'sad', 'there before');
"""


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()


@pytest.fixture
def database(fresh_database: FRESH) -> Any:
    made = fresh_database()
    made.execute(TABLE)
    return made


def loaded(database: Any) -> list[int]:
    return [row[0] for row in database.execute("SELECT id FROM t ORDER BY id")]


def test_of_a_csv_file_each_bad_row_is_set_aside_with_its_reason_and_all_others_load(database: Any) -> None:
    bad = {
        900: (b'900,1,1,sad,"never closed', "bad.csv:902: a quote is not closed on its line"),
        901: ("901,1,1,sad,Zoë".encode("latin-1"), "bad.csv:903: name is not UTF-8"),
        902: (b"902,1,1,sad,a\0b", "name holds a NUL character"),
        903: (b"903,1,40000,sad,x", "n does not fit smallint"),
        904: (b"904,1,1,angry,x", "mood is no label of mood"),
        905: (b"905,7,1,sad,x", "parent is not in public.parent"),
        906: (b"99999999999,1,1,sad,x", "id does not fit integer"),
        907: (b"907,1,1,sad", "bad.csv:909: "),
    }
    lines = [bad[i][0] if i in bad else f"{i},1,{i},glad,name {i}".encode() for i in range(2_000)]
    lines[1_500] = b"3,1,3,sad,a later row with the key of another"
    Path("bad.csv").write_bytes(b"id,parent,n,mood,name\n" + b"\n".join(lines) + b"\n")

    run = run_pipeline(pipeline_of(extract.files("bad.csv")), database.url)

    assert loaded(database) == [-1, *(i for i in range(2_000) if i not in bad and i != 1_500)]
    assert database.execute("SELECT name FROM t WHERE id = 3") == [("a later row with the key of another",)]
    assert (run.counts.quarantined, run.counts.superseded) == (len(bad), 1)
    reasons = sorted(row[0] for row in database.execute("SELECT reason FROM pgmason.quarantine"))
    expected = sorted(reason for _, reason in bad.values())
    assert len(reasons) == len(expected)
    for reason, wanted in zip(reasons, expected, strict=True):
        assert reason.startswith(wanted)
    again = run_pipeline(pipeline_of(extract.files("bad.csv")), database.url)
    assert again.counts.read == 0


def parquet(path: str, first: int, rows: int = 50_000) -> None:
    ids = range(first, first + rows)
    table = pa.table({"id": pa.array(ids, pa.int32()), "name": [f"name {i:030}" for i in ids]})
    pq.write_table(table, path, row_group_size=10_000, compression="none")


@pytest.mark.parametrize("policy", ["update", "append", "replace"])
@pytest.mark.parametrize("how", ["truncated", "broken inside"])
def test_a_broken_parquet_file_behind_a_good_one_loads_nothing_until_it_is_whole(
    database: Any, policy: str, how: str
) -> None:
    parquet("in/1.parquet", 0)
    parquet("in/2.parquet", 50_000)
    whole = Path("in/2.parquet").read_bytes()
    broken = whole[: len(whole) // 2] if how == "truncated" else bytearray(whole)
    if how == "broken inside":
        broken[len(whole) // 2 : len(whole) // 2 + 5_000] = b"\xff" * 5_000
    Path("in/2.parquet").write_bytes(broken)
    pipeline = pipeline_of(extract.files("in/*.parquet"), on_conflict=policy)

    with pytest.raises(SourceUnreadable, match=r"in/2\.parquet"):
        run_pipeline(pipeline, database.url)
    assert loaded(database) == [-1]

    Path("in/2.parquet").write_bytes(whole)
    assert run_pipeline(pipeline, database.url).counts.inserted == 100_000
    assert loaded(database) == [*([] if policy == "replace" else [-1]), *range(100_000)]


Reply = tuple[int, str, bytes]


@pytest.fixture
def api() -> Iterator[tuple[str, list[Callable[[int], Reply]]]]:
    """The address of an API, and a list whose last function gives the reply to the question for a page."""
    replies: list[Callable[[int], Reply]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's name
            page = parse_qs(urlsplit(self.path).query).get("page", ["1"])[0]
            status, kind, body = replies[-1](int(page))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/rows", replies
    server.shutdown()
    server.server_close()


def test_an_api_that_answers_500_and_then_html_in_the_middle_loads_nothing(database: Any, api: Any) -> None:
    url, replies = api
    pages = {1: b'[{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]', 2: b'[{"id": 3, "name": "c"}]'}
    second_page = iter([(500, "text/plain", b"oops"), (200, "text/html", b"<html>back soon</html>")])
    pipeline = pipeline_of(extract.http_json(url, page_param="page"))
    replies.append(lambda page: (200, "application/json", pages[1]) if page == 1 else next(second_page))
    with pytest.raises(SourceUnreadable, match="text/html, which is no JSON"):
        run_pipeline(pipeline, database.url)
    assert next(second_page, None) is None
    assert loaded(database) == [-1]

    replies.append(lambda page: (200, "application/json", pages.get(page, b"[]")))
    assert run_pipeline(pipeline, database.url).counts.inserted == 3
    assert loaded(database) == [-1, 1, 2, 3]


def test_a_clock_that_runs_ahead_hides_no_later_row_and_doubles_none(database: Any) -> None:
    """One export has a row of next year; the rows that come after it by right are loaded all the same."""
    now = datetime.now(UTC).replace(microsecond=0)
    database.execute("ALTER TABLE t ADD COLUMN at timestamptz")

    def export(*rows: tuple[int, datetime]) -> None:
        table = pa.table({"id": pa.array([one for one, _ in rows], pa.int32()), "at": [at for _, at in rows]})
        pq.write_table(table, "in/rows.parquet")

    pipeline = pipeline_of(extract.files("in/*.parquet", cursor="at"))
    first = [(1, now - timedelta(hours=3)), (2, now + timedelta(days=365))]
    export(*first)
    run_pipeline(pipeline, database.url)
    export(*first, (3, now - timedelta(hours=2)), (4, now - timedelta(hours=1)))
    run = run_pipeline(pipeline, database.url)
    assert loaded(database) == [-1, 1, 2, 3, 4]
    assert (run.counts.inserted, run.counts.updated) == (2, 0)


def test_what_is_no_file_of_rows_at_all_is_told_and_leaves_no_run_open(database: Any) -> None:
    Path("in/1.parquet").write_bytes(b"")
    with pytest.raises(PgmasonError, match=r"in/1\.parquet"):
        run_pipeline(pipeline_of(extract.files("in/*.parquet")), database.url)
    assert database.execute("SELECT count(*) FROM pgmason.runs WHERE state = 'running'") == [(0,)]
    assert loaded(database) == [-1]
