# guilty: sql-built-from-strings
import psycopg


def find(conn: psycopg.Connection, name: str):
    return conn.execute(f"SELECT id FROM users WHERE name = '{name}'").fetchone()
