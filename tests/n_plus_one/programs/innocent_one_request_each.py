"""innocent

What a server does for eight users, one after the other: each request is a transaction of its own, reads the user's
record by its key and writes one row. The keys were all listed before, by one query.
"""

import os

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    with connection.transaction():
        numbers = [row[0] for row in connection.execute("SELECT id FROM customers ORDER BY id LIMIT 8").fetchall()]
    for number in numbers:
        with connection.transaction():
            connection.execute("SELECT name FROM customers WHERE id = %s", [number]).fetchone()
            connection.execute("INSERT INTO events (customer_id, what) VALUES (%s, 'seen')", [number])
