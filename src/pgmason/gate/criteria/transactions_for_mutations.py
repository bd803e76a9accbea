"""Is each write of several steps one transaction?"""

from __future__ import annotations

from pgmason.findings import Severity
from pgmason.gate.criterion import NotBuilt


class TransactionsForMutations(NotBuilt):
    title = "Writes of several steps are transactions"
    identified = "application code was read, and each function that writes more than once does so in one transaction"
    brief = ("rules.4",)
    weighs = Severity.LOSS
    room = "rules/code"
    until_then = "look in reviews for functions that write twice outside a transaction"
