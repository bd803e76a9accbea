# innocent: sql-built-from-strings
TABLE = "users"


def find(cursor, name):
    sql = f"SELECT id FROM {TABLE} WHERE name = %s"
    sql += " LIMIT %d" % 10
    cursor.execute(sql, (name,))
    return cursor.fetchone()
