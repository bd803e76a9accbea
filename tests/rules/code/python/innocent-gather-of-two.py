# innocent: query-in-a-loop
import asyncio


async def totals(pool, owner):
    orders, users = await asyncio.gather(
        pool.fetchval("SELECT count(*) FROM orders WHERE owner = $1", owner),
        pool.fetchval("SELECT count(*) FROM users WHERE owner = $1", owner),
    )
    return orders + users
