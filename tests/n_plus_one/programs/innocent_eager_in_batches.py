"""innocent

1,200 customers whose orders are loaded by selectinload, 500 at a time: the same statement three times, with keys that
the query before it found. And then the ORM writes back what was changed, row by row.
"""

from shop_models import Customer, Order, OrderLine, engine
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

with Session(engine) as session:
    customers = session.scalars(select(Customer).options(selectinload(Customer.orders))).all()
    print(sum(len(customer.orders) for customer in customers))
    lines = session.scalars(
        select(OrderLine).options(joinedload(OrderLine.product), joinedload(OrderLine.order).joinedload(Order.customer))
    ).all()
    for line in lines[:12]:
        line.quantity = line.quantity + line.product.price_cents
    session.commit()
