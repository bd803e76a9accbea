# innocent: sql-built-from-strings
COLUMNS = frozenset({"name", "created_at"})


def listing(conn, column: str):
    if column not in COLUMNS:
        raise ValueError(column)
    return conn.execute("SELECT id FROM people ORDER BY {} LIMIT 5".format(column))
