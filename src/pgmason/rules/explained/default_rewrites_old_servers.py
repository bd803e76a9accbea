"""Up to PostgreSQL 10 a new column with any default wrote the whole table anew, a constant one, too.

Since 11 a constant default, and now(), are kept once for all rows (release notes of 11), and adding such a column takes
an instant. Advice to add the column first and set its default later comes from that time. Explained only: this version
of pgmason plans for 15 and later. What still writes the table anew is column-added-with-a-rewrite.
"""

from __future__ import annotations

from pgmason.findings import Severity
from pgmason.rules.rule import Rule

__all__ = ["DefaultRewritesOldServers"]


class DefaultRewritesOldServers(Rule):
    severity = Severity.OUTAGE
    title = "Up to PostgreSQL 10 a new column with a default wrote the whole table anew."
    effect = "Reads and writes of the table wait until every row is written."
    waivable = False
    bad = "ALTER TABLE orders ADD COLUMN state text DEFAULT 'open';  -- up to 10\n"
    good = """\
ALTER TABLE orders ADD COLUMN state text DEFAULT 'open';  -- 11 and later: an instant
"""
    cannot_see = "It looks at nothing: no supported server does so."
    brief = "Zero-downtime migrations: add nullable, backfill, then constrain."
