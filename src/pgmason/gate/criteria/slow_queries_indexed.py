"""Do the slow queries have the indexes they need?"""

from __future__ import annotations

from pgmason.config import Level, Where
from pgmason.gate.criterion import NotBuilt


class SlowQueriesIndexed(NotBuilt):
    title = "Slow queries have indexes"
    identified = "the slowest statements of pg_stat_statements were planned with and without an index, and compared"
    brief = ("workflow.5",)
    level = Level.ADVISED
    where = Where.NIGHTLY
    room = "tune"
    until_then = "look at pg_stat_statements by total time, and EXPLAIN ANALYZE the first ten"
