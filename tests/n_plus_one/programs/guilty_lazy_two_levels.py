"""guilty: order_lines products

An invoice is printed from an innocent-looking template: the lines of each order, the product of each line. The parents
of the second level are themselves found one order at a time.
"""

from shop_models import Order, engine
from sqlalchemy import select
from sqlalchemy.orm import Session

with Session(engine) as session:
    for order in session.scalars(select(Order).order_by(Order.placed_on).limit(5)).all():
        print(order.id, sum(line.quantity * line.product.price_cents for line in order.lines))
