"""Was a backup restored this month, and was everything in it?"""

from __future__ import annotations

from pgmason.config import Where
from pgmason.findings import Severity
from pgmason.gate.criterion import NotBuilt


class RestoreProven(NotBuilt):
    title = "A backup was restored"
    identified = (
        "within the last month a backup was restored, and its tables and contents were compared with what was backed up"
    )
    brief = ("rules.9", "gate.8", "stack.6")
    where = Where.MONTHLY
    weighs = Severity.LOSS
    room = "backup"
    until_then = "restore the last backup onto a server of its own, and count the rows of each table"
