# guilty: writes-outside-a-transaction
import asyncpg


class Transfers:
    def __init__(self, conn: asyncpg.Connection):
        self.conn = conn

    async def _book(self, account, cents):
        await self.conn.execute("UPDATE accounts SET cents = cents + $1 WHERE id = $2", cents, account)

    async def move(self, a, b, cents):
        await self._book(a, -cents)
        await self._book(b, cents)
