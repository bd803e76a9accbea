# guilty: sql-built-from-strings
import sqlalchemy as sa


def search(session, word):
    clause = sa.text("body LIKE '%" + word + "%'")
    return session.execute(sa.select(Note.id).where(clause).limit(10)).all()
