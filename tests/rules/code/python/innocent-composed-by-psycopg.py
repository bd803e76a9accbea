# innocent: sql-built-from-strings
from psycopg import sql


def newest(cur, table: str, columns: list[str]):
    query = sql.SQL("SELECT {} FROM {} ORDER BY id DESC LIMIT 1").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
    )
    cur.execute(query)
    return cur.fetchone()
