# innocent: sql-built-from-strings
def search(conn, name=None, city=None):
    clauses, params = [], []
    if name:
        clauses.append("name = %s")
        params.append(name)
    if city:
        clauses.append("city = %s")
        params.append(city)
    where = " AND ".join(clauses) or "true"
    return conn.execute(f"SELECT id FROM people WHERE {where} LIMIT 20", params)
