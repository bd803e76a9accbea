# innocent: sql-built-from-strings
ALLOWED = ("name", "email")


def update(cur, row_id: int, data: dict) -> None:
    keys = [key for key in data if key in ALLOWED]
    sets = ", ".join(f"{key} = %s" for key in keys)
    cur.execute(f"UPDATE users SET {sets} WHERE id = %s", [*(data[key] for key in keys), row_id])
