"""Do people and agents have the protocols before them?"""

from __future__ import annotations

from pgmason.config import Level
from pgmason.findings import Severity
from pgmason.gate.criterion import NotBuilt


class ProtocolsKnown(NotBuilt):
    title = "The protocols are in the repository"
    identified = "the repository holds the protocols, and its instructions for agents point to them"
    brief = ("protocols.1", "protocols.2")
    level = Level.ADVISED
    weighs = Severity.STYLE
    room = "init"
    until_then = "keep the protocols in the repository, and name them in its instructions for agents"
