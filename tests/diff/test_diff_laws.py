"""What holds for every pair of catalogs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from catalogs import catalogs, pairs
from hypothesis import given, settings

from pgmason.catalog.canonical import catalog_from_json, catalog_to_json, digest
from pgmason.catalog.facets import Grant
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId, quoted
from pgmason.plan.diff import Altered, Change, Commented, Created, Dropped, Granted, Owned, Side, compare, diff
from pgmason.plan.telling import as_json, as_text, tell

Pair = tuple[Catalog, Catalog]
many = settings(max_examples=300, deadline=None)


def compared(catalog: Catalog) -> Catalog:
    """The catalog less what a diff leaves out."""
    return Catalog(objects=catalog.objects, comments=catalog.comments, grants=catalog.grants)


def with_parts(changes: tuple[Any, ...], kind: type) -> Iterator[Any]:
    for change in changes:
        if isinstance(change, kind):
            yield change
            yield from with_parts(change.parts, kind)


def applied(
    catalog: Catalog, changes: tuple[Change, ...]
) -> tuple[dict[ObjectId, Any], dict[ObjectId, str], dict[ObjectId, set[Grant]]]:
    """What a catalog becomes when changes are done to it; a table's columns are put in order by `order` alone."""
    objects, comments = dict(catalog.objects), dict(catalog.comments)
    grants = {identity: set(granted) for identity, granted in catalog.grants.items()}
    for gone in with_parts(changes, Dropped):
        del objects[gone.object]
        comments.pop(gone.object, None)
        assert set(gone.grants) == grants.pop(gone.object, set())
    for came in with_parts(changes, Created):
        assert came.object not in objects
        objects[came.object] = came.state
        if came.comment is not None:
            comments[came.object] = came.comment
        if came.grants:
            grants[came.object] = set(came.grants)
    for change in changes:
        if isinstance(change, Altered) and change.field != "order":
            assert getattr(objects[change.object], change.field) == change.before
            objects[change.object] = replace(objects[change.object], **{change.field: change.after})
        if isinstance(change, Commented):
            assert comments.pop(change.object, None) == change.before
            if change.after is not None:
                comments[change.object] = change.after
        if isinstance(change, Granted):
            had = grants.pop(change.object, set())
            assert set(change.before) <= had
            grants[change.object] = had - set(change.before) | set(change.after)
    return objects, comments, {identity: granted for identity, granted in grants.items() if granted}


@given(catalogs())
@many
def test_nothing_differs_from_itself(catalog: Catalog) -> None:
    copy = catalog_from_json(catalog_to_json(catalog), name="the copy")
    assert diff(catalog, catalog) == diff(catalog, copy) == ()
    assert as_text(compare(catalog, replace(copy, unread=()))).startswith(("no difference", "not compared"))


@given(pairs())
@many
def test_there_is_a_change_exactly_where_the_digests_differ(pair: Pair) -> None:
    before, after = pair
    told = [change for change in diff(before, after) if not isinstance(change, Owned)]
    assert (told == []) == (digest(compared(before)) == digest(compared(after)))


@given(pairs())
@many
def test_an_owner_is_told_exactly_where_both_sides_name_another(pair: Pair) -> None:
    before, after = pair
    told = {change.object: (change.before, change.after) for change in diff(before, after) if isinstance(change, Owned)}
    both = before.owners.keys() & after.owners.keys()
    assert told == {
        identity: (before.owners[identity], after.owners[identity])
        for identity in both
        if before.owners[identity] != after.owners[identity]
        and getattr(after.objects[identity], "owned_by", None) is None
    }


@given(pairs())
@many
def test_the_changes_done_to_the_current_catalog_make_the_desired_one(pair: Pair) -> None:
    before, after = pair
    changes = diff(before, after)
    objects, comments, grants = applied(before, changes)
    assert comments == after.comments
    assert grants == {identity: set(granted) for identity, granted in after.grants.items()}
    assert objects.keys() == after.objects.keys()
    told = {change.object for change in changes}
    for identity, state in after.objects.items():
        made = objects[identity]
        if isinstance(state, Table):
            orders = {
                change.object: change for change in changes if isinstance(change, Altered) and change.field == "order"
            }
            stayed = [name for name in made.columns if name in state.columns]
            if identity in orders:
                assert tuple(stayed) == orders[identity].before
                stayed = list(orders[identity].after)
            assert stayed == [name for name in state.columns if name in made.columns]
            made = replace(made, columns=state.columns)
        if isinstance(state, Index) and made != state:
            served = {ObjectId(kind, (*state.table, state.constraint or "")) for kind in ("primary key", "unique")}
            assert served & told, f"{identity} differs and nothing says so"
            continue
        assert made == state


@given(pairs())
@many
def test_the_way_back_is_the_mirror_of_the_way_there(pair: Pair) -> None:
    before, after = pair
    there, back = diff(before, after), diff(after, before)
    assert {c.object for c in with_parts(there, Created)} == {c.object for c in with_parts(back, Dropped)}
    altered = {(c.object, c.field): (c.before, c.after) for c in there if isinstance(c, Altered)}
    assert altered == {(c.object, c.field): (c.after, c.before) for c in back if isinstance(c, Altered)}


@given(pairs())
@many
def test_what_came_with_its_table_is_no_change_of_its_own(pair: Pair) -> None:
    before, after = pair
    changes = diff(before, after)
    for kind in (Created, Dropped):
        whole = {change.object for change in changes if isinstance(change, kind)}
        for change in changes:
            assert not (isinstance(change, kind) and change.of in whole), f"{change.object} is told beside its table"
        objects = [change.object for change in with_parts(changes, kind)]
        assert len(objects) == len(set(objects))


@given(pairs())
@many
def test_the_same_two_catalogs_give_the_same_text_however_they_were_filled(pair: Pair) -> None:
    before, after = pair

    def reversed_(catalog: Catalog) -> Catalog:
        parts = ("objects", "comments", "owners", "grants")
        return replace(catalog, **{part: dict(reversed(list(getattr(catalog, part).items()))) for part in parts})

    assert as_text(compare(before, after)) == as_text(compare(reversed_(before), reversed_(after)))
    assert diff(before, after) == diff(reversed_(before), reversed_(after))


@given(pairs())
@many
def test_every_change_has_words_that_stay_on_their_lines(pair: Pair) -> None:
    before, after = pair
    comparison = compare(before, after)
    text = as_text(comparison)
    assert all(line.isprintable() and line == line.rstrip() for line in text.splitlines())
    for change in comparison.changes:
        assert quoted(change.object.own_name) in tell(change).splitlines()[0]
    document = json.loads(json.dumps(as_json(comparison)))
    assert [change["path"] for change in document["changes"]] == [list(c.object.path) for c in comparison.changes]


@given(pairs())
@many
def test_what_was_not_read_is_named_with_its_side(pair: Pair) -> None:
    before, after = pair
    uncompared = compare(before, after).uncompared
    assert {(u.kind, u.name) for u in uncompared} == {(u.kind, u.name) for u in (*before.unread, *after.unread)}
    for item in uncompared:
        sides = [any((u.kind, u.name) == (item.kind, item.name) for u in side.unread) for side in pair]
        assert (
            item.side
            is {(True, True): Side.BOTH, (True, False): Side.CURRENT, (False, True): Side.DESIRED}[tuple(sides)]
        )
