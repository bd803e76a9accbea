# guilty: sql-built-from-strings
def _where(owner):
    return f"owner = '{owner}'"


async def count(conn, owner):
    return await conn.fetchval("SELECT count(*) FROM orders WHERE " + _where(owner))
