# guilty: writes-outside-a-transaction
import psycopg


def move(url: str, a: int, b: int) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("UPDATE accounts SET cents = cents - 1 WHERE id = %s", (a,))
        conn.execute("UPDATE accounts SET cents = cents + 1 WHERE id = %s", (b,))
