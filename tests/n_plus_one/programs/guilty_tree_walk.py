"""guilty: categories

A tree is walked with one query for each node: parent and child are one and the same statement, prepared once.
"""

import os

import psycopg

CHILDREN = "SELECT id, name FROM categories WHERE parent_id = %s ORDER BY id"


def walk(connection: psycopg.Connection, node: int, depth: int) -> None:
    for child, name in connection.execute(CHILDREN, [node], prepare=True).fetchall():
        print("  " * depth + name)
        walk(connection, child, depth + 1)


with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    walk(connection, 1, 0)
