"""How does an exception get from another process to whoever asked for the work?

Ours have keyword arguments, which pickle does not know, so their state travels instead. What PostgreSQL said travels
whole, for it decides what is told. Of anything else the kind and the first line.
"""

from __future__ import annotations

import pickle
from contextlib import suppress
from typing import Any

from pgmason.errors import PgmasonError

__all__ = ["Preserved", "preserved", "revived"]

Preserved = tuple[type[BaseException] | None, tuple[Any, ...], dict[str, Any]]


def preserved(exc: BaseException) -> Preserved:
    """An exception so that it survives the way."""
    import psycopg

    with suppress(Exception):
        if isinstance(exc, PgmasonError):
            kept: Preserved = (type(exc), exc.args, exc.__dict__)
            pickle.loads(pickle.dumps(kept))  # noqa: S301  our own
            return kept
        if isinstance(exc, psycopg.Error):
            pickled = pickle.dumps(exc)
            pickle.loads(pickled)  # noqa: S301  our own
            return None, (pickled,), {}
    return None, (f"{type(exc).__name__}: {exc}",), {}


def revived(kept: Preserved, where: str) -> BaseException:
    """The exception again; `where` says where it happened, of what has no type here: `in a worker process`."""
    kind, args, state = kept
    if kind is None:
        if isinstance(args[0], bytes):
            lost: BaseException = pickle.loads(args[0])  # noqa: S301  from our own worker
            return lost
        lines = str(args[0]).splitlines()
        return PgmasonError(f"{where}: {lines[0] if lines else 'it failed'}")
    again = kind.__new__(kind)
    again.args = args
    again.__dict__.update(state)
    return again
