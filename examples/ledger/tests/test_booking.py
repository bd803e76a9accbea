from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ledger import Entry, Line, Transaction, Unbalanced, post, reverse

DAY = date(2026, 1, 15)


def sale(session: Session, bookkeeper: int, reference: str, amount: str) -> Transaction:
    return post(
        session,
        reference=reference,
        booked_on=DAY,
        description="A sale",
        bookkeeper_id=bookkeeper,
        lines=[
            Line(account_code="1000", amount=Decimal(amount)),
            Line(account_code="4000", amount=-Decimal(amount)),
        ],
    )


@pytest.mark.parametrize("amount", ["1", "0.0001", "19.99", "1000000000000000"])
def test_a_transaction_is_booked_with_its_entries(session, accounts, bookkeeper, amount) -> None:
    sale(session, bookkeeper, "INV-1", amount)
    booked = session.scalars(select(Entry.amount).order_by(Entry.line_no)).all()
    assert booked == [Decimal(amount), -Decimal(amount)]


def test_an_unbalanced_transaction_is_refused_and_leaves_nothing(session, accounts, bookkeeper) -> None:
    with pytest.raises(Unbalanced):
        post(
            session,
            reference="INV-2",
            booked_on=DAY,
            description="Wrong",
            bookkeeper_id=bookkeeper,
            lines=[Line(account_code="1000", amount=Decimal(5)), Line(account_code="4000", amount=Decimal(-4))],
        )
    assert session.scalar(select(func.count()).select_from(Transaction)) == 0


def test_a_reference_is_used_once(session, accounts, bookkeeper) -> None:
    sale(session, bookkeeper, "INV-3", "10")
    with pytest.raises(IntegrityError):
        sale(session, bookkeeper, "INV-3", "10")


def test_a_reversal_takes_back_every_entry(session, accounts, bookkeeper) -> None:
    number = sale(session, bookkeeper, "INV-4", "10").id
    session.rollback()
    reverse(session, number, booked_on=DAY, bookkeeper_id=bookkeeper)
    assert session.scalar(select(func.sum(Entry.amount)).where(Entry.amount > 0)) == Decimal(20)
    assert session.scalar(select(func.sum(Entry.amount))) == 0


def test_a_transaction_is_reversed_once_at_most(session, accounts, bookkeeper) -> None:
    number = sale(session, bookkeeper, "INV-5", "10").id
    session.rollback()
    reverse(session, number, booked_on=DAY, bookkeeper_id=bookkeeper)
    with pytest.raises(IntegrityError):
        reverse(session, number, booked_on=DAY, bookkeeper_id=bookkeeper)


def test_a_month_without_a_partition_cannot_be_booked(session, accounts, bookkeeper) -> None:
    with pytest.raises(IntegrityError):
        post(
            session,
            reference="INV-6",
            booked_on=date(2031, 1, 1),
            description="Too late",
            bookkeeper_id=bookkeeper,
            lines=[Line(account_code="1000", amount=Decimal(5)), Line(account_code="4000", amount=Decimal(-5))],
        )
