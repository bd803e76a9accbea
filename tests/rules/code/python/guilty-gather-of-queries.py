# guilty: query-in-a-loop
import asyncio


async def names(pool, ids):
    return await asyncio.gather(*(pool.fetchrow("SELECT name FROM users WHERE id = $1", one) for one in ids))
