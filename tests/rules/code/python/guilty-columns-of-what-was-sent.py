# guilty: sql-built-from-strings
def update(cur, row_id: int, data: dict):
    sets = ", ".join(f"{key} = %s" for key in data)
    cur.execute(f"UPDATE users SET {sets} WHERE id = %s", [*data.values(), row_id])
