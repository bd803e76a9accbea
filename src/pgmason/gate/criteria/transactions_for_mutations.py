"""Is each write of several steps one transaction?"""

from __future__ import annotations

from pgmason.findings import Severity
from pgmason.gate.by_code import CodeCriterion


class TransactionsForMutations(CodeCriterion):
    title = "Writes of several steps are transactions"
    identified = (
        "each file of application code was parsed, and no function has a path on which it writes more than once outside"
        " a transaction"
    )
    brief = ("rules.4",)
    weighs = Severity.LOSS
    rules = ("writes-outside-a-transaction",)
    claims = "{files}: no function writes more than once on one path outside a transaction"
    fault = (
        "function writes several times outside a transaction",
        "functions write several times outside a transaction",
    )
    leaves_out = "writes that are spread over functions of several files, and clients that another file hands over"
