"""Do the product's tests run on a real PostgreSQL?"""

from __future__ import annotations

from pgmason.config import Level, Where
from pgmason.gate.criterion import NotBuilt


class TestsOnPostgres(NotBuilt):
    title = "Tests run on a real database"
    identified = "the tests ran with a scratch database, and statements of theirs were seen on it"
    brief = ("stack.5",)
    level = Level.ADVISED
    where = Where.PULL_REQUEST
    room = "pytest_plugin"
    until_then = "look in the tests for mocks of the database client"
