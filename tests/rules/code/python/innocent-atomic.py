# innocent: writes-outside-a-transaction
from django.db import transaction


@transaction.atomic
def pay(order, cents):
    Payment.objects.create(order=order, cents=cents)
    order.save()


def refund(order, cents):
    with transaction.atomic():
        Refund.objects.create(order=order, cents=cents)
        order.save()
