"""guilty: order_lines

Rows come from a server-side cursor, one FETCH each, so no result has more than one row; what belongs to them is asked
on a second connection, outside of any transaction, with binary parameters.
"""

import os

import psycopg

url = os.environ["DATABASE_URL"]
with psycopg.connect(url) as reading, psycopg.connect(url, autocommit=True) as asking:
    cursor = reading.cursor(name="all_orders")
    cursor.itersize = 1
    cursor.execute("SELECT id, placed_on FROM orders ORDER BY placed_on")
    for number, _ in cursor:
        print(number, asking.execute("SELECT count(*) FROM order_lines WHERE order_id = %b", [number]).fetchone())
