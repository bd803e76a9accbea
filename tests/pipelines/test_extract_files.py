"""Rows out of files: each file once, each row that is none named, nothing swallowed."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from pgmason.errors import WrongUse
from pgmason.pipelines import extract
from pgmason.pipelines.extract.faults import SourceDrifted, SourceUnreadable
from pgmason.pipelines.model import Extracted, Rejected, Source


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(source: Source, since: Any = None) -> tuple[list[dict[str, Any]], list[Rejected], Any]:
    """The rows, what was no row, and the last position."""
    rows: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    position = since
    for batch, at, wrong in source.batches(since):
        assert batch.schema.equals(source.schema())
        rows += batch.to_pylist()
        rejected += wrong
        position = at if at is not None else position
    return rows, rejected, position


def ids(source: Source, since: Any = None) -> list[Any]:
    return [row["id"] for row in read(source, since)[0]]


def write_parquet(path: str, first: int, last: int, **more: Any) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    when = [datetime.fromtimestamp(1_700_000_000 + i, UTC) for i in range(first, last)]
    table = pa.table({"id": pa.array(range(first, last)), "at": pa.array(when, pa.timestamp("us", "UTC")), **more})
    pq.write_table(table, path, row_group_size=100)


# --- which files, and which rows of them ----------------------------------------------------------------------------


def test_a_pattern_names_files_as_a_shell_does_and_their_order_is_that_of_their_paths() -> None:
    for path in ("in/b.csv", "in/a.csv", "in/deep/c.csv", "in/a.txt", "other/a.csv"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(f"id\n{path}\n", encoding="utf-8")
    assert ids(extract.files("in/*.csv")) == ["in/a.csv", "in/b.csv"]
    assert ids(extract.files("in/**/*.csv")) == ["in/a.csv", "in/b.csv", "in/deep/c.csv"]
    assert ids(extract.files("[io]*/[!b].csv")) == ["in/a.csv", "other/a.csv"]
    assert ids(extract.files(f"file://{Path.cwd()}/in/*.csv")) == ["in/a.csv", "in/b.csv"]


def test_a_file_that_was_read_is_not_read_again_and_a_late_older_one_is() -> None:
    write_parquet("in/2.parquet", 100, 200)
    source = extract.files("in/*.parquet", cursor="at")
    rows, _, position = read(source)
    assert len(rows) == 100
    assert ids(source, position) == []
    write_parquet("in/1.parquet", 0, 100)  # older rows, in a file that came later and sorts before
    assert ids(source, json.loads(json.dumps(position))) == list(range(100))


def test_of_a_file_that_grew_only_what_lies_beyond_is_read_ties_of_the_highest_value_too() -> None:
    write_parquet("in/1.parquet", 0, 100)
    source = extract.files("in/*.parquet", cursor="at")
    _, _, position = read(source)
    grown = pq.read_table("in/1.parquet")
    tie = grown.slice(99).set_column(0, "id", pa.array([100]))
    younger = grown.slice(99).set_column(0, "id", pa.array([101])).set_column(
        1, "at", pa.array([datetime(2025, 1, 1, tzinfo=UTC)], pa.timestamp("us", "UTC"))
    )  # fmt: skip
    pq.write_table(pa.concat_tables([grown, tie, younger]), "in/1.parquet")
    assert ids(source, position) == [100, 101]


def test_a_clock_that_runs_ahead_makes_no_later_row_pass_unseen() -> None:
    write_parquet("in/1.parquet", 0, 10)
    table = pq.read_table("in/1.parquet")
    skewed = table.slice(9).set_column(0, "id", pa.array([10])).set_column(
        1, "at", pa.array([datetime(2090, 1, 1, tzinfo=UTC)], pa.timestamp("us", "UTC"))
    )  # fmt: skip
    pq.write_table(pa.concat_tables([table, skewed]), "in/1.parquet")
    source = extract.files("in/*.parquet", cursor="at")
    rows, _, position = read(source)
    assert len(rows) == 11
    right = table.slice(9).set_column(0, "id", pa.array([11])).set_column(
        1, "at", pa.array([datetime(2026, 1, 1, tzinfo=UTC)], pa.timestamp("us", "UTC"))
    )  # fmt: skip
    pq.write_table(pa.concat_tables([table, skewed, right]), "in/1.parquet")
    assert ids(source, position) == [10, 11]  # what lies ahead comes again, which a key makes harmless
    with pytest.raises(SourceUnreadable, match="at lies ahead of time"):
        read(source.for_append())


def test_a_changed_file_is_read_again_or_refused_where_rows_are_only_appended() -> None:
    write_parquet("in/1.parquet", 0, 10)
    source = extract.files("in/*.parquet")
    _, _, position = read(source)
    write_parquet("in/1.parquet", 0, 12)
    assert len(ids(source, position)) == 12
    with pytest.raises(SourceUnreadable, match=r"in/1\.parquet.* changed since it was read"):
        read(source.for_append(), position)


@pytest.mark.parametrize("name", ["in/1.parquet", "in/1.csv", "in/1.jsonl", "in/1.arrow"])
def test_a_read_goes_on_after_each_of_its_positions(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_parquet("in/0.parquet", 0, 1000, note=pa.array(["x" * 50] * 1000))
    table = pq.read_table("in/0.parquet")
    for module in ("csv_text", "json_lines", "parquet"):
        monkeypatch.setattr(f"pgmason.pipelines.extract.formats.{module}.BATCH_BYTES", 4_000)
    monkeypatch.setattr("pgmason.pipelines.extract.formats.arrow._ROWS", 64)
    Path(name).unlink(missing_ok=True)
    if name.endswith(".csv"):
        pyarrow.csv.write_csv(table, name)
    elif name.endswith(".jsonl"):
        Path(name).write_text(
            "".join(json.dumps({**row, "at": row["at"].isoformat()}) + "\n" for row in table.to_pylist())
        )
    elif name.endswith(".arrow"):
        with pa.OSFile(name, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    else:
        pq.write_table(table, name, row_group_size=100)
    source = extract.files(name)
    taken = list(source.batches(None))
    assert sum(one.batch.num_rows for one in taken) == 1000
    assert len(taken) > 5 or name.endswith("parquet")
    seen = 0
    for number, one in enumerate(taken):
        seen += one.batch.num_rows
        if number % 5 == 0 or number > len(taken) - 3:
            assert ids(source, one.position) == list(range(seen, 1000))


def test_parts_of_a_division_are_the_whole_and_end_where_it_ends() -> None:
    for i in range(7):
        write_parquet(f"in/{i}.parquet", i * 100, i * 100 + 100)
    source = extract.files("in/*.parquet")
    division = source.divide(None, None, 3)
    parts = [ids(part) for part in division.parts]
    assert len(parts) == 3
    assert [id for part in parts for id in part] == list(range(700))
    assert division.position == read(source)[2]


def test_a_span_of_the_cursor_column_is_read_whatever_was_read_before() -> None:
    write_parquet("in/1.parquet", 0, 100)
    source = extract.files("in/*.parquet", cursor="at")
    since, until = (datetime.fromtimestamp(1_700_000_000 + i, UTC).isoformat() for i in (10, 13))
    assert ids(source.between(since, until)) == [10, 11, 12]
    with pytest.raises(WrongUse, match="no cursor column"):
        extract.files("in/*.parquet").between(since, None)


def test_a_source_travels_to_another_process() -> None:
    write_parquet("in/1.parquet", 0, 3)
    assert ids(pickle.loads(pickle.dumps(extract.files("in/*.parquet", cursor="at")))) == [0, 1, 2]


def test_dictionaries_and_large_strings_are_how_a_file_is_written_and_not_its_types() -> None:
    write_parquet("in/1.parquet", 0, 2, note=pa.array(["a", "b"]).dictionary_encode())
    write_parquet("in/2.parquet", 2, 4, note=pa.array(["a", "b"], pa.large_string()))
    assert [row["note"] for row in read(extract.files("in/*.parquet"))[0]] == ["a", "b", "a", "b"]


# --- columns --------------------------------------------------------------------------------------------------------


def test_types_are_inferred_where_nothing_is_lost_by_it() -> None:
    Path("t.csv").write_text(
        "whole,zip,half,precise,flag,day,at,local,empty,quoted,mixed,big\n"
        "1,00501,0.5,0.1234567890123456789,true,2026-01-31,2026-01-31T12:00:00Z,2026-01-31 12:00:00,"
        ',"",1,99999999999999999999\n'
        "-20,10115,2,1.0,false,2026-02-28,2026-01-31T12:00:00.123456+02:00,2026-01-31 12:00:00.5,,x,a,1\n"
    )
    schema = extract.files("t.csv").schema()
    assert {field.name: str(field.type) for field in schema} == {
        "whole": "int64", "zip": "string", "half": "double", "precise": "string", "flag": "bool", "day": "date32[day]",
        "at": "timestamp[us, tz=UTC]", "local": "timestamp[us]", "empty": "string", "quoted": "string",
        "mixed": "string", "big": "string",
    }  # fmt: skip
    rows, _, _ = read(extract.files("t.csv"))
    assert (rows[0]["empty"], rows[0]["quoted"]) == (None, "")  # an empty field is null, a quoted one is a text
    assert rows[1]["at"] == datetime(2026, 1, 31, 10, 0, 0, 123456, tzinfo=UTC)


def test_types_that_are_given_count() -> None:
    Path("t.csv").write_text("total,code\n1.10,7\n2.255,8\n")
    source = extract.files("t.csv", types={"total": "numeric(12,2)", "code": "text"})
    rows, rejected, _ = read(source)
    assert [(str(row["total"]), row["code"]) for row in rows] == [("1.10", "7")]
    assert [one.reason for one in rejected] == ["t.csv:3: total is no decimal128(12, 2)"]  # not rounded: set aside
    with pytest.raises(WrongUse, match="types names 'amount'"):
        extract.files("t.csv", types={"amount": "text"}).schema()


def test_a_number_that_a_double_would_round_is_set_aside() -> None:
    Path("t.csv").write_text("total\n1.5\n" + "2.5\n" * 200)
    kept = extract.files("t.csv").schema()
    Path("t.csv").write_text("total\n1.5\n0.12345678901234567\n" + "2.5\n" * 200)
    rows, rejected, _ = read(extract.files("t.csv").with_schema(kept))
    assert len(rows) == 201
    assert [one.reason for one in rejected] == ["t.csv:3: total is no double"]


def test_files_of_text_together_tell_the_types() -> None:
    Path("1.csv").write_text("id,a,b\n1,1,\n")
    Path("2.csv").write_text("id,a,b\n2,1.5,2026-01-01\n")
    assert [str(field.type) for field in extract.files("*.csv").schema()] == ["int64", "double", "date32[day]"]


def test_a_file_with_other_columns_is_told_before_a_row_of_any_is_read() -> None:
    write_parquet("in/1.parquet", 0, 10)
    write_parquet("in/2.parquet", 0, 10, note=pa.array(["x"] * 10))
    with pytest.raises(SourceDrifted, match=r"in/1\.parquet  lacks the column 'note'"):
        next(iter(extract.files("in/*.parquet").batches(None)))


# --- bad input ------------------------------------------------------------------------------------------------------


def big_csv(path: str, rows: int, broken: dict[int, str]) -> None:
    lines = (broken.get(i, f"{i},name {i},{i}.5") for i in range(rows))
    Path(path).write_text("id,name,amount\n" + "\n".join(lines) + "\n")


def test_a_broken_quote_at_row_900_000_costs_that_line_alone() -> None:
    big_csv("t.csv", 1_000_000, {900_000: '900000,"broken,1.5', 900_003: '900003,"also,1.5'})
    count, rejected = 0, []
    for batch, _, wrong in extract.files("t.csv").batches(None):
        count += batch.num_rows
        rejected += wrong
    assert count == 999_998
    assert [one.reason for one in rejected] == [
        "t.csv:900002: a quote is not closed on its line", "t.csv:900005: a quote is not closed on its line",
    ]  # fmt: skip
    assert rejected[0].row == '900000,"broken,1.5'


def test_a_broken_line_stops_the_run_where_that_is_asked() -> None:
    big_csv("t.csv", 100, {50: '50,"broken,1.5'})
    with pytest.raises(SourceUnreadable, match=r"t\.csv:52  a quote is not closed"):
        read(extract.files("t.csv", broken="refuse"))


def test_two_stray_quotes_swallow_no_lines_between_them() -> None:
    """pyarrow's own reader gives four rows here without a word: the control of this test."""
    big_csv("t.csv", 10, {2: '2,"open,2.5', 7: '7,close",7.5'})
    assert pyarrow.csv.read_csv("t.csv").num_rows < 9
    rows, rejected, _ = read(extract.files("t.csv"))
    assert [row["id"] for row in rows] == [0, 1, 3, 4, 5, 6, 7, 8, 9]
    assert len(rejected) == 1


