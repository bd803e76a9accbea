"""Is the schema designed from its requirements, in third normal form?"""

from __future__ import annotations

from pgmason.config import Level
from pgmason.findings import Severity
from pgmason.gate.criterion import NotBuilt


class NormalForm(NotBuilt):
    title = "The design is traced and normalized"
    identified = "each entity is traced to the sentence that asks for it, and no column depends on less than its key"
    brief = ("workflow.1",)
    level = Level.ADVISED
    weighs = Severity.STYLE
    room = "design"
    until_then = "review new tables for columns that repeat what another table says"
