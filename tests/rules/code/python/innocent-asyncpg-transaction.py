# innocent: writes-outside-a-transaction
import asyncpg


async def book(pool: asyncpg.Pool, room: int, guest: int) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("INSERT INTO bookings (room_id, guest_id) VALUES ($1, $2)", room, guest)
        await conn.execute("UPDATE rooms SET free = false WHERE id = $1", room)
