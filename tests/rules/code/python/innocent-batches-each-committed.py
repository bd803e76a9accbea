# innocent: writes-outside-a-transaction
import psycopg


def backfill(conn: psycopg.Connection, ids):
    for first in range(0, len(ids), 1000):
        conn.execute("UPDATE orders SET total = 0 WHERE id = ANY(%s)", (ids[first : first + 1000],))
        conn.commit()
