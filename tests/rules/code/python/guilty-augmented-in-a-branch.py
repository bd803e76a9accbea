# guilty: sql-built-from-strings
def listing(conn, city=None):
    sql = "SELECT id FROM people"
    params = []
    if city is not None:
        sql += " WHERE city = '" + city + "'"
    return conn.execute(sql, params)
