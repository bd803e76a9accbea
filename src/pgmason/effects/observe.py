"""How is a session of the product's watched, so that what it runs cannot fool the watching?

A database that is to be traced is given event triggers and functions of a superuser's (watching.sql). The traced
session itself asks these functions between its statements, because nobody else can see filenodes, counters and new
objects of an open transaction; they run as the superuser with a search_path of their own, stand in pg_catalog, and
qualify what they name, so no function, operator, setting or schema of the product's is used. Answers are bytes of
UTF-8, whatever client_encoding was set to.

Left to others: when to ask (witness.py), what it means (known.py, differences.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgmason.effects.known import Known, parse_states
from pgmason.effects.model import Settings
from pgmason.locks import LockMode
from pgmason.postgres.sending import ask

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = [
    "Called",
    "Counters",
    "Held",
    "Note",
    "Sight",
    "everything",
    "install",
    "look",
    "newest_note",
    "read_conditions",
    "read_settings",
    "read_states",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What the transaction did with a relation so far, as pg_stat_xact_all_tables counts; of an index likewise."""

    scans: int = 0
    returned: int = 0
    fetched: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    def since(self, before: Counters) -> Counters:
        """The difference; a counter that fell (TRUNCATE takes back what was inserted) counts as none."""
        if self == before:  # of nearly every relation that is held
            return _NOTHING
        return Counters(
            scans=max(self.scans - before.scans, 0),
            returned=max(self.returned - before.returned, 0),
            fetched=max(self.fetched - before.fetched, 0),
            inserted=max(self.inserted - before.inserted, 0),
            updated=max(self.updated - before.updated, 0),
            deleted=max(self.deleted - before.deleted, 0),
        )


_NOTHING = Counters()


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A relation that the transaction holds locks on. `filenode` is None where the relation is gone by now."""

    relation: int
    modes: frozenset[LockMode]
    filenode: int | None
    counters: Counters


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What an event trigger noted. `what` is "end" (made or altered), "drop" or "rewrite"."""

    what: str
    tag: str
    classid: int
    objid: int
    objsubid: int
    kind: str
    names: tuple[str, ...]
    args: str
    original: bool
    normal: bool
    member: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A function in a procedural language that ran in this transaction, how often so far, and its source."""

    oid: int
    name: str
    calls: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One look: notes since the last, locks held and counters, functions that ran, and the settings in force."""

    notes: tuple[Note, ...]
    last_note: int
    held: tuple[Held, ...]
    called: tuple[Called, ...]
    settings: Settings


def install(observer: Connection[Any]) -> None:
    """Give a database what watches it. Once, as the superuser; about 6 ms."""
    enforced = b"k.conenforced" if observer.info.server_version >= 180000 else b"true"
    text = Path(__file__).with_name("watching.sql").read_bytes()
    observer.execute(text.replace(b"{enforced}", enforced))


_SETTINGS = b"""
       pg_catalog.current_setting('lock_timeout'), pg_catalog.current_setting('statement_timeout'),
       pg_catalog.current_setting('idle_in_transaction_session_timeout'),
       pg_catalog.current_setting('search_path'), pg_catalog.current_setting('role'),
       pg_catalog.current_setting('timezone'), pg_catalog.current_setting('transaction_isolation')"""
_LOOK = (
    b"SELECT pg_catalog.pgmason_seen($1::pg_catalog.int8, $2::pg_catalog.int8::pg_catalog.oid, $3::pg_catalog.bool),"
    + _SETTINGS
)
_STATES = (
    b"SELECT pg_catalog.pgmason_states($1::pg_catalog.int8[]::pg_catalog.oid[],"
    b" $2::pg_catalog.int8[]::pg_catalog.oid[])"
)


def read_settings(session: Connection[Any], *, own_role: str) -> Settings:
    """The settings in force in a session that did nothing yet. Raises psycopg.Error."""
    return _settings(session, ask(session, b"SELECT" + _SETTINGS, ()), own_role)


def newest_note(observer: Connection[Any]) -> int:
    """The number of the last note that was taken in the database; 0 where there is none."""
    row = observer.execute("SELECT pg_catalog.max(at) FROM pg_catalog.pgmason_noted").fetchone()
    return (row[0] if row is not None else None) or 0


