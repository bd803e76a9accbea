"""What does the environment of a child hold?

Names from an allow-list, and nothing else of the caller's: no database URL, token or password of the product's reaches
it. HOME is an empty folder, so that ~/.pgpass, ~/.pg_service.conf and ~/.aws are not found. Under the names by which
products usually read their database, all lead to the scratch database, or, where nothing may connect, to a port that
nobody listens on. What a product needs besides is said in pgmason.toml (`environment`), in values that are no secret.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["NOWHERE", "child_environment", "variables_set"]

# A child that must not connect gets a URL all the same: many modules read one when they are imported.
NOWHERE = "postgresql://nobody:nothing@127.0.0.1:9/nothing"

_ALLOWED = (
    "PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "PYENV_ROOT", "PYENV_VERSION", "ASDF_DIR", "ASDF_DATA_DIR",
    "MISE_DATA_DIR", "NVM_DIR", "NVM_BIN", "VOLTA_HOME", "FNM_DIR", "FNM_MULTISHELL_PATH", "NODE_PATH",
)  # fmt: skip
_URL_NAMES = (
    "DATABASE_URL", "DATABASE_URI", "DB_URL", "DB_URI", "DB_DSN", "DATABASE_DSN", "POSTGRES_URL", "POSTGRES_URI",
    "POSTGRES_DSN", "POSTGRESQL_URL", "PG_URL", "PG_DSN", "SQLALCHEMY_DATABASE_URL", "SQLALCHEMY_DATABASE_URI",
    "SQLALCHEMY_URL", "TEST_DATABASE_URL", "DIRECT_URL", "DIRECT_DATABASE_URL",
)  # fmt: skip
_PART_NAMES = {
    "host": ("PGHOST", "POSTGRES_HOST", "POSTGRES_SERVER", "DB_HOST", "DATABASE_HOST", "PG_HOST"),
    "port": ("PGPORT", "POSTGRES_PORT", "DB_PORT", "DATABASE_PORT", "PG_PORT"),
    "user": ("PGUSER", "POSTGRES_USER", "POSTGRES_USERNAME", "DB_USER", "DB_USERNAME", "DATABASE_USER", "PG_USER"),
    "password": ("PGPASSWORD", "POSTGRES_PASSWORD", "DB_PASSWORD", "DB_PASS", "DATABASE_PASSWORD", "PG_PASSWORD"),
    "database": ("PGDATABASE", "POSTGRES_DB", "POSTGRES_DATABASE", "DB_NAME", "DB_DATABASE", "DATABASE_NAME", "PG_DB"),
}


def child_environment(home: Path, *, url: str = NOWHERE, settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child whose HOME is that (empty) folder.

    `url` is the one database that it may know of; `settings` are the product's own, from pgmason.toml, and win.
    """
    parts = urlsplit(url)
    values = {
        "host": parts.hostname or "127.0.0.1",
        "port": str(parts.port or 9),
        "user": unquote(parts.username or "nobody"),
        "password": unquote(parts.password or "nothing"),
        "database": parts.path.lstrip("/") or "nothing",
    }
    return {
        **{name: value for name in _ALLOWED if (value := os.environ.get(name))},
        **dict.fromkeys(_URL_NAMES, url),
        **{name: values[part] for part, names in _PART_NAMES.items() for name in names},
        "HOME": str(home),
        "PGPASSFILE": os.devnull,
        "PGSERVICEFILE": os.devnull,
        "PGSSLMODE": "disable",
        "PYTHONDONTWRITEBYTECODE": "1",  # a look at a repository leaves nothing in it
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
        **settings,
    }


@contextmanager
def variables_set(more: Mapping[str, str]) -> Iterator[None]:
    """This process's own environment with these variables; what is started meanwhile keeps them."""
    before = {name: os.environ.get(name) for name in more}
    os.environ.update(more)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
