"""Does application code reach the database only through its ORM?"""

from __future__ import annotations

from pgmason.findings import Severity
from pgmason.gate.by_code import CodeCriterion


class NoRawSql(CodeCriterion):
    title = "No raw SQL in application code"
    identified = (
        "each file of application code was parsed: no query is put together from text, and none in SQL asks for what"
        " the product's ORM has models of"
    )
    brief = ("rules.5", "stack.2")
    weighs = Severity.BREAK
    rules = ("sql-built-from-strings", "raw-sql-beside-the-orm")
    claims = "{files}: no query is put together from text, and none goes past the ORM"
    fault = ("query is built from text or goes past the ORM", "queries are built from text or go past the ORM")
    leaves_out = "text that one file makes and another runs, calls under names of the product's own, other languages"