def test_whether_a_line_is_a_row_does_not_depend_on_its_neighbours() -> None:
    odd = '5,5" pipe,5.5'  # a quote inside a field is a character, as readers of CSV have it
    big_csv("alone.csv", 10, {5: odd})
    big_csv("beside.csv", 10, {5: odd, 6: "6,too,many,fields"})
    assert [row["name"] for row in read(extract.files("alone.csv"))[0]][5] == '5" pipe'
    rows, rejected, _ = read(extract.files("beside.csv"))
    assert [row["name"] for row in rows][5] == '5" pipe'
    assert [one.reason for one in rejected] == ["beside.csv:8: 4 fields, not 3"]


def test_a_quote_that_is_open_at_the_very_end_is_a_fault_too() -> None:
    Path("t.csv").write_text('id,name\n1,a\n2,"b\n')
    rows, rejected, _ = read(extract.files("t.csv"))
    assert (rows, [one.reason for one in rejected]) == (
        [{"id": 1, "name": "a"}],
        ["t.csv:3: a quote is not closed on its line"],
    )


def test_values_may_run_over_lines_where_that_is_said() -> None:
    Path("t.csv").write_text('id,name\n1,"two\nlines"\n2,one\n')
    assert read(extract.files("t.csv", multiline=True))[0] == [
        {"id": 1, "name": "two\nlines"},
        {"id": 2, "name": "one"},
    ]
    with pytest.raises(SourceUnreadable) as raised:
        read(extract.files("t.csv", broken="refuse"))
    assert raised.value.fix == "say multiline=True where values hold line breaks"


