# guilty: sql-built-from-strings
def by_ids(cursor, ids):
    listed = ",".join("'" + one + "'" for one in ids)
    cursor.execute("SELECT id FROM users WHERE id IN (" + listed + ")")
    return cursor.fetchall()
