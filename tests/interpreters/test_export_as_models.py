"""A schema written as SQLAlchemy models, imported by SQLAlchemy itself and made anew: PostgreSQL sees no difference."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from same_catalogs import assert_same

from pgmason.catalog.model import Catalog
from pgmason.catalog.reading import read_catalog
from pgmason.catalog.sqlalchemy_models import models_of_catalog
from pgmason.interpreters.models import Models, read_models
from pgmason.interpreters.python import Python, find_python
from pgmason.postgres.server import Server
from pgmason.sources import Context, read_source
from pgmason.sources.units import Frame, Unit

CATALOG = Path(__file__).parents[1] / "catalog"
# A fixed sample; PGMASON_ALL_MODELS=1 takes every file of tests/catalog and every product of the corpus (minutes).
ALL = bool(os.environ.get("PGMASON_ALL_MODELS"))
FILES = ["torture.sql", "kinds/column.sql"]
PRODUCTS = ["sql:samples/chinook", "sql:samples/pagila", "migrations:prisma/umami/migrations"]
if ALL:
    FILES += ["everyday.sql", *sorted(f"kinds/{file.name}" for file in CATALOG.glob("kinds/*.sql"))]
    PRODUCTS += [f"migrations:prisma/{name}/migrations" for name in ("hoppscotch", "langfuse", "trigger")]
    PRODUCTS += [f"migrations:updown/{name}" for name in ("chirpstack", "concourse", "cratesio")]
    PRODUCTS += ["migrations:alembic-rendered/open-assistant"]


@pytest.fixture
def python(tmp_path: Path, product_python: Path) -> Python:
    return find_python(tmp_path, tmp_path, named=str(product_python), settings={}, needs=("sqlalchemy",))


def exported(catalog: Catalog, python: Python, major: int) -> Models:
    """What the export of a catalog says when SQLAlchemy has imported it."""
    (python.folder / "exported.py").write_text(models_of_catalog(catalog), encoding="utf-8")
    return read_models(python, "exported", "Base", major=major)


@contextmanager
def database(server: Server) -> Iterator[str]:
    """A database as CREATE DATABASE makes it."""
    name = server.next_name()
    server.admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    try:
        yield name
    finally:
        with server.connect(name) as connection:  # with a subscription in it, no database can be dropped
            for (subscription,) in connection.execute(
                "SELECT s.subname FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid"
                " WHERE d.datname = pg_catalog.current_database()"
            ).fetchall():
                named = sql.Identifier(subscription)
                connection.execute(sql.SQL("ALTER SUBSCRIPTION {} SET (slot_name = NONE)").format(named))
                connection.execute(sql.SQL("DROP SUBSCRIPTION {}").format(named))
        server.admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def applied(server: Server, text: str) -> Catalog:
    """The catalog of an empty database to which the superuser applied a script."""
    with database(server) as name, server.connect(name) as connection:
        connection.execute("SET search_path = public")
        connection.execute(text.encode())
        with server.connect(name) as reader:
            return read_catalog(reader)


@pytest.mark.parametrize("file", FILES)
def test_models_make_every_kind_of_object_anew(server: Server, python: Python, file: str) -> None:
    for role in ("torture_owner", "torture_reader"):
        with suppress(psycopg.errors.DuplicateObject):
            server.admin.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
    text = (CATALOG / file).read_text(encoding="utf-8")
    needs = [line.removeprefix("-- needs: ").strip() for line in text.splitlines() if line.startswith("-- needs: ")]
    if any(not need.isdecimal() or int(need) > server.choice.installation.major for need in needs):
        pytest.skip(f"needs {', '.join(needs)}")
    catalog = applied(server, text)
    models = exported(catalog, python, server.choice.installation.major)
    assert_same(applied(server, "".join(f"{one}\n;\n" for one in models.statements)), catalog)


@pytest.mark.corpus
@pytest.mark.parametrize("source", PRODUCTS)
def test_models_make_a_real_products_schema_anew(
    corpus: Path, servers: Callable[[int], Server], python: Python, source: str
) -> None:
    from pgmason.sources.replay import replay

    servers(15)
    context = Context(base=corpus, root=corpus)
    catalog = read_source(source, context).catalog
    text = "".join(f"{one}\n;\n" for one in exported(catalog, python, 15).statements)
    unit = Unit(name="exported", file="exported.py", text=text, frame=Frame.TRANSACTION)
    assert_same(replay([unit], context).catalog, catalog)


def test_an_ordinary_schema_is_said_in_sqlalchemys_own_words(
    fresh_database: Callable[..., Any], python: Python
) -> None:
    made = fresh_database(15)
    made.execute(
        "CREATE TYPE mood AS ENUM ('fine', 'so so');"
        "CREATE TABLE people (id serial PRIMARY KEY, name varchar(80) NOT NULL UNIQUE, mood mood DEFAULT 'fine',"
        " tags text[], born date CHECK (born > '1900-01-01'), boss int REFERENCES people ON DELETE SET NULL);"
        "CREATE INDEX people_boss_idx ON people (boss) WHERE boss IS NOT NULL;"
        "COMMENT ON COLUMN people.born IS 'As it is written: 1:2, 50%';"
    )
    catalog = made.read_catalog()
    source = models_of_catalog(catalog)
    assert "DDL" not in source
    assert "id: Mapped[int] = mapped_column(Integer)" in source
    assert "name: Mapped[str] = mapped_column(String(80))" in source
    assert "tags: Mapped[list[str] | None] = mapped_column(ARRAY(Text), nullable=True)" in source
    assert "ForeignKeyConstraint(['boss'], ['people.id'], name='people_boss_fkey', ondelete='SET NULL')" in source
    again = fresh_database(15)
    again.execute("".join(f"{one};" for one in exported(catalog, python, 15).statements))
    assert_same(again.read_catalog(), catalog)
