"""Which extension brings the thing that a history misses?

Some products need an extension that an administrator created beforehand, and no file of theirs says so. The server
itself is asked what each harmless extension brings: every one that an ordinary role may create is created in a
scratch database, and its members are read from pg_depend. Asked once per tree, kept beside it.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

from pgmason.evidence import write_whole
from pgmason.postgres.server import Server

__all__ = ["create_extensions", "missing_name", "provider_of"]

# The server's words for what is missing (lc_messages is C on our servers), by SQLSTATE: undefined object, undefined
# function. A name comes quoted, or as a signature.
_MISSING = {
    "42704": re.compile(r'(?:type|operator class|collation) "([^"]+)"'),
    "42883": re.compile(r"function ([^\s(]+)\("),
}


def missing_name(sqlstate: str | None, message: str) -> str | None:
    """The unqualified name that an error says is missing; None where it says something else."""
    pattern = _MISSING.get(sqlstate or "")
    found = pattern.search(message) if pattern else None
    return found.group(1).rpartition(".")[2].strip('"') if found else None


def provider_of(server: Server, name: str) -> str | None:
    """The extension that brings a type, function or operator class of that name, if exactly one does."""
    providers = _provided(server).get(name, [])
    return providers[0] if len(providers) == 1 else None


def create_extensions(server: Server, database: str, names: tuple[str, ...]) -> None:
    """Create extensions beforehand, as the administrator would, in the schema public."""
    from psycopg import sql

    with server.connect(database, user="pgmason") as admin:
        admin.execute("SET search_path = public")
        for name in names:
            admin.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {} CASCADE").format(sql.Identifier(name)))


_MEMBERS = """
SELECT x.extname, coalesce(t.typname, p.proname, o.opcname)
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_extension x ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND x.oid = d.refobjid
LEFT JOIN pg_catalog.pg_type t ON d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.oid = d.objid
LEFT JOIN pg_catalog.pg_proc p ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.oid = d.objid
LEFT JOIN pg_catalog.pg_opclass o ON d.classid = 'pg_catalog.pg_opclass'::pg_catalog.regclass AND o.oid = d.objid
WHERE d.deptype = 'e' AND coalesce(t.typname, p.proname, o.opcname) IS NOT NULL"""


def _provided(server: Server) -> dict[str, list[str]]:
    """Name -> the extensions that bring it, sorted."""
    kept = server.tree.root / "provides.json"
    with suppress(OSError, ValueError):
        known: dict[str, list[str]] = json.loads(kept.read_text(encoding="utf-8"))
        return known
    provided: dict[str, set[str]] = {}
    for extension, name in _members(server):
        provided.setdefault(name, set()).add(extension)
    result = {name: sorted(extensions) for name, extensions in sorted(provided.items())}
    write_whole(kept, json.dumps(result))
    return result


def _members(server: Server) -> list[Any]:
    import psycopg
    from psycopg import sql

    from pgmason.postgres.scratch import scratch_database

    with scratch_database(server, read_only=True) as scratch, server.connect(scratch.name) as admin:
        available = admin.execute(
            "SELECT DISTINCT name FROM pg_catalog.pg_available_extension_versions WHERE trusted ORDER BY name"
        ).fetchall()
        for (name,) in available:
            place = sql.Identifier(f"of_{name}")
            with suppress(psycopg.Error):  # one that cannot be created brings nothing
                admin.execute(sql.SQL("CREATE SCHEMA {}").format(place))
                admin.execute(sql.SQL("CREATE EXTENSION {} SCHEMA {} CASCADE").format(sql.Identifier(name), place))
        return admin.execute(_MEMBERS).fetchall()
