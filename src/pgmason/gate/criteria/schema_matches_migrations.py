"""Do the schema file and the migrations say the same?"""

from __future__ import annotations

from pgmason.findings import Severity
from pgmason.gate.criterion import NotBuilt


class SchemaMatchesMigrations(NotBuilt):
    title = "Schema file and migrations agree"
    identified = "the schema file and the migrations were both built, and their catalogs compared"
    brief = ("outputs.1", "stack.2", "workflow.2")
    weighs = Severity.BREAK
    room = "sources/prisma"
    until_then = "run the product's own drift check: prisma migrate diff, or alembic check"
