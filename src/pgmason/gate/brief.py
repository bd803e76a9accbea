"""What does the brief ask, line by line?

Each line has a stable id, SECTION.N in the brief's own order, and a paraphrase. Every id is served by at least
one criterion in `criteria/`; a test holds that, and that no line was left out.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["BRIEF"]

BRIEF: Mapping[str, str] = {
    "rules.1": "the database itself enforces integrity: foreign keys, unique, check, not null",
    "rules.2": "each migration can be undone, and a deployed one is never edited",
    "rules.3": "breaking changes go in steps: add nullable, backfill, then constrain",
    "rules.4": "a write of several steps is one transaction",
    "rules.5": "application code goes through the ORM with parameters, never through raw SQL",
    "rules.6": "each table has created_at and updated_at",
    "rules.7": "UUID keys in distributed systems, serial ones in simple applications",
    "rules.8": "migrations are tried on as much data as production has before they are deployed",
    "rules.9": "a restore is run each month; a backup never restored does not count",
    "rules.10": "each table is documented, and the document changes with the schema",
    "stack.1": "PostgreSQL 15 or newer",
    "stack.2": "Prisma for schema, migrations and client",
    "stack.3": "migrations by Prisma Migrate, or by node-pg-migrate in plain SQL",
    "stack.4": "statements, tables and slow plans are watched by PostgreSQL's own statistics",
    "stack.5": "tests run on a real database, with generated data",
    "stack.6": "backups: dumps, archived WAL, snapshots",
    "stack.7": "pipelines write by upserts that can run twice",
    "workflow.1": "design: requirements become entities and a schema in third normal form",
    "workflow.2": "model: types, indexes, constraints and relations are right",
    "workflow.3": "migrate: the SQL is reviewed, UP and DOWN are tried",
    "workflow.4": "seed: realistic data for development and tests",
    "workflow.5": "optimize: slow queries get indexes, the connection pool is sized",
    "workflow.6": "document: diagram, descriptions and the reasons for indexes are kept up",
    "workflow.7": "pipeline: extract, transform, validate, load, each repeatable",
    "outputs.1": "the schema stands in the product's schema file",
    "outputs.2": "the migrations stand in the product's migrations folder",
    "outputs.3": "a seed script stands beside them",
    "outputs.4": "the data model document has a diagram and describes each table",
    "outputs.5": "a complex change has a migration plan",
    "outputs.6": "pipeline code has its place and its tests",
    "gate.1": "names follow the convention: snake_case columns, PascalCase models",
    "gate.2": "each foreign key has an index",
    "gate.3": "UP and DOWN of each migration were run on a database",
    "gate.4": "no loop of queries (N+1) came in",
    "gate.5": "sensitive data is known and encrypted",
    "gate.6": "the data model document shows the schema as it is",
    "gate.7": "the seed fills new tables and columns",
    "gate.8": "backup and restore are verified for new tables",
    "protocols.1": "the excuses for skipping a check are known and refused",
    "protocols.2": "a quality step that might apply is done",
    "protocols.3": "nothing is called done before five steps of verification",
    "protocols.4": "identify: what done looks like, specific and testable",
    "protocols.5": "execute: the check is really run",
    "protocols.6": "read: the output is looked at, not assumed",
    "protocols.7": "compare: the output is held against what was asked, literally",
    "protocols.8": "claim: only what the evidence shows",
    "protocols.9": "what was asked for is written to its file, not retold",
}
