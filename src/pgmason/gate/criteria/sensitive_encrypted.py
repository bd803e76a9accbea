"""Is sensitive data known and encrypted?"""

from __future__ import annotations

from pgmason.config import Where
from pgmason.findings import Severity
from pgmason.gate.criterion import NotBuilt


class SensitiveEncrypted(NotBuilt):
    title = "Sensitive data is known and encrypted"
    identified = "each column that holds personal data, a password or a token is listed, and encrypted or hashed"
    brief = ("gate.5",)
    where = Where.PULL_REQUEST
    weighs = Severity.LOSS
    room = "protect"
    until_then = "list the columns with personal data, passwords and tokens, and check each by hand"
