# guilty: sql-built-from-strings
import psycopg2 as pg


def rename(dsn, old, new):
    with pg.connect(dsn) as connection, connection.cursor() as cur:
        cur.execute("ALTER ROLE %(old)s RENAME TO %(new)s" % {"old": old, "new": new})
