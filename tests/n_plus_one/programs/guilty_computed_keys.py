"""guilty: customers

What is looked up is not what was found: the keys are computed in between (a name from an address, in small letters).
"""

import os

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    found = connection.execute("SELECT email FROM customers ORDER BY id LIMIT 7").fetchall()
    for (email,) in found:
        key = email.partition("@")[0].lower().replace("customer", "customer ")
        print(connection.execute("SELECT id FROM customers WHERE name = %s", [key]).fetchone())
