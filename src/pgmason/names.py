"""What an object of a database is called: identity apart from state.

An `ObjectId` is a kind and a path, so that it can be compared, sorted, printed and written to JSON without
knowing what the kind means. Paths are:

    schema, extension                                  (name,)
    table, view, materialized view, sequence, enum, index, and other members of a schema   (schema, name)
    column, primary key, unique, check, foreign key    (schema, relation, name)

Quoting here is for people and messages only; SQL that is executed is composed by psycopg.sql.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

__all__ = ["ObjectId", "printable", "quoted", "without_password"]

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")


@dataclass(frozen=True, slots=True, order=True)
class ObjectId:
    """One object: its kind and its path, as PostgreSQL stores the names (case kept, nothing quoted)."""

    kind: str
    path: tuple[str, ...]

    @property
    def name(self) -> str:
        """The path as a person writes it in SQL: `public.orders`, `public."Order Line".id`."""
        return ".".join(quoted(part) for part in self.path)

    @property
    def own_name(self) -> str:
        """The last part alone, unquoted."""
        return self.path[-1]

    @property
    def schema(self) -> str | None:
        """The schema that holds the object; None for what lives in the database itself."""
        return self.path[0] if len(self.path) > 1 or self.kind == "schema" else None

    @property
    def relation(self) -> ObjectId:
        """The table that a column or constraint belongs to."""
        return ObjectId("table", self.path[:2])

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
