# guilty: sql-built-from-strings
import asyncpg


async def rows(pool: asyncpg.Pool, sort: str):
    return await pool.fetch(f"SELECT id FROM jobs ORDER BY {sort} LIMIT 10")
