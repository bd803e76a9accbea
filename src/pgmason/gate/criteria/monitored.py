"""Would anyone see the database getting slow?"""

from __future__ import annotations

from pgmason.config import Level, Where
from pgmason.gate.criterion import NotBuilt


class Monitored(NotBuilt):
    title = "The database is watched"
    identified = (
        "pg_stat_statements and auto_explain are loaded on the production server, and its statistics are collected"
    )
    brief = ("stack.4",)
    level = Level.ADVISED
    where = Where.NIGHTLY
    room = "tune"
    until_then = "SHOW shared_preload_libraries; on production"
