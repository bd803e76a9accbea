# innocent: sql-built-from-strings
from sqlalchemy import text

BASE = "SELECT id FROM notes"


def search(engine, word: str):
    with engine.connect() as conn:
        return conn.execute(text(BASE + " WHERE body LIKE :word"), {"word": f"%{word}%"}).all()
