"""Which role may read a production database's schema, and nothing else?

The catalogs are open to whoever may connect, so the role is granted nothing: no row of any table is readable by it, and
its sessions are read-only and short. It belongs into the variable that `schema = "database:env:NAME"` names. Its
password is chosen in psql and never passes through pgmason.
"""

from __future__ import annotations

__all__ = ["READ_ONLY_ROLE"]

READ_ONLY_ROLE = (
    "CREATE ROLE pgmason_reader LOGIN NOINHERIT CONNECTION LIMIT 3;",
    "ALTER ROLE pgmason_reader SET default_transaction_read_only = on;",
    "ALTER ROLE pgmason_reader SET statement_timeout = '30s';",
)
