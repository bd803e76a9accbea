"""A Django project, migrated by its own Django on a scratch database."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from same_catalogs import assert_same

from pgmason.catalog.model import Catalog
from pgmason.errors import StatementFailed
from pgmason.formats import read_history
from pgmason.interpreters.children import ProgramFailed
from pgmason.sources import Context
from pgmason.sources.migrations import read_migrations
from pgmason.sources.recorded import recording_of


def test_the_projects_own_django_makes_the_schema(
    product: Callable[..., Context], made_by_hand: Callable[[str], Catalog]
) -> None:
    """Its settings name a server of production's, which is never asked."""
    context = product("library")
    reading = read_migrations(context.base, context)
    assert_same(reading.catalog, made_by_hand("library"))
    assert (reading.applied, reading.reused) == (3, 0)
    recording = recording_of(read_history(context.base), context)
    assert recording.traceable, recording.notes
    units = {unit.name: unit for unit in recording.units}
    assert "50% o''Neill" in units["books.0002_pages"].text
    assert units["books.0003_index"].frame == "statements"
    assert not any("django_migrations" in unit.text for unit in recording.units)


def test_a_failing_migration_is_told_with_its_file(product: Callable[..., Context]) -> None:
    context = product("library")
    pages = context.base / "books/migrations/0002_pages.py"
    pages.write_text(pages.read_text().replace("migrations.RunPython(fill)", 'migrations.RunSQL("DROP TABLE nothing")'))
    with pytest.raises(StatementFailed, match='table "nothing" does not exist') as failed:
        read_migrations(context.base, context)
    assert (failed.value.file, failed.value.sqlstate) == ("books/migrations/0002_pages.py", "42P01")
    assert "DROP TABLE nothing" in failed.value.statement


def test_settings_that_cannot_be_imported_are_told(product: Callable[..., Context]) -> None:
    context = product("library")
    settings = context.base / "site_settings/settings.py"
    settings.write_text("import environ\n" + settings.read_text())
    with pytest.raises(ProgramFailed, match="Django's settings failed: ModuleNotFoundError") as failed:
        read_migrations(context.base, context)
    assert failed.value.where == "site_settings/settings.py:1"


def test_another_database_is_refused_by_name(product: Callable[..., Context]) -> None:
    context = product("library")
    settings = context.base / "site_settings/settings.py"
    settings.write_text(settings.read_text().replace("backends.postgresql", "backends.sqlite3"))
    with pytest.raises(ProgramFailed, match=r"its default database is django\.db\.backends\.sqlite3, not PostgreSQL"):
        read_migrations(context.base, context)
