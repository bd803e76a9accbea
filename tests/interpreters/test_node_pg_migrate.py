"""node-pg-migrate in TypeScript, JavaScript and SQL, run by the real package from npm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from same_catalogs import assert_same

from pgmason.catalog.model import Catalog
from pgmason.errors import StatementFailed
from pgmason.formats import read_history
from pgmason.interpreters.children import ProgramFailed
from pgmason.sources import Context
from pgmason.sources.migrations import read_migrations
from pgmason.sources.recorded import recording_of


@pytest.fixture
def office(product: Callable[..., Context], product_node: Path) -> Context:
    context = product("ticket_office")
    (context.base / "node_modules").symlink_to(product_node / "node_modules")
    return context


def test_the_products_own_node_makes_the_schema(office: Context, made_by_hand: Callable[[str], Catalog]) -> None:
    reading = read_migrations(office.base / "migrations", office)
    assert_same(reading.catalog, made_by_hand("ticket_office"))
    assert (reading.applied, reading.reused) == (4, 0)
    assert reading.history is not None
    assert [migration.undoes for migration in reading.history.migrations] == [True, None, False, True]


def test_each_migration_is_recorded_with_what_it_sends_itself(office: Context) -> None:
    recording = recording_of(read_history(office.base / "migrations"), office)
    units = {unit.name: unit for unit in recording.units}
    assert recording.traceable, recording.notes
    assert list(units) == [f"170000000{n}000_{name}" for n, name in enumerate(("events", "seats", "index", "fill"))]
    assert 'CREATE TYPE "seat_kind"' in units["1700000000000_events"].text
    assert "CREATE INDEX CONCURRENTLY" in units["1700000002000_index"].text
    assert units["1700000002000_index"].frame == "statements"
    assert "1 statements with parameters" in units["1700000003000_fill"].text
    assert not any("applied" in unit.text for unit in recording.units)


def test_a_file_that_a_migration_imports_makes_it_run_again(office: Context) -> None:
    folder = office.base / "migrations"
    assert recording_of(read_history(folder), office).fresh
    assert not recording_of(read_history(folder), office).fresh
    columns = office.base / "src/columns.ts"
    columns.write_text(columns.read_text().replace("created_at", "made_at"))
    (folder / "1700000002000_index.js").unlink()
    catalog = read_migrations(folder, office).catalog
    assert any(identity.name == "public.events.made_at" for identity in catalog.objects)


def test_a_failing_migration_is_told_with_its_file(office: Context) -> None:
    seats = office.base / "migrations/1700000001000_seats.sql"
    seats.write_text(seats.read_text().replace("REFERENCES events", "REFERENCES shows"))
    with pytest.raises(StatementFailed, match='relation "shows" does not exist') as failed:
        read_migrations(office.base / "migrations", office)
    assert (failed.value.file, failed.value.sqlstate) == ("migrations/1700000001000_seats.sql", "42P01")


def test_without_the_package_it_is_said_how_to_get_it(office: Context) -> None:
    (office.base / "node_modules").unlink()
    with pytest.raises(ProgramFailed, match="node-pg-migrate is not installed for this product") as failed:
        read_migrations(office.base / "migrations", office)
    assert "npm ci" in (failed.value.fix or "")