def test_a_file_in_another_encoding_is_read_as_what_it_is_said_to_be_and_told_otherwise() -> None:
    Path("t.csv").write_bytes("id,name\n1,Zoë\n2,Ann\n".encode("latin-1"))
    rows, rejected, _ = read(extract.files("t.csv"))
    assert [row["id"] for row in rows] == [2]
    assert rejected[0].reason == "t.csv:2: name is not UTF-8"
    assert read(extract.files("t.csv", encoding="latin-1"))[0][0] == {"id": 1, "name": "Zoë"}
    Path("t.csv").write_text("id,name\n1,Zoë\n", encoding="utf-16")
    with pytest.raises(SourceUnreadable) as raised:
        read(extract.files("t.csv"))
    assert raised.value.fix == 'say encoding="utf-16"'
    assert read(extract.files("t.csv", encoding="utf-16"))[0] == [{"id": 1, "name": "Zoë"}]


def test_where_most_lines_are_no_rows_the_file_is_read_wrongly_and_nothing_is_set_aside() -> None:
    big_csv("t.csv", 2_000, {})
    Path("t.csv").write_text(Path("t.csv").read_text().replace(",", ";"))
    kept = pa.schema([("id", pa.int64()), ("name", pa.string()), ("amount", pa.float64())])
    with pytest.raises((SourceUnreadable, SourceDrifted)):
        read(extract.files("t.csv").with_schema(kept))
    lines = ["id,name", *(f'{i},"x' for i in range(2000))]
    Path("u.csv").write_text("\n".join(lines) + "\n")
    with pytest.raises(SourceUnreadable, match=r"of 2,000 lines cannot be read; the first: a quote") as raised:
        read(extract.files("u.csv"))
    assert raised.value.fix is not None
    assert "quote" in raised.value.fix


