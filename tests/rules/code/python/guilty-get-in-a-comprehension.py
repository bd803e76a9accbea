# guilty: query-in-a-loop
from sqlalchemy.orm import Session


def users(session: Session, ids: list[int]):
    return [session.get(User, one) for one in ids]
