"""innocent

One order is tried six times, each time from a savepoint, until the stock of a made-up warehouse is right; and a status
is polled until it changes. The same statement with the same value is no loop over rows.
"""

import os
import uuid

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    order = connection.execute("SELECT id FROM orders ORDER BY placed_on").fetchall()[3][0]
    for attempt in range(6):
        try:
            with connection.transaction():
                connection.execute("SELECT status FROM orders WHERE id = %s FOR UPDATE", [order]).fetchone()
                connection.execute(
                    "INSERT INTO orders (id, customer_id, status, placed_on) VALUES (%s, %s, 'copy', '2026-03-01')",
                    [uuid.uuid4() if attempt == 5 else order, 1],
                )
        except psycopg.errors.UniqueViolation:
            continue
        break
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as polling:
    for _ in range(20):
        polling.execute("SELECT status FROM orders WHERE id = %s", [order]).fetchone()
