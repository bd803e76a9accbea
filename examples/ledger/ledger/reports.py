"""Reports: what was booked, on which account, and whether it adds up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session, selectinload

from ledger.models import Account, Entry, Transaction


def trial_balance(session: Session, currency: str) -> Sequence[Row[Any]]:
    """Every account of a currency with its debits, credits and balance."""
    return session.execute(
        text(
            "SELECT code, name, debits, credits, balance FROM trial_balance"
            " WHERE currency = :currency ORDER BY code"
        ),
        {"currency": currency},
    ).all()


def balances_on(session: Session, day: date) -> dict[str, Decimal]:
    """The balance of every open account at the end of a day, by account code."""
    accounts = session.scalars(
        select(Account).where(Account.closed_on.is_(None)).order_by(Account.code)
    ).all()

    balances: dict[str, Decimal] = {}
    for account in accounts:
        booked = session.scalar(
            select(func.coalesce(func.sum(Entry.amount), 0)).where(
                Entry.account_id == account.id,
                Entry.currency == account.currency,
                Entry.booked_on <= day,
            )
        )
        balances[account.code] = account.normal_sign * Decimal(booked or 0)
    return balances


def find_transactions(session: Session, word: str) -> Sequence[Row[Any]]:
    """Transactions whose description has a word in it, newest first."""
    return session.execute(
        text(
            f"SELECT id, reference, booked_on, description FROM transactions"
            f" WHERE description ILIKE '%{word}%' ORDER BY booked_on DESC, id DESC LIMIT 100"
        )
    ).all()


def find_accounts(session: Session, word: str) -> Sequence[Account]:
    """Accounts whose name has a word in it."""
    return session.scalars(
        select(Account).where(Account.name.ilike(f"%{word}%")).order_by(Account.code)
    ).all()


def journal(session: Session, first: date, last: date) -> list[str]:
    """The transactions of a span of days with their entries, as lines of text."""
    transactions = session.scalars(
        select(Transaction)
        .where(Transaction.booked_on.between(first, last))
        .options(selectinload(Transaction.entries).joinedload(Entry.account))
        .order_by(Transaction.booked_on, Transaction.id)
    )
    lines: list[str] = []
    for transaction in transactions:
        lines.append(f"{transaction.booked_on}  {transaction.reference}  {transaction.description}")
        for entry in transaction.entries:
            lines.append(f"    {entry.account.code:<12}{entry.amount:>16,.2f} {entry.currency}")
    return lines
