"""guilty: customers

The query is long done and committed; but the commit expired every object, so each is read again when it is looked at,
in another transaction than the one that found it.
"""

from shop_models import Customer, engine
from sqlalchemy import select
from sqlalchemy.orm import Session

with Session(engine) as session:
    customers = session.scalars(select(Customer).order_by(Customer.id).limit(8)).all()
    session.commit()
    print([customer.name for customer in customers])
