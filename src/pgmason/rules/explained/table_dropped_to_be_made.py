"""Some tools offer to drop a table before they make it, so that a migration can be run again.

`create_table :orders, force: true` of Rails and DROP TABLE IF EXISTS before CREATE TABLE say the same: whatever stands
there goes, with its rows. On the machine where the migration is written the table is empty; a second run in production,
or a name that is taken, finds one that is not. Explained only: what drops a table with rows is told by table-dropped,
whichever tool wrote it, and a table that no earlier migration made cannot be known from the migrations.
"""

from __future__ import annotations

from pgmason.findings import Severity
from pgmason.rules.rule import Rule

__all__ = ["TableDroppedToBeMade"]


class TableDroppedToBeMade(Rule):
    severity = Severity.LOSS
    title = "A table is made by first dropping whatever has its name."
    effect = "Where the name is taken already, that table and its rows are gone."
    waivable = False
    bad = "DROP TABLE IF EXISTS orders CASCADE;\nCREATE TABLE orders (id integer PRIMARY KEY);\n"
    good = "CREATE TABLE orders (id integer PRIMARY KEY);  -- fails where the name is taken\n"
    cannot_see = "It looks at nothing: a table that only production has is in no migration."
    brief = "Every UP has a DOWN; what a migration drops can come back."
