"""Can each new migration run while the product serves?"""

from __future__ import annotations

from pgmason.config import Where
from pgmason.findings import Severity
from pgmason.gate.criterion import NotBuilt


class ZeroDowntime(NotBuilt):
    title = "Migrations do not stop the product"
    identified = (
        "each statement of a new migration ran on a scratch database, and none took a lock that stops the product"
    )
    brief = ("rules.3", "workflow.3")
    where = Where.PULL_REQUEST
    weighs = Severity.OUTAGE
    room = "effects"
    until_then = "read each new migration for full-table locks: add nullable, backfill in batches, then constrain"
