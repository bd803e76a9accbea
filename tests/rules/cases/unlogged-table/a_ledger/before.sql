CREATE UNLOGGED TABLE alembic_version (version_num text PRIMARY KEY);
