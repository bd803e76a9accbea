"""Which tables does a rule judge, and what part does a table play?

A partition is judged through its parent, an inherited column through the table it comes from. The ledger of a
migration runner belongs to the runner: the product cannot alter it, so nothing is said of it. Facts about tools sit
in one table; nothing here decides a finding.
"""

from __future__ import annotations

from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId

__all__ = ["is_implicit_join", "is_ledger", "judged_tables", "own_columns", "partitions"]

# Name -> columns that tell the tool's ledger from a product's own table of that name. From each tool's own DDL:
# Prisma, Alembic, golang-migrate/Rails/dbmate/Supabase, diesel, Flyway, goose, node-pg-migrate, knex, Django, sqlx,
# Sequelize, Rails, Liquibase, Drizzle, TypeORM, Laravel, MikroORM, Entity Framework, Kysely, Atlas, sql-migrate.
_LEDGERS: dict[str, tuple[frozenset[str], ...]] = {
    "_prisma_migrations": (frozenset({"migration_name", "checksum"}),),
    "alembic_version": (frozenset({"version_num"}),),
    "schema_migrations": (frozenset({"version"}),),
    "__diesel_schema_migrations": (frozenset({"version", "run_on"}),),
    "flyway_schema_history": (frozenset({"installed_rank", "checksum"}),),
    "goose_db_version": (frozenset({"version_id", "is_applied"}),),
    "pgmigrations": (frozenset({"name", "run_on"}),),
    "knex_migrations": (frozenset({"batch", "migration_time"}),),
    "knex_migrations_lock": (frozenset({"is_locked"}),),
    "django_migrations": (frozenset({"app", "name", "applied"}),),
    "_sqlx_migrations": (frozenset({"version", "checksum"}),),
    "SequelizeMeta": (frozenset({"name"}),),
    "ar_internal_metadata": (frozenset({"key", "value"}),),
    "databasechangelog": (frozenset({"orderexecuted", "md5sum"}),),
    "databasechangeloglock": (frozenset({"locked", "lockgranted"}),),
    "__drizzle_migrations": (frozenset({"hash", "created_at"}),),
    "migrations": (frozenset({"timestamp", "name"}), frozenset({"migration", "batch"})),
    "mikro_orm_migrations": (frozenset({"name", "executed_at"}),),
    "__EFMigrationsHistory": (frozenset({"MigrationId", "ProductVersion"}),),
    "kysely_migration": (frozenset({"name", "timestamp"}),),
    "kysely_migration_lock": (frozenset({"is_locked"}),),
    "atlas_schema_revisions": (frozenset({"version", "executed_at"}),),
    "gorp_migrations": (frozenset({"id", "applied_at"}),),
}


def judged_tables(catalog: Catalog) -> tuple[tuple[ObjectId, Table], ...]:
    """Every table but partitions and ledgers, sorted by path."""
    return tuple(
        (identity, table)
        for identity, table in catalog.tables
        if table.partition_of is None and not is_ledger(identity, table)
    )


def is_ledger(identity: ObjectId, table: Table) -> bool:
    """Whether a migration runner keeps its own record in this table."""
    return any(columns.issubset(table.columns) for columns in _LEDGERS.get(identity.own_name, ()))


def is_implicit_join(identity: ObjectId, table: Table) -> bool:
    """Whether Prisma made this table for an implicit many-to-many relation: `_AToB` with the columns A and B.

    No field can be added to one in schema.prisma (Prisma documentation, "Implicit many-to-many relations").
    """
    return identity.own_name.startswith("_") and table.columns == ("A", "B")


def partitions(catalog: Catalog, table: ObjectId) -> tuple[ObjectId, ...]:
    """The direct partitions of a table, sorted by path."""
    if catalog.objects[table].partition_key is None:
        return ()
    return tuple(identity for identity, state in catalog.tables if state.partition_of == table.path)


def own_columns(catalog: Catalog, table: ObjectId) -> tuple[tuple[ObjectId, Column], ...]:
    """The columns of a table that it does not inherit, in their own order."""
    parents = [catalog.objects.get(ObjectId("table", path)) for path in catalog.objects[table].inherits]
    inherited = {column for parent in parents if isinstance(parent, Table) for column in parent.columns}
    return tuple((column, state) for column, state in catalog.columns(table) if column.own_name not in inherited)
