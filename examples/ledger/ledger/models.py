"""The ledger's tables, as SQLAlchemy sees them.

What SQLAlchemy has no words for (the monthly partitions, the trial_balance view) is in migrations/.
"""

from __future__ import annotations

import enum
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    CHAR,
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
        }
    )


class Timestamped:
    """Adds created_at and updated_at, as the last columns."""

    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), sort_order=100
    )
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), onupdate=func.now(), sort_order=101
    )


class AccountKind(enum.Enum):
    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


class Bookkeeper(Timestamped, Base):
    __tablename__ = "bookkeepers"
    __table_args__ = ({"comment": "A person who may book."},)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    full_name: Mapped[str] = mapped_column(Text)


class Account(Timestamped, Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[AccountKind] = mapped_column(
        Enum(
            AccountKind, name="account_kind", values_callable=lambda kinds: [k.value for k in kinds]
        )
    )
    currency: Mapped[str] = mapped_column(CHAR(3))
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id", deferrable=True, initially="DEFERRED")
    )
    normal_sign: Mapped[int] = mapped_column(
        SmallInteger,
        Computed("CASE WHEN kind IN ('asset', 'expense') THEN 1 ELSE -1 END", persisted=True),
        comment="1 where debits raise the balance, -1 where credits do.",
    )
    closed_on: Mapped[date | None]

    parent: Mapped[Account | None] = relationship(remote_side=[id])

    __table_args__ = (
        UniqueConstraint("id", "currency"),
        Index("accounts_parent_id_idx", "parent_id"),
        Index("accounts_code_prefix_idx", "code", postgresql_ops={"code": "text_pattern_ops"}),
        {"comment": "A line of the chart of accounts, in one currency."},
    )


class Transaction(Timestamped, Base):
    __tablename__ = "transactions"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    reference: Mapped[str] = mapped_column(
        Text, unique=True, comment="The number on the paper: an invoice, a receipt, a statement."
    )
    booked_on: Mapped[date]
    description: Mapped[str] = mapped_column(Text)
    bookkeeper_id: Mapped[int] = mapped_column(ForeignKey("bookkeepers.id"))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("transactions.id"))
    source: Mapped[str] = mapped_column(Text, server_default="manual", sort_order=102)

    bookkeeper: Mapped[Bookkeeper] = relationship()
    entries: Mapped[list[Entry]] = relationship(
        back_populates="transaction", order_by="Entry.line_no"
    )

    __table_args__ = (
        CheckConstraint("reverses_id <> id", name="reverses_another"),
        CheckConstraint("source IN ('manual', 'bank', 'payroll')", name="source"),
        Index(
            "transactions_booked_on_idx",
            "booked_on",
            postgresql_include=["bookkeeper_id", "reference"],
        ),
        Index(
            "transactions_reverses_id_key",
            "reverses_id",
            unique=True,
            postgresql_where=text("reverses_id IS NOT NULL"),
        ),
        Index("transactions_reference_idx", "reference"),
        {"comment": "One business event; its entries add up to zero in each currency."},
    )


class Entry(Timestamped, Base):
    __tablename__ = "entries"

    booked_on: Mapped[date] = mapped_column(primary_key=True)
    transaction_id: Mapped[int] = mapped_column(ForeignKey("transactions.id"), primary_key=True)
    line_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount: Mapped[Decimal] = mapped_column(
        Numeric(20, 4),
        comment="Debits are positive, credits negative, in the currency of the account.",
    )
    memo: Mapped[str | None] = mapped_column(Text)

    transaction: Mapped[Transaction] = relationship(back_populates="entries")
    account: Mapped[Account] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(["account_id", "currency"], ["accounts.id", "accounts.currency"]),
        CheckConstraint("amount <> 0", name="amount"),
        Index("entries_transaction_id_idx", "transaction_id"),
        Index("entries_currency_account_id_booked_on_idx", "currency", "account_id", "booked_on"),
        {
            "comment": "What a transaction moves on one account.",
            "postgresql_partition_by": "RANGE (booked_on)",
        },
    )


# Loaded as the bank delivers it, and never changed through the ORM.
bank_statement_lines = Table(
    "bank_statement_lines",
    Base.metadata,
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("statement", Text, nullable=False),
    Column("line_no", Integer, nullable=False),
    Column("value_date", Date, nullable=False),
    Column("amount", Numeric(18, 4), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("amount <> 0", name="amount"),
    Index("bank_statement_lines_account_id_statement_idx", "account_id", "statement"),
    comment="What the bank reports, as it came in.",
)


class Reconciliation(Timestamped, Base):
    __tablename__ = "reconciliations"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    transaction_id: Mapped[int] = mapped_column(ForeignKey("transactions.id"), unique=True)
    statement: Mapped[str] = mapped_column(Text)
    line_no: Mapped[int]
    bookkeeper_id: Mapped[int] = mapped_column(ForeignKey("bookkeepers.id"))
    matched_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        UniqueConstraint("statement", "line_no"),
        Index(
            "reconciliations_bookkeeper_id_idx",
            "bookkeeper_id",
            postgresql_include=["transaction_id"],
        ),
    )


class ExchangeRate(Base):
    __tablename__ = "exchange_rates"
    __table_args__ = (
        CheckConstraint("rate > 0", name="rate"),
        {"comment": "Units of quote for one unit of base, from the central bank."},
    )

    base: Mapped[str] = mapped_column(CHAR(3), primary_key=True)
    quote: Mapped[str] = mapped_column(CHAR(3), primary_key=True)
    valid_on: Mapped[date] = mapped_column(primary_key=True)
    rate: Mapped[Decimal] = mapped_column(Numeric(18, 8))
