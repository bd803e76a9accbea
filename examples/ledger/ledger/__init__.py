"""A small double-entry ledger: accounts, transactions and their entries."""

from ledger.models import Account, AccountKind, Base, Bookkeeper, Entry, Transaction
from ledger.service import Line, Unbalanced, open_account, post, reverse

__all__ = [
    "Account",
    "AccountKind",
    "Base",
    "Bookkeeper",
    "Entry",
    "Line",
    "Transaction",
    "Unbalanced",
    "open_account",
    "post",
    "reverse",
]
