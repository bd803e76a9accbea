# innocent: sql-built-from-strings
import logging

from psycopg import sql as compose


def find(connection, table, name, ids):
    query = compose.SQL("SELECT {column} FROM {table} WHERE name = %s AND id = ANY(%s)").format(
        column=compose.Identifier("id"), table=compose.Identifier(table)
    )
    logging.info(f"SELECT from {table} for '{name}'")
    run = connection.execute
    return run(query, (name, ids)).fetchall()
