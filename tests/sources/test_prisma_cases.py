"""Small schemas, one idea each, in prisma_cases/: Prisma's own engine says what each means, and the reader agrees.

`accepted/` are valid, `refused/` are not, `refused_by_postgresql/` pass Prisma and fail on the server. Those in
`misquoted_by_the_engine/` are valid and the engine's SQL for them is broken, because it doubles no quotes: the reader
makes what they mean. `refused_beside_the_engine/` are valid to it, and what it makes of them nobody means. A case is
a file, or a folder of files; it is named for what it shows. `line_by_line_*` hold many faults, of which none may be
passed over.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from prisma_engine import Fault, PrismaEngine, Refused, files_of
from prisma_judging import empty_database, same_databases, same_statements

from pgmason.catalog.script import script_of
from pgmason.errors import StatementFailed, Unsupported
from pgmason.postgres.server import Server
from pgmason.sources import Context, read_source
from pgmason.sources.prisma import schema_of
from pgmason.sources.prisma.faults import SchemaInvalid

CASES = Path(__file__).parent / "prisma_cases"


def cases(kind: str) -> list[Path]:
    return sorted((CASES / kind).iterdir())


def test_the_language_is_covered_by_more_than_two_hundred_cases() -> None:
    assert len(cases("accepted")) > 250
    assert len(cases("refused")) > 270


@pytest.mark.parametrize("case", cases("accepted"), ids=lambda case: case.stem)
def test_an_accepted_case_makes_the_statements_of_the_engine(
    case: Path, engine: PrismaEngine, prisma_server: Server
) -> None:
    assert engine.faults(files_of(case)) == []
    script = engine.create(files_of(case))
    if same_statements(script, case):  # other words may make the same database
        assert same_databases(script, case, prisma_server) == ""


@pytest.mark.parametrize("case", cases("accepted")[::12], ids=lambda case: case.stem)
def test_an_accepted_case_makes_the_database_of_the_engine(
    case: Path, engine: PrismaEngine, prisma_server: Server
) -> None:
    assert same_databases(engine.create(files_of(case)), case, prisma_server) == ""


# Where the reader points to another line than the engine, and why.
ELSEWHERE = {
    "argument_with_no_value": "the engine points to the argument's name, the reader to where the value is missing",
    "brace_missing": "the engine tells of each line of the block, the reader of the end where the brace is missing",
    "relation_ambiguous": "the engine tells of one side, the reader of both",
    "schemas_listed_twice": "the engine points to the first of the two, the reader to the second",
}


def told_in_turn(case: Path, engine: PrismaEngine) -> list[Fault]:
    """What the engine tells, if the lines that it has told of are emptied and it is asked again, until it is content.

    It reads in steps and tells the faults of the first in which it finds some; the reader tells all at once.
    """
    told: list[Fault] = []
    lines = case.read_text(encoding="utf-8").splitlines()
    while faults := engine.faults({case.name: "\n".join(lines)}):
        told += faults
        for fault in faults:
            lines[fault.line - 1] = ""
    return told


# Where the reader tells of a line in other words than the engine, and why.
IN_OTHER_WORDS = {
    "closing_brace_after_the_last_field": "the engine gives the whole block up",
    "line_breaks_in_arguments": "the reader has a guess at what the second line was meant to be",
    "relation_name_by_position_and_name": "the engine tells only what follows from it",
    "type_alias_of_prisma_1": "the engine knows a language that was",
}
# What belongs to other databases is refused by their names.
BY_NAME = {
    "composite_type_of_mongodb": "MongoDB",
    "default_auto_of_mongodb": "MongoDB",
    "default_sequence_of_cockroach": "CockroachDB",
    "fulltext_of_mysql": "MySQL",
    "id_clustered_of_sqlserver": "SQL Server",
    "id_length_of_mysql": "MySQL",
    "index_clustered_of_sqlserver": "SQL Server",
    "index_length_of_mysql": "MySQL",
    "shard_of_planetscale": "MySQL",
}


@pytest.mark.parametrize("case", cases("refused"), ids=lambda case: case.stem)
def test_a_refused_case_is_refused_where_the_engine_refuses_it(case: Path, engine: PrismaEngine) -> None:
    line_by_line = case.stem.startswith("line_by_line")
    theirs = told_in_turn(case, engine) if line_by_line else engine.faults(files_of(case))
    assert theirs
    with pytest.raises(Refused):
        engine.create(files_of(case))
    with pytest.raises((SchemaInvalid, Unsupported)) as refused:
        schema_of(case, Context(base=case.parent, root=case.parent))
    error = refused.value
    assert error.where is not None
    if case.stem in ELSEWHERE or not isinstance(error, SchemaInvalid):
        return
    assert BY_NAME.get(case.stem, "") in error.faults[0].message
    for fault in error.faults:
        assert fault.message
        at = [one for one in theirs if fault.file.endswith(one.file) and one.line <= fault.line <= one.end[0]]
        assert at, f"{fault}\nthe engine: {theirs}"
        assert fault.column <= max(one.end[1] if one.end[0] == fault.line else 999 for one in at)
        assert fault.prisma
        assert case.stem in IN_OTHER_WORDS or any(fault.prisma in one.text for one in at), f"{fault}\n{at}"
    if line_by_line:
        assert {fault.line for fault in error.faults} == {one.line for one in theirs}


@pytest.mark.parametrize("case", cases("refused_by_postgresql"), ids=lambda case: case.stem)
def test_what_postgresql_refuses_is_told_of_the_schema_s_own_line(case: Path, prisma_server: Server) -> None:
    context = Context(base=CASES, root=CASES, major=prisma_server.choice.installation.major)
    with pytest.raises((StatementFailed, SchemaInvalid)) as refused:
        read_source(f"prisma:{case}", context)
    assert refused.value.where is not None
    assert f"{case.stem}.prisma:" in refused.value.where


@pytest.mark.parametrize("case", cases("refused_by_postgresql"), ids=lambda case: case.stem)
def test_postgresql_refuses_what_the_engine_lets_through(
    case: Path, engine: PrismaEngine, prisma_server: Server
) -> None:
    script = engine.create(files_of(case))
    with empty_database(prisma_server) as database, pytest.raises(psycopg.Error):
        database.apply(script)


@pytest.mark.parametrize("case", cases("misquoted_by_the_engine"), ids=lambda case: case.stem)
def test_names_with_quotes_are_read_although_the_engine_s_own_sql_breaks_on_them(
    case: Path, engine: PrismaEngine, prisma_server: Server
) -> None:
    files = files_of(case)
    assert engine.faults(files) == []
    context = Context(base=CASES, root=CASES, major=prisma_server.choice.installation.major)
    ours = read_source(f"prisma:{case}", context).catalog
    with empty_database(prisma_server) as database:
        with pytest.raises(psycopg.Error):
            database.apply(engine.create(files))
        database.apply(script_of(ours))
        assert engine.drift(database.url, files) == ""


# What the engine's SQL holds, or holds not, of a schema that means something else.
UNMEANT = {
    "decimal_with_an_underscore_behind_the_point": ("DEFAULT 0.150", True),  # of "1.5_0"
    "join_table_named_as_a_model": ('"onlyInC"', False),  # a column of the model whose table it leaves out
}


@pytest.mark.parametrize("case", cases("refused_beside_the_engine"), ids=lambda case: case.stem)
def test_what_the_engine_takes_for_something_else_is_refused(case: Path, engine: PrismaEngine) -> None:
    assert engine.faults(files_of(case)) == []
    words, there = UNMEANT[case.stem]
    assert (words in engine.create(files_of(case))) is there
    with pytest.raises(SchemaInvalid):
        schema_of(case, Context(base=case.parent, root=case.parent))
