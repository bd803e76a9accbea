# guilty: secret-in-code
import psycopg


def connect():
    return psycopg.connect(host="db.acme.io", dbname="shop", user="app", password="uV4-mK9rT2")
