"""Does application code reach the database only through its ORM?"""

from __future__ import annotations

from pgmason.gate.criterion import NotBuilt


class NoRawSql(NotBuilt):
    title = "No raw SQL in application code"
    identified = "application code was read, and no query is put together from text"
    brief = ("rules.5", "stack.2")
    room = "rules/code"
    until_then = 'search the code for $queryRawUnsafe, $executeRawUnsafe and text(f"...")'
