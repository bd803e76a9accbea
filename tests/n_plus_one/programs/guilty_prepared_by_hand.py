"""guilty: order_lines

PREPARE and EXECUTE are sent as text, as behind some poolers, and the parent is turned page by page: no page has more
than two rows.
"""

import os

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"], cursor_factory=psycopg.ClientCursor) as connection:
    connection.execute("PREPARE lines (uuid) AS SELECT quantity FROM order_lines WHERE order_id = $1")
    for page in range(4):
        query = "SELECT id, placed_on FROM orders ORDER BY placed_on LIMIT 2 OFFSET %s"
        for number, _ in connection.execute(query, [2 * page]).fetchall():
            print(connection.execute("EXECUTE lines (%s)", [number]).fetchall())
