"""How is one name, value or privilege of a schema told, so that it cannot rewrite a terminal?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from pgmason.catalog.facets import Grant
from pgmason.names import ObjectId, printable, quoted

__all__ = [
    "INDENT",
    "counted",
    "dotted",
    "granted",
    "joined_privileges",
    "of_column",
    "option",
    "published",
    "short",
    "subject",
    "text",
    "to_come",
]

INDENT = "    "
_LONGEST_VALUE = 200


def subject(identity: ObjectId, of: ObjectId | None) -> str:
    """Whose change it is: `table public.orders`, or `table public.orders: check "positive"` for a part of that."""
    if of is None:
        return f"{identity.kind} {identity.name}"
    return f"{of.kind} {of.name}: {identity.kind} {quoted(identity.own_name)}"


def dotted(path: Iterable[str]) -> str:
    """A name in its parts, each quoted where it must be."""
    return ".".join(quoted(part) for part in path)


def short(value: str) -> str:
    """A value in one line, cut off where it is long."""
    shown = printable(value)
    return shown if len(shown) <= _LONGEST_VALUE else f"{shown[: _LONGEST_VALUE - 1]}…"


def text(value: str | None) -> str:
    """A text of the schema's, as a comment: in quotes, or `none`."""
    return "none" if value is None else f"'{short(value)}'"


def counted(number: int, kind: str) -> str:
    """`1 index`, `2 indexes`."""
    words = "unique constraint" if kind == "unique" else kind
    if number == 1:
        return f"1 {words}"
    plural = {"index": "indexes", "policy": "policies"}
    return f"{number} {plural.get(words, words if words.endswith('s') else words + 's')}"


def option(item: tuple[str, str | None]) -> str:
    """An option of a foreign object with its value; one whose value is kept out of a catalog is a secret."""
    return f"{quoted(item[0])} {'(a secret)' if item[1] is None else text(item[1])}"


def of_column(item: tuple[str, tuple[tuple[str, str | None], ...]]) -> str:
    """The options of a foreign table's column."""
    return f"{quoted(item[0])} ({', '.join(map(option, item[1]))})"


def published(table: tuple[str, str, tuple[str, ...] | None, str | None]) -> str:
    """A table as a publication names it, with its columns and condition."""
    schema, name, columns, condition = table
    listed = f" ({', '.join(quoted(column) for column in columns)})" if columns is not None else ""
    return f"{dotted((schema, name))}{listed}{f' WHERE {short(condition)}' if condition is not None else ''}"


def granted(grant: Grant, *, gone: bool = False) -> tuple[str, str, str]:
    """One privilege that came (or went): what became of it, its own word, and for whom."""
    whom = "everybody" if grant.grantee == "public" else "its owner" if grant.grantee is None else quoted(grant.grantee)
    given = gone is grant.revoked  # a revoked one that went is given again
    may_grant = " with grant option" if grant.grantable else ""
    by = f" by {quoted(grant.grantor)}" if grant.grantor is not None else ""
    return ("+" if given else "-", grant.privilege, f"{'to' if given else 'from'} {whom}{may_grant}{by}")


def to_come(item: tuple[str, str | None, bool, bool]) -> Grant:
    """A privilege of objects that will be made, as `default privileges` keeps it."""
    privilege, grantee, grantable, revoked = item
    return Grant(privilege=privilege, grantee=grantee, grantable=grantable, revoked=revoked)


def joined_privileges(privileges: Sequence[tuple[str, str, str]]) -> list[str]:
    """Privileges in a row for one role in one phrase: `+ SELECT, INSERT to reader`."""
    return [
        f"{sign} {', '.join(privilege for _, privilege, _ in group)} {whom}"
        for (sign, whom), group in (
            (key, list(group)) for key, group in groupby(privileges, key=lambda item: (item[0], item[2]))
        )
    ]
