"""Keys are unique by construction, whatever columns they share and however few values these have."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pgmason.samples.rows import Index, TableRows, lay_out
from pgmason.samples.shape import Column, ForeignKey, Table, UniqueSet
from pgmason.samples.values import template


def column(number: int) -> Column:
    return Column(
        number=number, name=f"c{number}", type=23, modifier=-1, spelled="integer", not_null=True, default=None,
        expression=None, identity=False,
    )  # fmt: skip


def table(oid: int, columns: int, uniques: list[frozenset[int]], keys: tuple[ForeignKey, ...] = ()) -> Table:
    return Table(
        oid=oid, schema="public", name=f"t{oid}", partitioned=False, root=None, has_rows=False,
        row_security_forced=False, triggers=(), rules=(), columns=tuple(column(n + 1) for n in range(columns)),
        uniques=tuple(UniqueSet(name=f"u{n}", columns=one) for n, one in enumerate(uniques)), foreign_keys=keys,
    )  # fmt: skip


def number(index: Index, d: int) -> int:
    """What an index gives for row d, as PostgreSQL's integer arithmetic has it."""
    for sign, operand in index.steps:
        d = {"/": lambda: d // operand, "%": lambda: d % operand, "+": lambda: d + operand, "parent": lambda: (d - 1) // 2}[sign]()  # noqa: B023,E501  # fmt: skip
    return d


rooms = st.lists(st.none() | st.integers(min_value=1, max_value=7), min_size=1, max_size=5)


@given(rooms=rooms, wanted=st.integers(min_value=1, max_value=300), data=st.data())
def test_no_two_rows_agree_in_a_key(rooms: list[int | None], wanted: int, data: st.DataObject) -> None:
    numbers = st.integers(min_value=1, max_value=len(rooms))
    sets = data.draw(st.lists(st.frozensets(numbers, min_size=1, max_size=len(rooms)), max_size=4))
    own = table(1, len(rooms), sets)
    chosen = {n: template(f"v{n}", room, "{d}") for n, room in enumerate(rooms, start=1)}
    rows = lay_out(own, wanted, chosen, {}, own.uniques)
    assert 1 <= rows.rows <= wanted
    for one in own.uniques:
        seen = set()
        for d in range(rows.rows):
            held = tuple(
                number(rows.cells[c].index, d) % (room if (room := rooms[c - 1]) is not None else 10**9)
                for c in sorted(one.columns)
            )
            seen.add(held)
        assert len(seen) == rows.rows, f"{one.name} is broken"


@given(
    parents=st.lists(st.integers(min_value=1, max_value=40), min_size=1, max_size=3),
    wanted=st.integers(min_value=1, max_value=200),
    data=st.data(),
)
def test_every_foreign_key_means_a_row_that_is_there(parents: list[int], wanted: int, data: st.DataObject) -> None:
    """Parents of (tenant, id) with different numbers of rows, all of one tenant table; a child that refers to some."""
    tenants = data.draw(st.integers(min_value=1, max_value=40))
    tenant = lay_out(table(1, 1, [frozenset({1})]), tenants, {1: template("id", None, "{d}")}, {}, ())
    to_tenant = ForeignKey(name="tenant", columns=(1,), parent=1, referenced=(1,))
    made: dict[str, TableRows] = {}
    for n, count in enumerate(parents):
        own = table(10 + n, 2, [frozenset({1, 2})], (to_tenant,))
        chosen = {1: template("row", tenants, "{d}"), 2: template("id", None, "{d}")}
        made[f"k{n}"] = lay_out(own, count, chosen, {"tenant": tenant}, own.uniques)
    keys = tuple(
        ForeignKey(name=f"k{n}", columns=(1, 2 + n), parent=10 + n, referenced=(1, 2)) for n in range(len(parents))
    )
    child = table(50, 1 + len(parents), [], (*keys, to_tenant))
    chosen = {n: template(f"c{n}", None, "{d}") for n in range(1, 2 + len(parents))}
    rows = lay_out(child, wanted, chosen, {**made, "tenant": tenant}, ())
    for d in range(rows.rows):
        assert number(rows.cells[1].index, d) < tenants
        for n, key in enumerate(keys):
            there = {
                (number(made[key.name].cells[1].index, p), number(made[key.name].cells[2].index, p))
                for p in range(made[key.name].rows)
            }
            meant = (number(rows.cells[1].index, d), number(rows.cells[2 + n].index, d))
            assert meant in there, f"row {d} means {meant} of {key.name}"
