# guilty: sql-built-from-strings
QUERY = "SELECT id FROM {table} WHERE kind = %s"


def rows(cur, table, kind):
    query = QUERY.format(table=table)
    cur.execute(query, (kind,))
    return cur.fetchall()
