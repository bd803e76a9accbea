"""How is a name written into the SQL of a lowered schema?

A schema of a thousand models holds tens of thousands of names; composing each as an object of psycopg's takes longer
than all the rest of the reading. Every name is put in quotes, as Prisma's engine does.
"""

from __future__ import annotations

__all__ = ["identifier", "qualified"]


def identifier(name: str) -> str:
    """A name in quotes."""
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str | None, name: str) -> str:
    """A name with its schema, where it is not the one that every name is looked for in."""
    return identifier(name) if schema in (None, "public") else f"{identifier(schema)}.{identifier(name)}"
