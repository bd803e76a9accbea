"""Was each change verified before it was called done?"""

from __future__ import annotations

from pgmason.config import Level, Where
from pgmason.gate.criterion import NotBuilt


class VerifiedBeforeDone(NotBuilt):
    title = "Changes are verified before they are done"
    identified = "each change to the schema came with a gate whose verdicts carry all five steps"
    brief = ("protocols.3", "protocols.4", "protocols.5", "protocols.6", "protocols.7", "protocols.8")
    level = Level.ADVISED
    where = Where.PULL_REQUEST
    room = "mcp"
    until_then = "run pgmason gate before calling a change done; each verdict here carries its five steps (--all)"
