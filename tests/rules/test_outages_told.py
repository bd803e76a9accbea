"""Which statements of a migration are called an outage: shapes that measuring real products brought up (bench/outages).

Expected are the lines of the statements that PostgreSQL works through a table for while others wait, by hand.
"""

from __future__ import annotations

import pytest
from migrated import judged

from pgmason.findings import Severity
from pgmason.postgres.server import Server

ORDERS = """\
CREATE TABLE customers (id integer PRIMARY KEY, name text);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer REFERENCES customers, kind integer, note text);
CREATE INDEX ON orders (customer_id);
CREATE TABLE jobs (name text UNIQUE, step integer);
"""

CASES = {
    "each update under a lock, though no row of the sample matches": (
        """\
ALTER TABLE orders ADD COLUMN slug text;
UPDATE orders SET slug = note WHERE kind = -1;
UPDATE orders SET slug = 'none' WHERE kind = -2;
""",
        (2, 3),
    ),
    "NOT NULL on a column that the file added to a full table": (
        """\
ALTER TABLE orders ADD COLUMN slug text;
UPDATE orders SET slug = id::text;
ALTER TABLE orders ALTER COLUMN slug SET NOT NULL;
""",
        (2, 3),
    ),
    "rows that are found by an index, one for each row of another table": (
        """\
SET enable_seqscan = off;
ALTER TABLE orders ADD COLUMN customer text;
UPDATE orders o SET customer = c.name FROM customers c WHERE c.id = o.customer_id;
""",
        (3,),
    ),
    "rows that a unique key names, of a table that is small today": (
        """\
INSERT INTO jobs VALUES ('a', 1), ('b', 2), ('c', 3);
ANALYZE jobs;
ALTER TABLE orders ADD COLUMN slug text;
DELETE FROM jobs WHERE name IN ('a', 'b');
""",
        (),
    ),
    "the sample of ANALYZE is read under the lock of what stands before it": (
        """\
ALTER TABLE orders ADD COLUMN slug text;
ANALYZE orders;
""",
        (2,),
    ),
    "the sample of ANALYZE is read while nobody waits": (
        """\
ANALYZE orders;
ALTER TABLE orders ADD COLUMN slug text;
""",
        (),
    ),
    "rows that a unique key names in part": (
        """\
ALTER TABLE orders ADD COLUMN slug text;
DELETE FROM jobs WHERE name = 'a' OR step = 2;
""",
        (2,),
    ),
    "one row by its key": (
        """\
ALTER TABLE orders ADD COLUMN slug text;
UPDATE orders SET slug = 'first' WHERE id = 1;
""",
        (),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_statement_is_called_an_outage_where_it_is_one(case: str, server: Server) -> None:
    text, lines = CASES[case]
    found = judged(server, ORDERS, text)
    told = sorted({one.place.line for one in found if one.severity is Severity.OUTAGE and one.place is not None})
    assert told == sorted(lines), [(one.rule, one.place, one.message) for one in found]
