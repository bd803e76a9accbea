# guilty: sql-built-from-strings
from sqlalchemy import text as sql


def find(session, name):
    statement = sql(f"SELECT id FROM users WHERE name = '{name}'")
    return session.execute(statement).all()
