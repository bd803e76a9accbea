# innocent: sql-built-from-strings
def find(cur, name):
    query = f"select for {name}"
    print(query)
    query = "SELECT id FROM users WHERE name = %s"
    cur.execute(query, [name])
