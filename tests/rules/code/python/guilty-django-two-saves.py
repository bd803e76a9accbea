# guilty: writes-outside-a-transaction
from django.db import models


def pay(order, cents):
    Payment.objects.create(order=order, cents=cents)
    order.paid = True
    order.save()
