# innocent: writes-outside-a-transaction
import psycopg


def save(conn: psycopg.Connection, row_id, name):
    if row_id is None:
        conn.execute("INSERT INTO people (name) VALUES (%s)", (name,))
        conn.commit()
        return
    conn.execute("UPDATE people SET name = %s WHERE id = %s", (name, row_id))
    conn.commit()
