"""How is an N+1 told? As text for people, and as data for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from pgmason.names import printable
from pgmason.traffic.loops import Loop, Repetition

__all__ = ["as_data", "as_text", "loop_lines"]

_LONGEST = 300


def as_text(loops: Sequence[Loop], repetitions: Sequence[Repetition], statements: int) -> str:
    """The report, a line for each thing to say."""
    lines: list[str] = []
    for loop in loops:
        lines += loop_lines(loop)
    for one in repetitions:
        lines.append(
            f"note: sent {one.times} times in one transaction, each time with other values: {_short(one.statement)}"
        )
    count = f"{len(loops)} N+1" if loops else "no N+1"
    lines.append(f"{count} in {statements} statement{'s' if statements != 1 else ''}")
    return "\n".join(printable(line) for line in lines)


def loop_lines(loop: Loop) -> Iterator[str]:
    """One N+1: what was sent how often, after what, from where, and what to do."""
    where = "in one transaction" if loop.in_transaction else "one after the other"
    again = f" (met {loop.seen} times; the longest is told)" if loop.seen > 1 else ""
    yield f"N+1  sent {loop.times} times {where}{again}: {_short(loop.statement)}"
    found = f"found {loop.rows} rows"
    if loop.by_count:
        yield f"  after      {_short(loop.parent)}    {found}, as many as were looked up"
    else:
        yield f"  after      {_short(loop.parent)}    whose {loop.parent_column} it looks up, for {loop.rows} rows"
    for site in loop.sites[:3]:
        yield f"  called at  {site}"
    yield f"  fix        one query for all of them: WHERE {loop.column} = ANY(...), a join, or your ORM's eager loading"


def as_data(loops: Sequence[Loop], repetitions: Sequence[Repetition], statements: int) -> dict[str, Any]:
    """The same, for JSON."""
    return {
        "version": 1,
        "statements": statements,
        "loops": [asdict(loop) for loop in loops],
        "repetitions": [asdict(one) for one in repetitions],
    }


def _short(statement: str) -> str:
    """A long statement without its middle: what is selected matters less than from where, and by what."""
    return (
        statement if len(statement) <= _LONGEST else f"{statement[: _LONGEST // 3]} ... {statement[-_LONGEST // 2 :]}"
    )
