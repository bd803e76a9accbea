"""Does each DOWN bring back the schema and the rows?"""

from __future__ import annotations

from pgmason.config import Where
from pgmason.findings import Severity
from pgmason.gate.criterion import NotBuilt


class DownRestoresData(NotBuilt):
    title = "DOWN brings everything back"
    identified = "UP, DOWN, UP ran on a database with rows, and schema and contents were the same before and after"
    brief = ("rules.2", "gate.3", "workflow.3")
    where = Where.PULL_REQUEST
    weighs = Severity.LOSS
    room = "prove"
    until_then = "run UP, DOWN and UP by hand on a development database, and compare what is in it"
