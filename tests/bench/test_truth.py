"""What `make corpus` holds against each other: a count that differs is told, and explained only by PostgreSQL."""

from __future__ import annotations

from typing import Any

from bench.truth import Truth, compared

CATALOG = {"objects": {"table": [{"path": ["public", "line"]}]}}


def key(name: str, *, begun: bool, plainly: bool = False, narrowed: bool = False, cast: bool = False) -> dict[str, Any]:
    said = {"begun": begun, "plainly": plainly, "narrowed": narrowed, "cast": cast}
    return {"name": f"public.line.{name}", "table": "public.line", "columns": name.removesuffix("_fkey"), **said}


def moment(column: str, *, partition: bool = False) -> dict[str, Any]:
    return {"table": "public.line", "column": column, "partition": partition, "inherited": False, "domain": False}


def finding(rule: str, *path: str, message: str = "") -> dict[str, Any]:
    return {"code": rule, "object": {"path": list(path)} if path else None, "message": message}


def truth(**answers: Any) -> Truth:
    return Truth(**{"tables": ("public.line",), "keyless": (), "keys": (), "moments": (), **answers})


def unexplained(truth: Truth, *findings: dict[str, Any]) -> list[str]:
    return [line for one in compared(truth, findings, CATALOG) for line in one.unexplained]


def test_equal_counts_are_told_without_a_word() -> None:
    answers = truth(keyless=({"table": "public.line", "partition": False},), keys=(key("order_id_fkey", begun=False),))
    found = (
        finding("table-without-primary-key", "public", "line"),
        finding("foreign-key-without-index", "public", "line", "order_id_fkey"),
    )
    assert unexplained(answers, *found) == []
    assert [(one.postgresql, one.pgmason) for one in compared(answers, found, CATALOG)] == [
        (1, 1),
        (1, 1),
        (1, 1),
        (0, 0),
    ]


def test_a_table_a_key_and_a_column_that_one_side_misses_are_unexplained() -> None:
    assert unexplained(truth(tables=("public.line", "public.order"))) == ["public.order: only PostgreSQL counts it"]
    assert unexplained(truth(keyless=({"table": "public.line", "partition": False},))) == [
        "public.line: only PostgreSQL counts it"
    ]
    assert unexplained(truth(keys=(key("order_id_fkey", begun=False),))) == [
        "public.line (order_id): only PostgreSQL counts it"
    ]
    covered = truth(keys=(key("order_id_fkey", begun=True, plainly=True),))
    assert unexplained(covered, finding("foreign-key-without-index", "public", "line", "order_id_fkey")) == [
        "public.line (order_id): only pgmason counts it"
    ]
    assert unexplained(truth(moments=(moment("at"),))) == ["public.line: only PostgreSQL counts it"]


def test_a_finer_judgement_is_explained_by_what_postgresql_says_of_the_very_key() -> None:
    finer = truth(keys=(key("a_fkey", begun=False, narrowed=True), key("b_fkey", begun=True, plainly=False)))
    found = finding("foreign-key-without-index", "public", "line", "b_fkey")
    assert unexplained(finer, found) == []
    assert [len(one.explained) for one in compared(finer, [found], CATALOG)] == [0, 0, 2, 0]


def test_one_sentence_for_the_whole_product_is_held_against_the_number_of_columns() -> None:
    answers = truth(moments=(moment("at"), moment("until"), moment("at", partition=True)))
    sentence = "{} of 9 timestamp columns have no time zone, in 1 tables"
    assert unexplained(answers, finding("timestamp-without-time-zone", message=sentence.format(2))) == []
    assert unexplained(answers, finding("timestamp-without-time-zone", message=sentence.format(3))) == [
        "pgmason counts 3, PostgreSQL 2 of the product's own"
    ]
