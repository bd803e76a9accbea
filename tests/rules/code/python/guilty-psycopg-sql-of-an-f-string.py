# guilty: sql-built-from-strings
from psycopg import sql


def truncate(cur, table: str) -> None:
    cur.execute(sql.SQL(f"TRUNCATE {table}"))
