"""What does a hosting platform put into every database, that products rely on and nobody's migrations make?

Each platform is a file of SQL beside this one: the schemas, tables and functions that products refer to, as stand-ins
with the names, columns and types of the real ones and without their workings. Its roles get stand-ins like any other.
All of it is `external`: never planned, judged or documented, only referred to. What a platform has and no product
speaks of is not here; an object that is missed fails by name.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

    from pgmason.postgres.server import Server

__all__ = ["PLATFORMS", "Platform", "named_platform", "prepare_platform", "settle_platform"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A platform: its roles, what it manages (shell patterns as in `external`), the search_path of its sessions.

    `script` is the name of its SQL, None where its databases hold nothing of their own.
    """

    name: str
    label: str
    roles: tuple[str, ...]
    external: tuple[str, ...] = ()
    search_path: str | None = None
    script: str | None = None

    @property
    def mark(self) -> str:
        """What a template that was made on it must agree with; "" where nothing is put into a database."""
        if self.script is None:
            return ""
        text = Path(__file__).with_name(self.script).read_text(encoding="utf-8")
        return hashlib.sha256(f"{self.search_path}{text}".encode()).hexdigest()[:12]


# The roles and schemas of a new project, from Supabase's postgres image (migrations/db) and its documentation; the
# roles of managed services from their documentation of "default roles".
PLATFORMS = (
    Platform(
        name="supabase",
        label="Supabase",
        roles=(
            "anon", "authenticated", "authenticator", "dashboard_user", "pgbouncer", "postgres", "service_role",
            "supabase_admin", "supabase_auth_admin", "supabase_functions_admin", "supabase_read_only_user",
            "supabase_realtime_admin", "supabase_replication_admin", "supabase_storage_admin",
        ),
        external=(
            "auth.*", "storage.*", "extensions.*", "graphql.*", "graphql_public.*", "realtime.*", "_realtime.*",
            "vault.*", "net.*", "cron.*", "pgsodium.*", "pgsodium_masks.*", "pgbouncer.*", "supabase_functions.*",
            "supabase_migrations.*", "_analytics.*", "pgmq.*",
            # installed before the first migration
            "uuid-ossp", "pgcrypto", "pg_stat_statements", "pg_graphql", "supabase_vault", "pgsodium", "pgjwt",
            # what is told of as not read: grants on those, and what is granted by default to who migrates
            "function extensions.*", "*of the role that ran the SQL*",
        ),
        search_path='"$user", public, extensions',
        script="supabase.sql",
    ),
    Platform(
        name="neon",
        label="Neon",
        roles=("cloud_admin", "neon_superuser", "neondb_owner", "authenticated", "anonymous", "authenticator"),
        external=("auth.*", "neon.*", "neon_auth.*", "neon_control_plane.*"),
        script="neon.sql",
    ),
    Platform(
        name="rds",
        label="Amazon RDS",
        roles=("rdsadmin", "rds_superuser", "rds_replication", "rds_iam", "rds_password", "rds_ad", "rds_reserved"),
        external=("aws_commons.*", "aws_lambda.*", "aws_s3.*", "rdsadmin.*"),
    ),
    Platform(
        name="cloudsql",
        label="Cloud SQL",
        roles=(
            "cloudsqladmin", "cloudsqlagent", "cloudsqlconnpooladmin", "cloudsqliamgroup", "cloudsqliamserviceaccount",
            "cloudsqliamuser", "cloudsqlimportexport", "cloudsqlreplica", "cloudsqlsuperuser",
        ),
        external=("google_ml.*", "google_vacuum_mgmt.*"),
    ),
)  # fmt: skip


@cache
def named_platform(name: str) -> Platform | None:
    """The platform of that name; None for "none"."""
    return next((platform for platform in PLATFORMS if platform.name == name), None)


def prepare_platform(server: Server, database: str, platform: Platform) -> None:
    """Put a platform's stand-ins into an empty scratch database, as its administrator would."""
    from pgmason.postgres.scratch import stand_in_roles

    stand_in_roles(server, platform.roles)
    if platform.script is None:
        return
    script = Path(__file__).with_name(platform.script).read_text(encoding="utf-8")
    with server.connect(database) as administrator:
        administrator.execute("SET search_path = public")
        administrator.execute(script.encode())  # a file of ours


def settle_platform(server: Server, database: str, platform: Platform, *, by: Connection[Any] | None = None) -> None:
    """What a scratch database needs again each time it was cloned: the search_path of its sessions.

    `by` is a superuser's connection that is used instead of the server's own, for threads.
    """
    from psycopg import sql

    if platform.search_path is not None:
        names = sql.SQL(", ").join(sql.Identifier(name.strip().strip('"')) for name in platform.search_path.split(","))
        setting = sql.SQL("ALTER DATABASE {} SET search_path = {}").format(sql.Identifier(database), names)
        (by or server.admin).execute(setting)
