"""Does the seed fill every table and column?"""

from __future__ import annotations

from pgmason.config import Where
from pgmason.gate.criterion import NotBuilt


class SeedCovers(NotBuilt):
    title = "The seed fills the whole schema"
    identified = "the seed ran on an empty database, and each table has rows and each column values"
    brief = ("gate.7", "workflow.4", "outputs.3", "stack.5")
    where = Where.PULL_REQUEST
    room = "seed"
    until_then = "run the seed script on an empty database, and look for tables that stay empty"
