"""What does a borrower's environment say of its database?

DATABASE_URL and libpq's own variables; the names that the product's schema.prisma reads its URL from; and what else
the caller names. The scheme is the one that the product writes down for itself (`postgresql+psycopg://` for an
SQLAlchemy product): it is read from .env.example and its kind, of which nothing else is taken. Pure, but for those.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pgmason.config import Product
from pgmason.lending.desk import DESK
from pgmason.postgres.clones import Clone

__all__ = ["URL", "for_workers", "scheme_of", "url_names", "variables", "without_other_databases"]

URL = "DATABASE_URL"
# Variables of libpq that would lead a borrower elsewhere, or would not fit (manual, 34.15): taken out.
_ELSEWHERE = (
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGHOSTADDR",
    "PGPASSFILE",
    "PGOPTIONS",
    "PGSSLMODE",
    "PGTARGETSESSIONATTRS",
)
_EXAMPLES = (".env.example", ".env.sample", ".env.template", ".env.test", ".env.dist", "env.example", ".env")
_SCHEME = re.compile(r"^\s*(?:export\s+)?([A-Z_]*URL[A-Z_]*)\s*=\s*[\"']?((?:postgres|postgresql)(?:\+\w+)?)://", re.M)
_PRISMA_ENV = re.compile(r"\b(?:url|directUrl)\s*=\s*env\(\s*\"([A-Za-z_][A-Za-z0-9_]*)\"\s*\)")


def variables(clone: Clone, *, scheme: str = "postgresql", names: tuple[str, ...] = ()) -> dict[str, str]:
    """The variables for one clone: DATABASE_URL, `names`, and libpq's."""
    url = clone.url(scheme)
    return {
        **dict.fromkeys((URL, *names), url),
        "PGHOST": clone.host,
        "PGPORT": str(clone.port),
        "PGUSER": clone.user,
        "PGPASSWORD": clone.password,
        "PGDATABASE": clone.database,
    }


def without_other_databases(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment less what would lead libpq to another server."""
    return {name: value for name, value in environment.items() if name not in _ELSEWHERE}


def url_names(product: Product) -> tuple[str, ...]:
    """Further variables that the product's schema.prisma takes its connection from, sorted; DATABASE_URL apart."""
    prefix, _, path = (product.schema or "").partition(":")
    if prefix != "prisma":
        return ()
    schema = product.home / path
    files = sorted(schema.rglob("*.prisma")) if schema.is_dir() else [schema]
    found: set[str] = set()
    for file in files:
        found.update(_PRISMA_ENV.findall(_text(file)))
    return tuple(sorted(found - {URL}))


def scheme_of(product: Product) -> str:
    """What the product writes before :// in its own example of an environment; `postgresql` where it says nothing."""
    for folder in dict.fromkeys((product.home, product.root)):
        for name in _EXAMPLES:
            said = dict(reversed(_SCHEME.findall(_text(folder / name))))
            if said:
                return str(said.get(URL, next(iter(said.values()))))
    return "postgresql"


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace") if file.stat().st_size < 1 << 20 else ""
    except OSError:
        return ""


def for_workers(environment: Mapping[str, str], desk: Path) -> dict[str, str]:
    """The variables that lead the workers of a test runner to their own clones; nothing in the product changes.

    Node loads our few lines by NODE_OPTIONS, pytest by PYTEST_PLUGINS; what was set there stays, in front of ours.
    """
    here = Path(__file__).with_name("workers")
    script = str(here / "pgmason_worker.cjs")
    quoted = '"' + script.replace("\\", "\\\\").replace('"', '\\"') + '"' if " " in script or '"' in script else script
    return {
        DESK: str(desk),
        "NODE_OPTIONS": " ".join(filter(None, (environment.get("NODE_OPTIONS"), f"--require {quoted}"))),
        "PYTEST_PLUGINS": ",".join(filter(None, (environment.get("PYTEST_PLUGINS"), "pgmason_worker"))),
        "PYTHONPATH": ":".join(filter(None, (environment.get("PYTHONPATH"), str(here)))),
    }
