"""What other checkers flag by its text and a running product does not feel: nothing is said of it, not even a note.

The reason that each is harmless is PostgreSQL's, measured: no row read or written, or no lock that was not held.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from migrated import example, judged

from pgmason.locks import LockMode
from pgmason.postgres.server import Server

ORDERS = """\
CREATE TABLE customers (id integer PRIMARY KEY);
CREATE TABLE orders (
  id integer PRIMARY KEY, customer_id integer, code varchar(10), total numeric(10,2), kind text,
  CONSTRAINT kind_known CHECK (kind IS NOT NULL)
);
CREATE INDEX orders_customer_id_idx ON orders (customer_id);
"""
TIMEOUT = "SET lock_timeout = '2s';\n"

HARMLESS = {
    "a longer varchar": "ALTER TABLE orders ALTER COLUMN code TYPE varchar(20);",
    "varchar without a limit": "ALTER TABLE orders ALTER COLUMN code TYPE varchar;",
    "text for varchar": "ALTER TABLE orders ALTER COLUMN code TYPE text;",
    "a numeric of more digits": "ALTER TABLE orders ALTER COLUMN total TYPE numeric(14,2);",
    "a column with a constant default": "ALTER TABLE orders ADD COLUMN state text NOT NULL DEFAULT 'open';",
    "a column with the time of the statement": "ALTER TABLE orders ADD COLUMN seen timestamptz DEFAULT now();",
    "an empty column": "ALTER TABLE orders ADD COLUMN note text;",
    "NOT NULL that a validated CHECK proves": "ALTER TABLE orders ALTER COLUMN kind SET NOT NULL;",
    "a foreign key on a new table": """\
CREATE TABLE lines (id integer PRIMARY KEY, order_id integer NOT NULL);
CREATE INDEX lines_order_id_idx ON lines (order_id);
ALTER TABLE lines ADD CONSTRAINT lines_order_fkey FOREIGN KEY (order_id) REFERENCES orders;
""",
    "all that is done to a new table": """\
CREATE TABLE lines (id integer, body text, size integer);
INSERT INTO lines SELECT n, 'line', 1 FROM generate_series(1, 100) AS n;
CREATE UNIQUE INDEX lines_body_idx ON lines (id, body);
ALTER TABLE lines ADD PRIMARY KEY (id);
ALTER TABLE lines ALTER COLUMN size TYPE bigint;
ALTER TABLE lines ADD CHECK (size > 0);
ALTER TABLE lines ALTER COLUMN body SET NOT NULL;
UPDATE lines SET body = 'other';
DELETE FROM lines;
ALTER TABLE lines ALTER COLUMN body DROP NOT NULL;
ALTER TABLE lines RENAME COLUMN body TO note;
ALTER TABLE lines ALTER COLUMN note SET STATISTICS 500;
ALTER TABLE lines ALTER COLUMN note SET STORAGE EXTERNAL;
ALTER TABLE lines ALTER COLUMN size SET DEFAULT 2;
ALTER TABLE lines ADD COLUMN token uuid DEFAULT gen_random_uuid();
ALTER TABLE lines ADD EXCLUDE USING gist (int4range(0, id) WITH =);
ALTER TABLE lines DROP CONSTRAINT lines_pkey;
ALTER TABLE lines DROP COLUMN size;
DROP INDEX lines_body_idx;
CREATE FUNCTION lines_noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER lines_noted BEFORE INSERT ON lines FOR EACH ROW EXECUTE FUNCTION lines_noted();
ALTER TABLE lines DISABLE TRIGGER lines_noted;
DROP TRIGGER lines_noted ON lines;
TRUNCATE lines;
ALTER TABLE lines RENAME TO order_lines;
CREATE VIEW all_lines AS SELECT * FROM order_lines;
ALTER TABLE order_lines ADD COLUMN late text;
DROP TABLE order_lines CASCADE;
""",
    "a lock that is held already": """\
ALTER TABLE orders ADD COLUMN note text;
ALTER TABLE orders ADD COLUMN remark text;
ALTER TABLE orders ALTER COLUMN code TYPE varchar(40);
COMMENT ON COLUMN orders.note IS 'what the customer said';
""",
    "a lock taken by hand for what comes next": """\
LOCK TABLE orders IN ACCESS EXCLUSIVE MODE;
ALTER TABLE orders ADD COLUMN note text;
""",
}


@pytest.mark.parametrize("major", [15, 18])
@pytest.mark.parametrize("name", HARMLESS)
def test_it_is_silent(name: str, major: int, servers: Callable[[int], Server]) -> None:
    found = judged(servers(major), ORDERS, TIMEOUT + HARMLESS[name])
    assert [f"{one.rule}: {one.message}" for one in found] == []


@pytest.mark.parametrize("major", [15, 18])
def test_the_lock_that_is_held_already_is_seen_to_be_held(major: int, servers: Callable[[int], Server]) -> None:
    (seen,) = example(servers(major), ORDERS, TIMEOUT + HARMLESS["a lock that is held already"])
    first, *others = [effect for effect in seen.done if effect.statement.form == "alter_table_stmt"]
    (orders,) = [one for one in first.locks if one.kind == "table"]
    assert first.locks[orders] is LockMode.ACCESS_EXCLUSIVE
    assert others
    for effect in others:
        assert orders not in effect.locks
        assert effect.held[orders] is LockMode.ACCESS_EXCLUSIVE
