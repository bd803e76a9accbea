# innocent: sql-built-from-strings
ORDERS = {"newest": "created_at DESC", "name": "lower(name)"}


def listing(conn, sort: str, limit: str):
    order = ORDERS.get(sort, "id")
    return conn.execute(f"SELECT id FROM people ORDER BY {order} LIMIT {int(limit)}")
