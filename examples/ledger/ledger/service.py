"""Booking: opening accounts, posting transactions, reversing and reconciling them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from ledger.models import Account, AccountKind, Entry, Reconciliation, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One amount to move: debits are positive, credits negative."""

    account_code: str
    amount: Decimal
    memo: str | None = None


class Unbalanced(ValueError):
    def __init__(self, currency: str, difference: Decimal) -> None:
        super().__init__(f"the entries in {currency} are {difference} apart")
        self.currency = currency
        self.difference = difference


def open_account(
    session: Session,
    *,
    code: str,
    name: str,
    kind: AccountKind,
    currency: str,
    parent: Account | None = None,
) -> Account:
    account = Account(code=code, name=name, kind=kind, currency=currency, parent=parent)
    session.add(account)
    session.commit()
    return account


def post(
    session: Session,
    *,
    reference: str,
    booked_on: date,
    description: str,
    bookkeeper_id: int,
    lines: Sequence[Line],
) -> Transaction:
    """Books a transaction with all its entries, or nothing. Raises Unbalanced."""
    with session.begin():
        codes = {line.account_code for line in lines}
        found = session.scalars(select(Account).where(Account.code.in_(codes)))
        accounts = {account.code: account for account in found}

        sums: dict[str, Decimal] = defaultdict(Decimal)
        for line in lines:
            sums[accounts[line.account_code].currency] += line.amount
        for currency, difference in sums.items():
            if difference:
                raise Unbalanced(currency, difference)

        transaction = Transaction(
            reference=reference,
            booked_on=booked_on,
            description=description,
            bookkeeper_id=bookkeeper_id,
        )
        for line_no, line in enumerate(lines, start=1):
            account = accounts[line.account_code]
            transaction.entries.append(
                Entry(
                    booked_on=booked_on,
                    line_no=line_no,
                    account_id=account.id,
                    currency=account.currency,
                    amount=line.amount,
                    memo=line.memo,
                )
            )
        session.add(transaction)
    return transaction


def reverse(
    session: Session, transaction_id: int, *, booked_on: date, bookkeeper_id: int
) -> Transaction:
    """Books the opposite of a transaction."""
    original = session.scalars(
        select(Transaction)
        .where(Transaction.id == transaction_id)
        .options(selectinload(Transaction.entries))
    ).one()

    reversal = Transaction(
        reference=f"{original.reference}-R",
        booked_on=booked_on,
        description=f"Reversal of {original.reference}",
        bookkeeper_id=bookkeeper_id,
        reverses_id=original.id,
    )
    session.add(reversal)
    session.commit()

    for entry in original.entries:
        session.add(
            Entry(
                booked_on=booked_on,
                transaction_id=reversal.id,
                line_no=entry.line_no,
                account_id=entry.account_id,
                currency=entry.currency,
                amount=-entry.amount,
                memo=entry.memo,
            )
        )
    session.commit()
    return reversal


def reconcile(
    session: Session, transaction_id: int, *, statement: str, line_no: int, bookkeeper_id: int
) -> Reconciliation:
    """Says which line of a bank statement a transaction stands for."""
    with session.begin():
        match = Reconciliation(
            transaction_id=transaction_id,
            statement=statement,
            line_no=line_no,
            bookkeeper_id=bookkeeper_id,
        )
        session.add(match)
    return match
