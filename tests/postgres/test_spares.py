"""A clone that is taken ahead is the template as it was, nobody's until it is taken, and goes with its template."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from functools import partial

import psycopg
import pytest

from pgmason.postgres import scratch as scratch_module
from pgmason.postgres.scratch import Scratch, evict_templates, has_template, scratch_database, template_name
from pgmason.postgres.server import Server, lease_server
from pgmason.postgres.spares import KEPT

MAJOR = 18  # the wheel's: it is on every machine


@pytest.fixture
def digest(servers: Callable[[int], Server], monkeypatch: pytest.MonkeyPatch) -> str:
    """The digest of a template with one table, of which a clone is always worth taking ahead."""
    monkeypatch.setattr(scratch_module, "SPARE_AFTER_SECONDS", 0.0)
    made = secrets.token_hex(32)
    with scratch_database(servers(MAJOR)) as scratch:
        with scratch.session() as session:
            session.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        scratch.keep(made)
    return made


def spare_of(digest: str) -> str:
    return f"p_{template_name(digest)[2:]}"


def is_there(server: Server, name: str) -> bool:
    return server.admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def until(condition: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def used_once(digest: str) -> str:
    """A command that clones the template and expects to be asked the same again; the name of its database."""
    with lease_server(MAJOR, what="tests") as server, scratch_database(server, template=digest, again=True) as scratch:
        assert answer(scratch) == 42
        return scratch.name


def answer(scratch: Scratch) -> int:
    with scratch.session() as session:
        row = session.execute("SELECT answer FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def test_the_next_command_takes_the_clone_that_was_made_ahead(
    servers: Callable[[int], Server], digest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = servers(MAJOR)
    left = used_once(digest)
    assert until(lambda: is_there(server, spare_of(digest))), "no clone was taken ahead"
    assert until(lambda: not is_there(server, left)), "the command's own database was not dropped"

    def no_copy(*_: object, **__: object) -> None:
        raise AssertionError("the database was copied although a spare was there")

    monkeypatch.setattr(scratch_module, "_copy", no_copy)
    name = used_once(digest)
    assert until(lambda: not is_there(server, name))
    assert until(lambda: is_there(server, spare_of(digest))), "the spare that was taken was not made again"


def test_nobody_can_connect_to_a_spare(servers: Callable[[int], Server], digest: str) -> None:
    server = servers(MAJOR)
    used_once(digest)
    assert until(lambda: is_there(server, spare_of(digest)))
    with scratch_database(server) as other:
        for user, password in ((other.role, other.password), ("pgmason", server.state["password"])):
            with pytest.raises(psycopg.OperationalError, match="not currently accepting connections"):
                psycopg.connect(
                    host="127.0.0.1", port=server.state["port"], user=user, password=password, dbname=spare_of(digest)
                )


def test_a_spare_goes_with_its_template(servers: Callable[[int], Server], digest: str) -> None:
    server = servers(MAJOR)
    used_once(digest)
    assert until(lambda: is_there(server, spare_of(digest)))
    evict_templates(server.admin, limit_bytes=0)
    assert not is_there(server, template_name(digest))
    assert not is_there(server, spare_of(digest))


def test_a_command_that_expects_no_other_leaves_nothing(servers: Callable[[int], Server], digest: str) -> None:
    server = servers(MAJOR)
    with lease_server(MAJOR, what="tests") as own, scratch_database(own, template=digest) as scratch:
        assert answer(scratch) == 42
    assert not is_there(server, scratch.name)
    assert not is_there(server, spare_of(digest))


def test_only_the_templates_used_last_have_one(servers: Callable[[int], Server], digest: str) -> None:
    server = servers(MAJOR)
    made = [digest, *(secrets.token_hex(32) for _ in range(KEPT))]
    for other in made[1:]:
        with scratch_database(server, template=digest) as scratch:
            scratch.save(other)
    for one in made:
        scratch_module.has_template(server, [one])
        used_once(one)
        assert until(partial(is_there, server, spare_of(one)))
    assert until(lambda: not is_there(server, spare_of(made[0]))), "the spare of the template used first is still there"
    assert all(is_there(server, spare_of(one)) for one in made[1:])


def test_a_template_whose_drop_was_cut_off_is_made_anew(digest: str, servers: Callable[[int], Server]) -> None:
    """PostgreSQL marks such a database before it takes the files away, and lets nobody in any more."""
    server, name = servers(MAJOR), template_name(digest)
    mark = "UPDATE pg_database SET datconnlimit = -2, datistemplate = false WHERE datname = %s"
    server.admin.execute(mark, [name])
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        server.admin.execute(f"CREATE DATABASE of_a_broken_one TEMPLATE {name}")
    assert has_template(server, [digest]) is None
    assert not is_there(server, name)


def test_a_template_whose_drop_was_cut_off_is_in_the_way_of_no_eviction(
    digest: str, servers: Callable[[int], Server]
) -> None:
    server, name = servers(MAJOR), template_name(digest)
    server.admin.execute("UPDATE pg_database SET datconnlimit = -2, datistemplate = false WHERE datname = %s", [name])
    evict_templates(server.admin)
    assert not is_there(server, name)
