"""Alembic as products have it: each folder of products/ is one, and `expected.sql` its schema as a person writes it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from same_catalogs import assert_same

from pgmason.catalog.kinds.column import Column
from pgmason.catalog.model import Catalog
from pgmason.errors import StatementFailed, WrongUse
from pgmason.formats import find_format, read_history
from pgmason.formats.migration import NewMigration
from pgmason.interpreters.children import ProgramFailed
from pgmason.interpreters.permission import CodeRefused, allow_code
from pgmason.sources import Context, read_source
from pgmason.sources.migrations import read_migrations
from pgmason.sources.recorded import recording_of

SECRET = {"environment": {"SECRET_KEY": "no secret"}}


@pytest.mark.parametrize(
    ("name", "folder", "settings", "order"),
    [
        ("branches", "db", {}, ["3f2a", "0c11", "ff01", "aa02", "bb03", "rr01"]),
        ("enums", "migrations", {}, ["0001", "0002", "0003", "0004"]),
        ("filtered", "alembic", SECRET, ["one"]),
        ("flask_shop", "migrations", {"environment": {"FLASK_APP": "app:create_app"}}, ["ab12cd"]),
    ],
)
def test_the_products_own_alembic_makes_the_schema(
    product: Callable[..., Context],
    made_by_hand: Callable[[str], Catalog],
    name: str,
    folder: str,
    settings: dict[str, Any],
    order: list[str],
) -> None:
    context = product(name, **settings)
    reading = read_migrations(context.base / folder, context)
    assert_same(reading.catalog, made_by_hand(name))
    assert reading.history is not None
    assert sorted(migration.version for migration in reading.history.migrations) == sorted(order)
    assert (reading.applied, reading.reused) == (len(order), 0)
    recording = recording_of(read_history(context.base / folder), context)
    assert recording.traceable, recording.notes  # what was recorded, sent again, made the same
    assert not recording.fresh
    again = read_migrations(context.base / folder, context)
    assert (again.applied, again.reused) == (0, len(order))


def test_a_revision_is_recorded_as_it_is_sent(product: Callable[..., Context]) -> None:
    context = product("enums")
    units = {unit.name: unit for unit in recording_of(read_history(context.base / "migrations"), context).units}
    assert "ADD VALUE 'refunded' AFTER 'paid'" in units["0002_refunded"].text
    assert "CREATE INDEX CONCURRENTLY orders_status_idx" in units["0002_refunded"].text
    assert units["0002_refunded"].frame == "statements"
    assert units["0001_init"].frame == "transaction"
    assert "50% o''ff :name" in units["0001_init"].text
    assert not any("alembic_version" in unit.text for unit in units.values())


def test_where_an_object_came_from_is_told_at_its_revision(product: Callable[..., Context]) -> None:
    context = product("branches")
    reading = read_migrations(context.base / "db", context)
    by_name = {identity.name: place for identity, place in reading.places.items()}
    line = (context.base / "db/versions/0c11_orders.py").read_text().split("\n").index("def upgrade():") + 1
    assert str(by_name["public.orders"]) == f"db/versions/0c11_orders.py:{line}"


def test_what_autogenerate_looks_at_is_known(product: Callable[..., Context]) -> None:
    context = product("filtered", **SECRET)
    reach = recording_of(read_history(context.base / "alembic"), context).reach
    assert reach is not None
    assert reach.excluded == (("billing", "invoices"), ("public", "legacy_orders"))
    assert reach.models == (("audit", "visits"), ("public", "people"))
    assert reach.ledger == ("audit", "history_of_revisions")
    assert reach.all_schemas


def test_an_edited_revision_is_run_again_and_an_edited_model_too(product: Callable[..., Context]) -> None:
    context = product("filtered", **SECRET)
    folder = context.base / "alembic"
    assert recording_of(read_history(folder), context).fresh
    assert not recording_of(read_history(folder), context).fresh
    with (context.base / "app" / "models.py").open("a") as file:
        file.write("# a word\n")
    assert recording_of(read_history(folder), context).fresh
    revision = folder / "versions" / "one.py"
    revision.write_text(revision.read_text().replace("legacy_orders", "legacy_goods"))
    assert recording_of(read_history(folder), context).fresh


def test_a_failing_revision_is_told_with_its_file_and_line(product: Callable[..., Context]) -> None:
    context = product("branches")
    broken = context.base / "db/versions/ff01_phone.py"
    broken.write_text(broken.read_text().replace('"customers"', '"clients"'))
    with pytest.raises(StatementFailed) as failed:
        read_migrations(context.base / "db", context)
    assert (failed.value.file, failed.value.sqlstate) == ("db/versions/ff01_phone.py", "42P01")
    assert 'relation "clients" does not exist' in failed.value.message
    assert "ALTER TABLE clients ADD COLUMN phone" in failed.value.statement
    assert failed.value.line == 11


def test_an_environment_that_cannot_begin_is_told_and_what_to_do(product: Callable[..., Context]) -> None:
    context = product("filtered")
    with pytest.raises(ProgramFailed, match=r"Alembic's env\.py failed: KeyError: 'SECRET_KEY'") as failed:
        read_migrations(context.base / "alembic", context)
    assert failed.value.where == "app/settings.py:3"
    assert "environment = " in (failed.value.fix or "")
    assert failed.value.exit_code == 3


def test_the_products_own_database_is_never_reached(
    product: Callable[..., Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    """branches' alembic.ini names a server of production's, and the caller's environment another."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://root:secret@127.0.0.1:1/production")
    monkeypatch.setenv("SECRET_KEY", "of the caller")
    context = product("branches")
    spy = context.base / "db/env.py"
    spy.write_text(
        "import os\n"
        "assert 'production' not in os.environ['DATABASE_URL'], 'the URL of the caller'\n"
        "assert 'SECRET_KEY' not in os.environ\n" + spy.read_text()
    )
    assert read_migrations(context.base / "db", context).catalog.tables


