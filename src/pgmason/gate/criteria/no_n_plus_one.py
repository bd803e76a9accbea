"""Does a request run one query for each row of another?"""

from __future__ import annotations

from pgmason.config import Where
from pgmason.gate.criterion import NotBuilt


class NoNPlusOne(NotBuilt):
    title = "No N+1 queries"
    identified = "the queries of each request were logged, and none repeats with the number of rows"
    brief = ("gate.4",)
    where = Where.PULL_REQUEST
    room = "tune"
    until_then = "switch query logging on, and look for the same query many times in one request"
