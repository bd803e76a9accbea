"""innocent

Five queries for five priorities, 1 to 5, in the transaction that has just listed the categories 1 to 5, in that order;
pages turned by OFFSET, which are numbers too; and one count for each of several tables.
"""

import os

import psycopg
from psycopg import sql

with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    listed = connection.execute("SELECT id, name FROM categories ORDER BY id LIMIT 5").fetchall()
    for priority in (1, 2, 3, 4, 5):
        query = "SELECT subject FROM tickets WHERE priority = %s ORDER BY id LIMIT 3"
        print(priority, connection.execute(query, [priority], prepare=True).fetchall())
    for page in range(5):
        query = "SELECT id, subject FROM tickets ORDER BY id LIMIT 5 OFFSET %s"
        print(connection.execute(query, [page * 5]).fetchall())
    tables = connection.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname !~ '^(pg|sql)_'")
    for (table,) in tables.fetchall():
        print(table, connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone())
