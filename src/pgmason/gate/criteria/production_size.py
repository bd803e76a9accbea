"""Was each migration tried on as much data as production has?"""

from __future__ import annotations

from pgmason.config import Where
from pgmason.findings import Severity
from pgmason.gate.criterion import NotBuilt


class ProductionSize(NotBuilt):
    title = "Migrations are tried at production's size"
    identified = (
        "each new migration ran at the number of rows that production has, under traffic, and stalls were measured"
    )
    brief = ("rules.8",)
    where = Where.NIGHTLY
    weighs = Severity.OUTAGE
    room = "rehearse"
    until_then = "try new migrations on a copy of production before deploying them"
