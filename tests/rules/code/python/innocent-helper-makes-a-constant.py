# innocent: sql-built-from-strings
def _where(closed: bool) -> str:
    if closed:
        return "closed_at IS NOT NULL"
    return "closed_at IS NULL"


async def count(conn, closed, owner):
    return await conn.fetchval(f"SELECT count(*) FROM orders WHERE {_where(closed)} AND owner = $1", owner)