def test_another_database_is_refused_by_name(product: Callable[..., Context]) -> None:
    context = product("flask_shop", environment={"FLASK_APP": "app:create_app", "DATABASE_URL": "sqlite:///x.db"})
    with pytest.raises(ProgramFailed, match="it connects to sqlite, not to PostgreSQL"):
        read_migrations(context.base / "migrations", context)
    assert not list(context.base.rglob("*.db"))


def test_no_code_refuses_by_name(product: Callable[..., Context]) -> None:
    context = product("branches")
    allow_code(False)
    try:
        with pytest.raises(CodeRefused, match=r"its migrations \(alembic\) would have to be run") as refused:
            read_migrations(context.base / "db", context)
        assert refused.value.exit_code == 2
    finally:
        allow_code(True)


def test_nothing_is_written_into_the_repository(product: Callable[..., Context]) -> None:
    context = product("branches")
    before = sorted(context.base.rglob("*"))
    read_migrations(context.base / "db", context)
    assert sorted(context.base.rglob("*")) == before


def test_a_program_that_goes_on_for_ever_is_ended(
    product: Callable[..., Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pgmason.interpreters import python

    monkeypatch.setitem(python.Python.ask.__kwdefaults__, "seconds", 2.0)
    context = product("branches")
    env = context.base / "db/env.py"
    env.write_text("import time\ntime.sleep(600)\n" + env.read_text())
    with pytest.raises(ProgramFailed, match="Alembic failed: it ran longer than 2 s"):
        read_migrations(context.base / "db", context)


def test_open_assistants_history_as_revisions_is_what_its_sql_is(
    corpus: Path, tmp_path: Path, product_python: Path
) -> None:
    rendered = corpus / "alembic-rendered" / "open-assistant"
    shutil.copytree(Path(__file__).parent / "products" / "enums", tmp_path / "product")
    versions = tmp_path / "product/migrations/versions"
    for file in versions.glob("*.py"):
        file.unlink()
    last = None
    scripts = sorted(rendered.glob("*.up.sql"))
    for script in scripts:
        revision = script.name.removesuffix(".up.sql").partition("_")[2]
        statements = script.read_text(encoding="utf-8")
        (versions / f"{script.stem}.py").write_text(
            f"from alembic import op\nrevision = {revision!r}\ndown_revision = {last!r}\n\n"
            f"def upgrade():\n    op.get_bind().exec_driver_sql({statements.replace('%', '%%')!r}, {{}})\n"
            if statements.strip()
            else f"revision = {revision!r}\ndown_revision = {last!r}\n\ndef upgrade():\n    pass\n"
        )
        last = revision
    context = Context(base=tmp_path / "product", root=tmp_path, python=str(product_python))
    reading = read_migrations(context.base / "migrations", context)
    plain = read_source(f"migrations:{rendered}", context)
    assert len(scripts) == reading.applied == 49
    assert_same(reading.catalog, plain.catalog)


def test_a_revision_that_is_written_is_run_by_alembic(product: Callable[..., Context]) -> None:
    context = product("enums")
    folder = context.base / "migrations"
    format = find_format(folder)
    assert format.write is not None
    up = "CREATE TABLE notes (id int, t text DEFAULT 'a:b 50%', u text DEFAULT E'\\\\:c'::text);\nSELECT 1;"
    new = NewMigration(name="Notes", at=datetime(2026, 3, 1, tzinfo=UTC), up=up, down="DROP TABLE notes;")
    alone = NewMigration(
        name="index", at=datetime(2026, 3, 2, tzinfo=UTC), up="CREATE INDEX CONCURRENTLY ON notes (id);", alone=True
    )
    for one in (new, alone):
        for file in format.write(format.read(folder), one):
            file.path.write_text(file.text, encoding="utf-8")
    catalog = read_migrations(folder, context).catalog
    columns = {identity.name: state for identity, state in catalog.of(Column)}
    assert columns["public.notes.t"].default == "'a:b 50%'::text"
    assert columns["public.notes.u"].default == "'\\:c'::text"
    assert any(identity.name == "public.notes_id_idx" for identity in catalog.objects)
    history = read_history(folder)
    assert [migration.undoes for migration in history.migrations[-2:]] == [True, False]


def test_with_several_heads_nothing_is_guessed(product: Callable[..., Context]) -> None:
    folder = product("branches").base / "db"
    format = find_format(folder)
    assert format.write is not None
    with pytest.raises(WrongUse, match="has several heads"):
        format.write(format.read(folder), NewMigration(name="x", at=datetime(2026, 3, 1, tzinfo=UTC), up="SELECT 1;"))
