"""What an object of a database is called: identity apart from state.

An `ObjectId` is a kind and a path, so that it can be compared, sorted, printed and written to JSON without
knowing what the kind means. Paths are:

    schema, extension                                  (name,)
    table, view, materialized view, sequence, enum, index, and other members of a schema   (schema, name)
    column, primary key, trigger, and other members of a relation, constraint of a domain   (schema, relation, name)
    function, procedure, aggregate, operator           (schema, name, "integer, text")
    operator class, operator family                    (schema, name, access method)
    cast ("source", "target"), transform ("type", language)
    user mapping (server, user), default privileges (role, schema or "", object type)

Quoting here is for people and messages only; SQL that is executed is composed by psycopg.sql.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

__all__ = ["ObjectId", "for_libpq", "printable", "quoted", "without_password"]

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")
# Kinds whose third part tells objects of one name apart, so that the second names them: how a person writes both.
_TOLD_APART = {
    "function": "{}({})",
    "procedure": "{}({})",
    "aggregate": "{}({})",
    "operator": "{}({})",
    "operator class": "{} USING {}",
    "operator family": "{} USING {}",
}
# Kinds that live in no schema although their path has several parts.
_IN_DATABASE = frozenset({"cast", "transform", "user mapping", "default privileges"})


class ObjectId(NamedTuple):
    """One object: its kind and its path, as PostgreSQL stores the names (case kept, nothing quoted).

    A tuple rather than a dataclass: catalogs look objects up all the time, and its hash and equality are C.
    """

    kind: str
    path: tuple[str, ...]

    @property
    def name(self) -> str:
        """The path as a person writes it in SQL: `public.orders`, `public."Order Line".id`, `public.f(integer)`."""
        path = self.path
        if self.kind in _TOLD_APART:
            own = printable(path[1]) if self.kind == "operator" else quoted(path[1])
            third = printable(path[2]) if _TOLD_APART[self.kind].endswith(")") else quoted(path[2])
            return _TOLD_APART[self.kind].format(f"{quoted(path[0])}.{own}", third)
        if self.kind == "cast":
            return " AS ".join(printable(part) for part in path)
        if self.kind == "default privileges":
            where = f" in schema {quoted(path[1])}" if path[1] else ""
            return f"on {path[2]} of {quoted(path[0])}{where}"
        if self.kind == "transform":
            return f"{printable(path[0])} LANGUAGE {quoted(path[1])}"
        return ".".join(quoted(part) for part in path)

    @property
    def own_name(self) -> str:
        """The object's own name alone, unquoted: the last part, but for what is told apart by it."""
        return self.path[1] if self.kind in _TOLD_APART else self.path[-1]

    @property
    def schema(self) -> str | None:
        """The schema that holds the object; None for what lives in the database itself."""
        if self.kind in _IN_DATABASE:
            return None
        return self.path[0] if len(self.path) > 1 or self.kind == "schema" else None

    @property
    def is_member(self) -> bool:
        """Whether the object belongs to a relation (or domain), as a column, a constraint or a trigger does."""
        return len(self.path) == 3 and self.kind not in _TOLD_APART and self.kind not in _IN_DATABASE

    @property
    def relation(self) -> ObjectId:
        """The table that a column or constraint belongs to, or the domain; asked of members only."""
        return ObjectId("domain" if self.kind == "domain constraint" else "table", self.path[:2])

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def quoted(name: str) -> str:
    """An identifier as PostgreSQL would need it in a statement, for messages: quotes only where it needs them.

    Keywords are not looked up: a message may show `order` bare, and nobody executes it.
    """
    return name if _PLAIN.match(name) else '"' + printable(name).replace('"', '""') + '"'


def printable(text: str) -> str:
    """`text` with control and bidirectional characters escaped, so that a name cannot rewrite a terminal line."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == " " else c.encode("unicode_escape").decode() for c in text)


def without_password(url: str) -> str:
    """A connection string fit for a message: no password, in either form that libpq reads."""
    if "://" in url:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        user = parts.netloc.rpartition("@")[0].partition(":")[0]
        query = re.sub(r"(?i)(^|&)((?:ssl)?password|passfile|sslkey)=[^&]*", r"\1\2=***", parts.query)
        return urlunsplit((parts.scheme, f"{user}@{host}" if user else host, parts.path, query, ""))
    return re.sub(r"(?i)\b((?:ssl)?password)\s*=\s*('(?:[^'\\]|\\.)*'|\S+)", r"\1=***", url)


def for_libpq(url: str) -> str:
    """The URL without the parameters that Prisma adds (schema, pgbouncer, ...) and libpq refuses."""
    head, mark, query = url.partition("?")
    if "://" not in head or not mark:
        return url
    ours = (
        "schema",
        "pgbouncer",
        "connection_limit",
        "pool_timeout",
        "statement_cache_size",
        "socket_timeout",
        "sslaccept",
        "sslidentity",
    )
    kept = [part for part in query.split("&") if part.partition("=")[0] not in ours]
    return f"{head}?{'&'.join(kept)}" if kept else head
