"""Four real products: what their schema.prisma makes, where their migrations differ from it, and how both are exported.

Prisma's own engine is the judge of each.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from prisma_engine import PrismaEngine, files_of
from prisma_judging import Database, difference, empty_database

from pgmason.catalog.model import Catalog
from pgmason.catalog.script import script_of
from pgmason.plan.diff import compare
from pgmason.postgres.server import Server
from pgmason.sources import Context, Reading, read_source
from pgmason.sources.prisma.writer import write_schema
from pgmason.statements import read_script

PRODUCTS = ("umami", "hoppscotch", "langfuse", "trigger")
# Statements of the engine that take the migrations of each product to its schema, counted by hand.
DRIFT = {"umami": 1, "hoppscotch": 4, "langfuse": 0, "trigger": 45}


@pytest.fixture(scope="module", params=PRODUCTS)
def product(request: pytest.FixtureRequest, corpus: Path) -> Path:
    return corpus / "prisma" / str(request.param)


def read(source: str, server: Server, base: Path) -> Reading:
    return read_source(source, Context(base=base, root=base, major=server.choice.installation.major))


def made_of(catalog: Catalog, database: Database) -> Database:
    database.apply(script_of(catalog))
    return database


@pytest.mark.corpus
def test_a_product_s_schema_makes_the_database_of_the_engine(
    product: Path, engine: PrismaEngine, prisma_server: Server
) -> None:
    ours = read(f"prisma:{product / 'schema.prisma'}", prisma_server, product).catalog
    with empty_database(prisma_server) as theirs, empty_database(prisma_server) as anew:
        extensions = "".join(f"CREATE EXTENSION {one.own_name};" for one in ours.objects if one.kind == "extension")
        theirs.apply(extensions + engine.create(files_of(product / "schema.prisma")))
        assert difference(theirs.read(), ours) == ""
        assert difference(theirs.dump(), made_of(ours, anew).dump()) == ""


@pytest.mark.corpus
def test_the_drift_of_a_product_is_where_the_engine_sees_it(
    product: Path, engine: PrismaEngine, prisma_server: Server
) -> None:
    migrations = read(f"migrations:{product / 'migrations'}", prisma_server, product)
    schema = read(f"prisma:{product / 'schema.prisma'}", prisma_server, product)
    comparison = compare(migrations.catalog, schema.catalog, reaches=[migrations.reach, schema.reach])
    ours = {change.object.own_name for change in comparison.changes}
    with empty_database(prisma_server) as database:
        made_of(migrations.catalog, database)
        script = engine.drift(database.url, files_of(product / "schema.prisma"))
        theirs = [statement.text for statement in read_script(script).statements]
        assert len(theirs) == DRIFT[product.name]
        assert [name for name in sorted(ours) if f'"{name}"' not in script] == []
        # What the engine alone sees is no difference: it forgets the operator class that it has just made.
        alone = [text for text in theirs if not any(f'"{name}"' in text for name in ours)]
        assert len(alone) == (2 if product.name == "trigger" else 0)
        assert all("SecretStore_key_idx" in text for text in alone)
        was = database.read()
        database.apply(";".join(alone))
        assert difference(was, database.read()) == ""


@pytest.mark.corpus
def test_a_product_s_schema_written_anew_makes_the_same_database(
    product: Path, engine: PrismaEngine, prisma_server: Server, tmp_path: Path
) -> None:
    ours = read(f"prisma:{product / 'schema.prisma'}", prisma_server, product).catalog
    written = tmp_path / "schema.prisma"
    written.write_text(write_schema(ours).text, encoding="utf-8")
    assert engine.faults(files_of(written)) == []
    assert engine.formatted(files_of(written)) == files_of(written)
    assert difference(ours, read(f"prisma:{written}", prisma_server, tmp_path).catalog) == ""
    with empty_database(prisma_server) as theirs:
        theirs.apply(engine.create(files_of(written)))
        assert difference(theirs.read(), ours) == ""


@pytest.mark.corpus
def test_a_product_s_database_written_as_a_schema_has_no_drift(
    product: Path, engine: PrismaEngine, prisma_server: Server, tmp_path: Path
) -> None:
    live = read(f"migrations:{product / 'migrations'}", prisma_server, product)
    written = tmp_path / "schema.prisma"
    written.write_text(write_schema(live.catalog).text, encoding="utf-8")
    anew = read(f"prisma:{written}", prisma_server, tmp_path)
    assert compare(live.catalog, anew.catalog, reaches=[live.reach, anew.reach]).changes == ()
    with empty_database(prisma_server) as database:
        script = engine.drift(made_of(live.catalog, database).url, files_of(written))
    # The engine forgets the operator class that it has just made (`raw("text_pattern_ops")`), whoever wrote the file.
    forgets = [one.text for one in read_script(script).statements if "SecretStore_key_idx" not in one.text]
    assert forgets == []