@pytest.mark.parametrize("keep", [0, 4, 100, 0.5, 0.99])
def test_a_truncated_parquet_file_is_told_by_name(keep: float) -> None:
    write_parquet("in/1.parquet", 0, 1000)
    whole = Path("in/1.parquet").read_bytes()
    Path("in/1.parquet").write_bytes(whole[: int(keep * len(whole)) if isinstance(keep, float) else keep])
    with pytest.raises(SourceUnreadable, match=r"in/1\.parquet  .*"):
        read(extract.files("in/*.parquet"))


def test_a_parquet_file_with_a_broken_page_gives_no_row_past_it() -> None:
    write_parquet("in/1.parquet", 0, 100_000, note=pa.array([f"{i:030}" for i in range(100_000)]))
    content = bytearray(Path("in/1.parquet").read_bytes())
    at = len(content) // 2
    content[at : at + 2000] = b"\xff" * 2000
    Path("in/1.parquet").write_bytes(content)
    with pytest.raises(SourceUnreadable, match=r"in/1\.parquet"):
        read(extract.files("in/*.parquet"))


def test_of_json_lines_what_is_no_object_or_has_an_unknown_field_is_set_aside() -> None:
    good = [json.dumps({"id": i, "name": "x" * 50, "tags": ["a"], "at": "2026-01-01T00:00:00Z"}) for i in range(900)]
    Path("t.jsonl").write_text("\n".join(good))
    kept = extract.files("t.jsonl").schema()
    assert str(kept.field("tags").type) == "list<item: string>"
    assert str(kept.field("at").type) == "timestamp[us, tz=UTC]"
    broken = ['{"id": 1, "na', "[1]", '{"id": "x", "name": "n"}', '{"id": 7, "fresh": 1}', '{"id": 8}']
    Path("t.jsonl").write_text("\n".join([*good, *broken]) + "\n")
    rows, rejected, _ = read(extract.files("t.jsonl").with_schema(kept))
    assert len(rows) == 901
    assert [one.reason.partition(": ")[2] for one in rejected] == [
        "is no JSON object", "is no JSON object", "id is no int64",
        "has the field 'fresh', which is no column that was kept",
    ]  # fmt: skip
    assert rejected[0].row == '{"id": 1, "na'
    assert len(read(extract.files("t.jsonl").with_schema(kept).ignoring_extra())[0]) == 902
    Path("u.jsonl").write_text("\n".join([*broken, *good]))
    with pytest.raises(SourceDrifted, match="has the column 'fresh'"):  # at its beginning, before a row is read
        read(extract.files("u.jsonl").with_schema(kept))


