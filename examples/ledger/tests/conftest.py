"""The tests run on PostgreSQL, on the database that DATABASE_URL names, and empty it before each test.

    pgmason scratch -- pytest -n 4
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

from ledger import Account, AccountKind, Bookkeeper, open_account
from ledger.models import Base


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    tables = ", ".join(table.name for table in Base.metadata.sorted_tables)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    with Session(engine) as session:
        yield session


@pytest.fixture
def bookkeeper(session: Session) -> int:
    """The number of somebody who may book."""
    bookkeeper = Bookkeeper(email="ada@example.org", full_name="Ada")
    session.add(bookkeeper)
    session.commit()
    number = bookkeeper.id
    session.rollback()
    return number


@pytest.fixture
def accounts(session: Session) -> dict[str, Account]:
    """A small chart of accounts in euros."""
    opened = {
        code: open_account(session, code=code, name=name, kind=kind, currency="EUR")
        for code, name, kind in (
            ("1000", "Bank", AccountKind.ASSET),
            ("1200", "Receivables", AccountKind.ASSET),
            ("2000", "Payables", AccountKind.LIABILITY),
            ("4000", "Sales", AccountKind.INCOME),
            ("6000", "Rent", AccountKind.EXPENSE),
        )
    }
    session.rollback()
    return opened
