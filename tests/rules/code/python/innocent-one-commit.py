# innocent: writes-outside-a-transaction
from sqlalchemy.orm import Session


def register(session: Session, email: str):
    user = User(email=email)
    session.add(user)
    session.flush()
    session.add(Account(user_id=user.id))
    session.commit()
    return user
