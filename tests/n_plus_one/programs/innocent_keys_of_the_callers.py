"""innocent

A job is handed twelve keys by its caller, in no order of ours, and asks for each in one transaction; before that it has
listed all products for something else, in pages. Nothing that it looks up comes from a row: the keys are in the code.
"""

import os

import psycopg

KEYS = [31, 7, 19, 2, 40, 23, 11, 5, 37, 29, 13, 17]

with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    for page in range(4):
        query = "SELECT sku, price_cents FROM products ORDER BY id LIMIT 10 OFFSET %s"
        connection.execute(query, [10 * page]).fetchall()
    for key in KEYS:
        connection.execute("SELECT name FROM customers WHERE id = %s", [key]).fetchone()
