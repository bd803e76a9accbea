"""A journal by drizzle-kit itself, applied by Drizzle's own migrator and by us: the same schema."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from same_catalogs import assert_same

from pgmason.catalog.reading import read_catalog
from pgmason.formats import find_format
from pgmason.formats.migration import NewMigration
from pgmason.sources import Context
from pgmason.sources.ledgers import without_ledgers
from pgmason.sources.migrations import read_migrations

FIRST = """
import { bigint, index, pgEnum, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
export const state = pgEnum("state", ["open", "done"]);
export const users = pgTable("users", {
  id: uuid("id").primaryKey().defaultRandom(),
  email: text("email").notNull().unique(),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
});
export const tasks = pgTable("tasks", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  owner: uuid("owner").notNull().references(() => users.id, { onDelete: "cascade" }),
  state: state("state").notNull().default("open"),
}, (table) => [index("tasks_owner_idx").on(table.owner)]);
"""
SECOND = FIRST.replace('state: state("state")', 'title: text("title"),\n  state: state("state")')
MIGRATE = """
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
const pool = new pg.Pool({ connectionString: process.argv[2] });
await migrate(drizzle(pool), { migrationsFolder: "drizzle" });
await pool.end();
"""


@pytest.fixture
def product(tmp_path: Path, product_node: Path) -> Path:
    (tmp_path / "node_modules").symlink_to(product_node / "node_modules")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "migrate.mjs").write_text(MIGRATE)
    generate(tmp_path, FIRST, "init")
    generate(tmp_path, SECOND, "title")
    return tmp_path


def typed(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def generate(folder: Path, schema: str, name: str) -> str:
    (folder / "schema.ts").write_text(schema)
    command = ("node", "node_modules/drizzle-kit/bin.cjs", "generate", "--dialect", "postgresql")
    return typed(folder, *command, "--schema", "schema.ts", "--out", "drizzle", "--name", name)


def test_drizzles_migrator_and_we_make_the_same_schema(product: Path, fresh_database: Callable[..., Any]) -> None:
    reading = read_migrations(product / "drizzle", Context(base=product, root=product))
    assert reading.history is not None
    assert reading.history.format == "drizzle"
    assert [migration.name for migration in reading.history.migrations] == ["0000_init", "0001_title"]
    database = fresh_database(15)
    typed(product, "node", "migrate.mjs", database.url)
    with database.scratch.observer() as observer:
        made = read_catalog(observer, unsaid=database.scratch.unsaid)
    assert_same(without_ledgers(made, [f"*.{name}" for name in reading.history.ledger_tables]), reading.catalog)


def test_drizzle_goes_on_from_a_migration_that_was_written_here(
    product: Path, fresh_database: Callable[..., Any]
) -> None:
    format = find_format(product / "drizzle")
    assert format.write is not None
    new = NewMigration(
        name="Views", at=datetime.now(UTC), up="CREATE VIEW v AS SELECT 1 AS one;\nCOMMENT ON VIEW v IS 'a;b';"
    )
    for file in format.write(format.read(product / "drizzle"), new):
        file.path.write_text(file.text, encoding="utf-8")
    assert "No schema changes" in generate(product, SECOND, "nothing")
    assert "Your SQL migration" in generate(product, FIRST, "back")
    reading = read_migrations(product / "drizzle", Context(base=product, root=product))
    assert reading.history is not None
    names = [migration.name for migration in reading.history.migrations]
    assert names == ["0000_init", "0001_title", "0002_views", "0003_back"]
    database = fresh_database(15)
    typed(product, "node", "migrate.mjs", database.url)
    with database.scratch.observer() as observer:
        made = read_catalog(observer, unsaid=database.scratch.unsaid)
    assert_same(without_ledgers(made, [f"*.{name}" for name in reading.history.ledger_tables]), reading.catalog)
