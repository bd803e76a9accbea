# guilty: sql-built-from-strings
def find(connection, name):
    with connection.cursor() as cursor:
        run = cursor.execute
        run(f"SELECT id FROM users WHERE name = '{name}'")
        return cursor.fetchall()