def test_an_array_of_json_objects_is_rows_and_half_of_one_is_told() -> None:
    Path("t.json").write_text(json.dumps([{"id": i} for i in range(3)], indent=1))
    assert ids(extract.files("t.json")) == [0, 1, 2]
    Path("t.json").write_text('[{"id": 1},\n{"id": 2')
    with pytest.raises(SourceUnreadable, match=r"t\.json:2  is no whole JSON array"):
        read(extract.files("t.json"))


def test_a_compressed_file_is_read_and_half_of_one_is_told() -> None:
    import gzip

    text = "id\n" + "".join(f"{i}\n" for i in range(100_000))
    Path("t.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert len(ids(extract.files("t.csv.gz"))) == 100_000
    Path("t.csv.gz").write_bytes(gzip.compress(text.encode())[:50_000])
    with pytest.raises(SourceUnreadable, match=r"t\.csv\.gz"):
        read(extract.files("t.csv.gz"))


def test_memory_does_not_grow_with_the_file() -> None:
    """Peak of Arrow's own memory for 20 times the rows; a reader that holds the file has 20 times the peak."""
    import gc

    peaks = []
    for rows in (50_000, 1_000_000):
        with pq.ParquetWriter("t.parquet", pa.schema([("id", pa.int64()), ("note", pa.string())])) as writer:
            for start in range(0, rows, 50_000):
                numbers = pa.array(range(start, start + 50_000))
                writer.write_table(pa.table({"id": numbers, "note": numbers.cast(pa.string())}))
        gc.collect()
        before = pa.total_allocated_bytes()
        peak = 0
        for batch, _, _ in extract.files("t.parquet").batches(None):
            peak = max(peak, pa.total_allocated_bytes() - before)
            del batch
        peaks.append(peak)
    assert peaks[1] < 2 * peaks[0]


def test_no_file_is_no_failure_once_the_columns_are_known() -> None:
    source = extract.files("in/*.csv")
    with pytest.raises(SourceUnreadable, match="no file matches"):
        source.schema()
    kept = source.with_schema(pa.schema([("id", pa.int64())]))
    assert list(kept.batches(None)) == []
    assert all(isinstance(one, Extracted) for one in kept.batches({"files": {}}))
