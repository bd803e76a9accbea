"""With what a statement's time grows: as its effect claims, so many blocks are read at two sizes.

A sample of bench/growth.py, which measures times: here PostgreSQL's own counters of blocks of the table and its
indexes decide, at 1,000 and at 50,000 rows, so that a busy machine changes nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pgmason.effects.estimates import RATES
from pgmason.effects.growth import Law, WorkKind
from pgmason.postgres.server import Server

if TYPE_CHECKING:
    from pgmason.postgres.scratch import Scratch

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from bench.growth import RESULTS, SIZES, Form, claim_of, forms, sized  # noqa: E402  # the measurement itself

SAMPLE = (
    "add column, volatile default",
    "varchar made longer",
    "set not null",
    "set not null, known from a check",
    "add foreign key, child grows",
    "add foreign key, parent grows",
    "create index",
    "update one row by its key",
    "delete one row, child without index grows",
    "block that rewrites",
)
SMALL, LARGE = 1_000, 50_000
# Each of the hundred rows of the small tables may be looked for in the large one, by an index of three levels; to read
# the large one takes a thousand blocks.
LOOKED_UP = 100 * 4

_BLOCKS = """
SELECT coalesce(sum(pg_stat_get_xact_blocks_fetched(c.oid)), 0)::int FROM pg_class c
WHERE c.oid = 't'::regclass OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 't'::regclass)"""


def blocks_of(scratch: Scratch, form: Form) -> int:
    """How many blocks of the large table and its indexes the form looks at."""
    with scratch.session() as session:
        if form.before:
            session.execute(form.before.encode())
        session.execute("SELECT pg_stat_force_next_flush()")
        session.execute("BEGIN")
        before = session.execute(_BLOCKS).fetchone()
        session.execute(form.statement.encode())
        after = session.execute(_BLOCKS).fetchone()
        session.execute("ROLLBACK")
    assert before is not None
    assert after is not None
    return int(after[0] - before[0])


@pytest.mark.parametrize("form", [form for form in forms() if form.name in SAMPLE], ids=lambda form: form.name)
def test_blocks_grow_as_the_effect_claims(form: Form, servers: Callable[[int], Server]) -> None:
    server = servers(15)
    with sized(server, SMALL) as scratch:
        claimed = claim_of(scratch, form)
    with sized(server, SMALL) as scratch:
        small = blocks_of(scratch, form)
    with sized(server, LARGE) as scratch:
        large = blocks_of(scratch, form)
    if claimed is None:
        assert large <= small + LOOKED_UP, f"{small} blocks, then {large}"
    else:
        assert large >= 10 * max(small, 10), f"{small} blocks, then {large}"


def test_the_sample_is_of_forms_that_are_there() -> None:
    assert {form.name for form in forms()} >= set(SAMPLE)
    assert len(forms()) >= 60


def test_every_claim_is_what_was_measured_on_a_million_rows() -> None:
    """The committed results: times at three sizes of every form."""
    for server, of_server in json.loads(RESULTS.read_text(encoding="utf-8"))["servers"].items():
        measured = of_server["forms"]
        assert set(measured) == {form.name for form in forms()}
        for form in forms():
            one = measured[form.name]
            assert one["digest"] == form.digest, f"{form.name} was measured as another statement"
            assert one["measured"] == ("constant" if one["claimed"] == "constant" else "grows"), (server, form.name)


# The forms that a rate is read from, with how many units of it a run over the million rows has.
@pytest.mark.parametrize(
    ("kind", "names", "units"),
    [
        (WorkKind.INDEX_BUILD, ("create index", "reindex index", "add unique"), 1e6),
        (WorkKind.KEY_CHECK, ("add foreign key, child grows", "validate foreign key, child grows"), 1e6),
        (WorkKind.SCAN, ("set not null", "add check", "validate check"), 1e6),
        (WorkKind.WRITE, ("update every row",), 1e6),
    ],
)
def test_rates_are_those_that_were_measured(kind: WorkKind, names: tuple[str, ...], units: float) -> None:
    for of_server in json.loads(RESULTS.read_text(encoding="utf-8"))["servers"].values():
        for name in names:
            seconds = min(of_server["forms"][name]["times_ms"][str(SIZES[-1])]) / 1000
            estimated = units / RATES[kind].per_second
            assert estimated / 3 < seconds < estimated * 3, f"{name}: {seconds:.2f} s, estimated {estimated:.2f} s"


def test_a_law_is_told_for_every_kind_of_work() -> None:
    assert set(Law) == {Law.BYTES, Law.ROWS, Law.SORT, Law.KEY}
    assert set(RATES) == set(WorkKind)
