"""Is what was asked for in its file?"""

from __future__ import annotations

from pgmason.config import Level, Where
from pgmason.findings import Severity
from pgmason.gate.criterion import NotBuilt


class DeliveredAsFiles(NotBuilt):
    title = "Work is delivered as files"
    identified = "what a change promises (schema, migration, seed, document) stands in its file in the repository"
    brief = ("protocols.9",)
    level = Level.ADVISED
    where = Where.PULL_REQUEST
    weighs = Severity.STYLE
    room = "mcp"
    until_then = "look in reviews for results that were told and not written to a file"
