"""innocent

The usual recipe of a suite: one transaction around the whole test, which is rolled back, and each request in a session
that joins it by a savepoint. Each of eight requests reads its own customer, whose keys the test has listed before.
"""

from shop_models import Customer, Order, engine
from sqlalchemy import select
from sqlalchemy.orm import Session


def request(connection, number: int) -> int:
    with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
        customer = session.get_one(Customer, number)
        customer.name = customer.name.upper()
        orders = len(session.scalars(select(Order).where(Order.customer_id == customer.id)).all())
        session.commit()
        return orders


with engine.connect() as connection, connection.begin() as everything:
    with Session(bind=connection, join_transaction_mode="create_savepoint") as listing:
        numbers = listing.scalars(select(Customer.id).order_by(Customer.id).limit(8)).all()
    print([request(connection, number) for number in numbers])
    everything.rollback()
