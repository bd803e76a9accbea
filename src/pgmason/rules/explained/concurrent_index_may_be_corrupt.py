"""CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY of PostgreSQL 14.0 to 14.3 can leave rows out of the index.

Rows that were updated while it was built may be missing in it, and queries that use it do not find them. The server
says nothing. 14.4 mended it (release notes of 14.4); indexes built before stay as they are until they are built again.
Explained only: this version of pgmason plans for 15 and later, where it cannot happen.
"""

from __future__ import annotations

from pgmason.findings import Severity
from pgmason.rules.rule import Rule

__all__ = ["ConcurrentIndexMayBeCorrupt"]


class ConcurrentIndexMayBeCorrupt(Rule):
    severity = Severity.LOSS
    title = "An index that 14.0 to 14.3 built CONCURRENTLY may lack rows."
    effect = "Queries that use the index do not find rows that are there; a unique one lets duplicates in."
    waivable = False
    bad = "CREATE INDEX CONCURRENTLY orders_note_idx ON orders (note);  -- on 14.0 to 14.3\n"
    good = """\
-- on 14.4 or later, for each index that was built before:
SELECT bt_index_check('orders_note_idx', true);  -- of amcheck: fails where rows are missing
REINDEX INDEX CONCURRENTLY orders_note_idx;
"""
    cannot_see = "It looks at nothing: which version built an index is written nowhere."
    brief = "PostgreSQL 15+."
