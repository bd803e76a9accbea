# innocent: writes-outside-a-transaction
from sqlalchemy import text


class Transfers:
    def __init__(self, engine):
        self.engine = engine

    def move(self, a, b, cents):
        with self.engine.begin() as conn:
            conn.execute(text("UPDATE accounts SET cents = cents - :n WHERE id = :id"), {"n": cents, "id": a})
            conn.execute(text("UPDATE accounts SET cents = cents + :n WHERE id = :id"), {"n": cents, "id": b})
