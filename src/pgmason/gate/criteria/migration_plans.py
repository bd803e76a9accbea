"""Does each complex migration have its plan?"""

from __future__ import annotations

from pgmason.config import Level, Where
from pgmason.findings import Severity
from pgmason.gate.criterion import NotBuilt


class MigrationPlans(NotBuilt):
    title = "Complex migrations have a plan"
    identified = "each migration whose steps wait for a deploy has a document: what runs when, and how to go back"
    brief = ("outputs.5", "rules.3")
    level = Level.ADVISED
    where = Where.PULL_REQUEST
    weighs = Severity.STYLE
    room = "plan"
    until_then = "write docs/MIGRATION-PLAN-NAME.md for a change that takes more than one deploy"
