"""guilty: events

The values are written into the text, every statement is another text, there are no transactions, the numbers are small
and no foreign key joins the two tables.
"""

import os

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
    found = connection.execute("SELECT id, name FROM customers WHERE id < %s", [6]).fetchall()
    for number, name in found:
        latest = "SELECT what FROM events WHERE customer_id = %s ORDER BY id DESC LIMIT 1"
        print(name, connection.execute(latest, [number]).fetchone())
