"""Does the connection pool fit the server?"""

from __future__ import annotations

from pgmason.config import Level, Where
from pgmason.findings import Severity
from pgmason.gate.criterion import NotBuilt


class PoolSized(NotBuilt):
    title = "The connection pool fits the server"
    identified = "the pool's size times the number of instances was held against the server's max_connections"
    brief = ("workflow.5",)
    level = Level.ADVISED
    where = Where.NIGHTLY
    weighs = Severity.OUTAGE
    room = "tune"
    until_then = "multiply the pool's size by the number of instances, and compare with max_connections"