def look(session: Connection[Any], *, last_note: int, newest: int, more: bool, own_role: str) -> Sight:
    """What the session's transaction did so far.

    `newest` is the highest OID of a relation before the transaction: locks on newer ones are left out, and, without
    `more`, their counters and the functions that ran, too. Raises psycopg.Error where the session ended or its
    own statement_timeout was too short to be asked.
    """
    row = ask(session, _LOOK, (b"%d" % last_note, b"%d" % newest, b"t" if more else b"f"))
    answer = json.loads(row[0] or b"{}")
    rows = answer["e"] or []
    return Sight(
        notes=tuple(
            Note(
                what=what,
                tag=tag,
                classid=classid,
                objid=objid,
                objsubid=objsubid,
                kind=kind or "",
                names=tuple(names or ()),
                args=args or "",
                original=bool(original),
                normal=bool(normal),
                member=bool(member),
            )
            for _, what, tag, classid, objid, objsubid, kind, names, args, original, normal, member in rows
        ),
        last_note=rows[-1][0] if rows else last_note,
        held=tuple(
            Held(
                relation=relation,
                modes=frozenset(LockMode(mode) for mode in modes),
                filenode=filenode,
                counters=Counters(
                    scans=scans, returned=returned, fetched=fetched, inserted=inserted, updated=updated, deleted=deleted
                ),
            )
            for relation, modes, filenode, scans, returned, fetched, inserted, updated, deleted in answer["l"] or []
        ),
        called=tuple(
            Called(oid=oid, name=f"{schema}.{name}({arguments})", calls=calls, source=source)
            for oid, schema, name, arguments, calls, source in answer["f"] or []
        ),
        settings=_settings(session, row[1:], own_role),
    )


def _settings(session: Connection[Any], values: Sequence[bytes | None], own_role: str) -> Settings:
    encoding = session.info.encoding
    lock, statement, idle, search_path, role, time_zone, isolation = ((one or b"").decode(encoding) for one in values)
    return Settings(
        lock_timeout_ms=_milliseconds(lock),
        statement_timeout_ms=_milliseconds(statement),
        idle_in_transaction_timeout_ms=_milliseconds(idle),
        search_path=search_path,
        role=None if role == own_role else role,
        time_zone=time_zone,
        isolation=isolation,
    )


_UNITS_MS = {"us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


def _milliseconds(shown: str) -> int:
    """A time as SHOW gives it: "0", "250ms", "5s", "1min"."""
    number = shown.rstrip("abcdefghijklmnopqrstuvwxyz")
    return round(float(number) * _UNITS_MS[shown[len(number) :].strip() or "ms"])


def read_states(
    connection: Connection[Any],
    relations: Iterable[int] | None,
    types: Iterable[int] = (),
    *,
    unsaid: frozenset[str] = frozenset(),
) -> Known:
    """What these relations (with the indexes of tables) and types are like now; everything where it is None."""
    asked = (None, None) if relations is None else (_array(relations), _array(types))
    (told,) = ask(connection, _STATES, asked)
    return parse_states(json.loads(told or b"{}"), unsaid)


def everything(connection: Connection[Any]) -> Any:
    """What all relations and types are like, as JSON that `known.parse_states` reads."""
    (told,) = ask(connection, _STATES, (None, None))
    return json.loads(told or b"{}")


def _array(oids: Iterable[int]) -> bytes:
    return b"{%s}" % b",".join(b"%d" % oid for oid in sorted(oids))


def read_conditions(connection: Connection[Any], constraints: Iterable[int]) -> dict[int, tuple[str | None, list[str]]]:
    """By OID, the condition of a CHECK or None, and the columns that a foreign key references."""
    row = connection.execute(
        "SELECT pg_catalog.pgmason_conditions(%s::pg_catalog.int8[]::pg_catalog.oid[])", [sorted(constraints)]
    ).fetchone()
    assert row is not None
    return {oid: (condition, columns or []) for oid, condition, columns in json.loads(row[0])}
