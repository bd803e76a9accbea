"""guilty: orders

The same recipe, one transaction and a savepoint for each session; but here one request loops over what it found.
"""

from shop_models import Customer, engine
from sqlalchemy import select
from sqlalchemy.orm import Session

with engine.connect() as connection, connection.begin() as everything:
    with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
        for customer in session.scalars(select(Customer).order_by(Customer.id).limit(6)).all():
            print(customer.name, len(customer.orders))
        session.commit()
    everything.rollback()
