from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from ledger import Line, post
from ledger.reports import balances_on, find_accounts, find_transactions, journal, trial_balance


@pytest.fixture
def booked(session: Session, accounts, bookkeeper: int) -> Session:
    """Three days of business."""
    for day, debit, credit, amount in (
        (5, "1200", "4000", "100"),
        (9, "1000", "1200", "60"),
        (20, "6000", "1000", "25.50"),
    ):
        post(
            session,
            reference=f"DOC-{day}",
            booked_on=date(2026, 1, day),
            description=f"{debit} to {credit}",
            bookkeeper_id=bookkeeper,
            lines=[Line(account_code=debit, amount=Decimal(amount)), Line(account_code=credit, amount=-Decimal(amount))],
        )
    return session


def test_the_trial_balance_adds_up(booked: Session) -> None:
    rows = trial_balance(booked, "EUR")
    assert sum(row.debits for row in rows) == sum(row.credits for row in rows) == Decimal("185.5")
    assert {row.code: row.balance for row in rows}["1000"] == Decimal("34.5")


@pytest.mark.parametrize(("day", "bank"), [(4, "0"), (9, "60"), (31, "34.5")])
def test_balances_are_those_of_the_end_of_a_day(booked: Session, day: int, bank: str) -> None:
    assert balances_on(booked, date(2026, 1, day))["1000"] == Decimal(bank)


def test_income_has_a_positive_balance_where_credits_exceed_debits(booked: Session) -> None:
    assert balances_on(booked, date(2026, 1, 31))["4000"] == Decimal(100)


def test_the_journal_tells_every_entry(booked: Session) -> None:
    lines = journal(booked, date(2026, 1, 1), date(2026, 1, 31))
    assert len(lines) == 9
    assert lines[0].startswith("2026-01-05  DOC-5")


def test_transactions_are_found_by_a_word(booked: Session) -> None:
    assert [row.reference for row in find_transactions(booked, "1200")] == ["DOC-9", "DOC-5"]


def test_accounts_are_found_by_a_word(booked: Session) -> None:
    assert [account.code for account in find_accounts(booked, "ban")] == ["1000"]
