# innocent: sql-built-from-strings
import psycopg2 as pg


def starting_with(dsn, word):
    with pg.connect(dsn) as connection, connection.cursor() as cur:
        cur.execute("SELECT id FROM users WHERE name LIKE %(word)s AND note NOT LIKE '100%%'", {"word": word + "%"})
        return cur.fetchall()
